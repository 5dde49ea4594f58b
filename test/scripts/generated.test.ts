import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { differences, withTemporaryFolder } from '../../scripts/generated.ts';

async function writeFolder(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

test('differences name each file that is missing, out of date or left over', async () => {
  await withTemporaryFolder(async (folder) => {
    const committed = await writeFolder(join(folder, 'old'), {
      'same.ts': '1',
      'a/changed.ts': '1',
      'left.ts': '1',
    });
    const fresh = await writeFolder(join(folder, 'new'), {
      'same.ts': '1',
      'a/changed.ts': '2',
      'new.ts': '1',
    });
    expect(await differences(committed, fresh)).toEqual([
      `${committed}/a/changed.ts is out of date`,
      `${committed}/left.ts is no longer generated`,
      `${committed}/new.ts is missing`,
    ]);
    expect(await differences(committed, committed)).toEqual([]);
    expect(await differences(join(folder, 'absent'), join(folder, 'absent'))).toEqual([]);
  });
});

test('a temporary folder is gone after its work, also when that failed', async () => {
  let kept = '';
  const work = withTemporaryFolder(async (folder) => {
    kept = folder;
    throw new Error('broken');
  });
  await expect(work).rejects.toThrow('broken');
  expect(existsSync(kept)).toBe(false);
});
