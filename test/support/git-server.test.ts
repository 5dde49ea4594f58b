import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitRepo, type GitRepo } from './git-repo.ts';
import { type GitServer, startGitServer } from './git-server.ts';

const run = promisify(execFile);
let dir: string;
let repo: GitRepo;
let server: GitServer;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-git-server-'));
  repo = await createGitRepo(dir, 'fleet.git');
  server = await startGitServer({ dir });
});

afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

test('a commit of 600 files can be cloned over HTTP, and a push comes back', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 600 }, (_, index) => [`apps/${index}/a.yaml`, `n: ${index}\n`]),
  );
  const first = await repo.commit(files);
  await run('git', ['clone', '--quiet', server.url('fleet.git'), join(dir, 'work')]);
  expect(await readFile(join(dir, 'work/apps/599/a.yaml'), 'utf8')).toBe('n: 599\n');
  const git = ['-C', join(dir, 'work'), '-c', 'user.name=A', '-c', 'user.email=a@example.com'];
  await run('git', [...git, 'commit', '--quiet', '--allow-empty', '--message', 'more']);
  await run('git', [...git, 'push', '--quiet']);
  expect(await repo.git('rev-list', '--count', 'main')).toBe('2');
  expect(await repo.head('main^')).toBe(first);
});

test('a revert restores what a commit changed, added and removed', async () => {
  await repo.commit({ 'a.yaml': 'one\n', 'b.yaml': 'two\n', 'link.yaml': { symlink: 'a.yaml' } });
  const change = await repo.commit({ 'a.yaml': 'other\n', 'b.yaml': null, 'c d.yaml': 'three\n' });
  await repo.revert(change);
  expect(await repo.head('main^{tree}')).toBe(await repo.head('main~2^{tree}'));
  expect(await repo.head('main^{tree}')).not.toBe(await repo.head('main~1^{tree}'));
});

test('a server that was stopped refuses connections and comes back at the same address', async () => {
  await repo.commit({ 'a.yaml': 'one\n' });
  await server.stop();
  await expect(run('git', ['ls-remote', server.url('fleet.git')])).rejects.toThrow(
    /Failed to connect|refused/,
  );
  await server.start();
  expect((await run('git', ['ls-remote', server.url('fleet.git')])).stdout).toContain('refs/heads/main');
});
