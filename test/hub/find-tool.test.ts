import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { findTool } from '../../hub/find-tool.ts';

test('the first executable file of a PATH is the tool; folders and other files are not', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-tools-'));
  try {
    const folders = ['folder', 'text', 'good', 'later'].map((name) => join(dir, name));
    const [folder = '', text = '', good = '', later = ''] = folders;
    for (const each of folders) await mkdir(each);
    await mkdir(join(folder, 'helm'));
    for (const each of [text, good, later]) await writeFile(join(each, 'helm'), '');
    for (const each of [good, later]) await chmod(join(each, 'helm'), 0o755);
    expect(findTool('helm', ['', join(dir, 'absent'), ...folders].join(delimiter))).toBe(join(good, 'helm'));
    expect(findTool('helm', text)).toBeUndefined();
    expect(findTool('helm', undefined)).toBeUndefined();
  } finally {
    await rm(dir, { recursive: true });
  }
});
