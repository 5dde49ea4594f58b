import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTemporaryFolder } from '../../scripts/generated.ts';

const COMMAND = join(import.meta.dirname, '../../bin/fairlead');

/** A checkout with the wrapper and a CLI that prints its arguments. */
async function makeCheckout(folder: string): Promise<string> {
  await mkdir(join(folder, 'bin'));
  await copyFile(COMMAND, join(folder, 'bin/fairlead'));
  await chmod(join(folder, 'bin/fairlead'), 0o755);
  await mkdir(join(folder, 'cli'));
  await writeFile(join(folder, 'cli/main.ts'), 'console.log(JSON.stringify(process.argv.slice(2)));\n');
  return folder;
}

test('bin/fairlead runs the CLI of its checkout, also through links', async () => {
  await withTemporaryFolder(async (folder) => {
    const checkout = await makeCheckout(folder);
    await mkdir(join(checkout, 'node_modules/.bin'), { recursive: true });
    await symlink(process.execPath, join(checkout, 'node_modules/.bin/node'));
    await mkdir(join(folder, 'path'));
    await symlink('../bin/fairlead', join(folder, 'path/relative'));
    await symlink(join(folder, 'path/relative'), join(folder, 'path/absolute'));
    for (const path of ['bin/fairlead', 'path/relative', 'path/absolute']) {
      const { stdout } = spawnSync(join(folder, path), ['app', 'list', 'a b'], {
        encoding: 'utf8',
        cwd: '/',
      });
      expect(stdout).toBe('["app","list","a b"]\n');
    }
  });
});

test('bin/fairlead says what to do where nothing is installed', async () => {
  await withTemporaryFolder(async (folder) => {
    const checkout = await makeCheckout(folder);
    const { status, stderr } = spawnSync(join(checkout, 'bin/fairlead'), { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain("run 'make install' in ");
  });
});
