import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { withTemporaryFolder } from '../../scripts/generated.ts';
import { findBaseline, findBreakingChanges } from '../../scripts/proto.ts';

const PROTO_FOLDER = 'proto/fairlead/a/v1';

function git(root: string, ...args: readonly string[]): void {
  const person = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
  execFileSync('git', [...person, ...args], { cwd: root, stdio: 'pipe' });
}

async function writeProto(root: string, ...fields: readonly string[]): Promise<void> {
  await mkdir(join(root, PROTO_FOLDER), { recursive: true });
  await copyFile(join(import.meta.dirname, '../../proto/buf.yaml'), join(root, 'proto/buf.yaml'));
  const text = `syntax = "proto3";\npackage fairlead.a.v1;\nmessage A {\n${fields.join('\n')}\n}\n`;
  await writeFile(join(root, PROTO_FOLDER, 'a.proto'), text);
}

function commit(root: string): void {
  git(root, 'add', '.');
  git(root, 'commit', '--quiet', '--allow-empty', '--message', 'a commit');
}

test('the wire is compared with the newest release, before the first one with the last commit', async () => {
  await withTemporaryFolder(async (root) => {
    expect(await findBaseline(root)).toEqual({ type: 'none', why: 'this is no Git checkout' });
    git(root, 'init', '--quiet');
    expect(await findBaseline(root)).toMatchObject({
      type: 'none',
      why: 'no commit here holds proto/fairlead',
    });
    commit(root);
    git(root, 'tag', 'v0.9.0');
    expect(await findBaseline(root)).toMatchObject({ type: 'none' });
    await writeProto(root, '  string name = 1;');
    commit(root);
    expect(await findBaseline(root)).toMatchObject({ type: 'found', ref: 'HEAD' });
    git(root, 'tag', 'v0.10.0');
    git(root, 'tag', 'nightly');
    expect(await findBaseline(root)).toEqual({ type: 'found', ref: 'v0.10.0', why: 'release v0.10.0' });
  });
});

test('a change that older agents can’t read is found, also in a shallow clone', async () => {
  await withTemporaryFolder(async (folder) => {
    const origin = join(folder, 'origin');
    const root = join(folder, 'clone');
    await writeProto(origin, '  string name = 1;');
    git(origin, 'init', '--quiet');
    commit(origin);
    commit(origin);
    git(folder, 'clone', '--quiet', '--depth', '1', pathToFileURL(origin).href, root);
    await writeProto(root, '  string name = 1;', '  string more = 2;');
    expect(await findBreakingChanges(root, 'HEAD')).toBe('');
    await writeProto(root, '  int64 name = 1;');
    expect(await findBreakingChanges(root, 'HEAD')).toContain('changed type from "string" to "int64"');
  });
});
