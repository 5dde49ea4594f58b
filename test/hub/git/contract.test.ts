import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../core/error.ts';
import type { GitPort, Revision } from '../../../hub/ports.ts';
import { createGitRepo, type GitRepo } from '../../support/git-repo.ts';
import { type GitServer, startGitServer } from '../../support/git-server.ts';
import { type RecordedLog, recordLog } from '../../support/record-log.ts';
import { openTestGit, type TestGitOptions } from '../../support/test-git.ts';

describe.each(['git', 'isomorphic-git'] as const)('GitPort by %s', (implementation) => {
  let dir: string;
  let repo: GitRepo;
  let server: GitServer;
  let log: RecordedLog;
  let git: GitPort;
  let url: string;

  const open = (options: Partial<TestGitOptions> = {}): Promise<GitPort> =>
    openTestGit({ dir: join(dir, 'copies'), implementation, log, ...options });

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fairlead-git-'));
    repo = await createGitRepo(dir, 'fleet.git');
    server = await startGitServer({ dir });
    url = server.url('fleet.git');
    log = recordLog();
    git = await open();
  });

  afterEach(async () => {
    await git.close();
    await server.close();
    await rm(dir, { recursive: true, force: true });
  });

  const textAt = async (port: GitPort, commit: string, path: string): Promise<string | undefined> => {
    const entry = (await port.readTree(url, commit)).get(path);
    if (entry === undefined) return undefined;
    const blobs = await port.readBlobs(url, [entry.oid]);
    return new TextDecoder().decode(blobs.get(entry.oid));
  };

  test('a commit is read as Git stores it, and one that was not fetched is not there', async () => {
    const id = await repo.commit({ 'a.yaml': 'one\n' }, { message: 'signed\n\nbody: ü' });
    await git.fetch(url, ['main']);
    const text = new TextDecoder().decode(await git.readCommit(url, id));
    expect(text).toMatch(
      /^tree [0-9a-f]{40}\n(parent [0-9a-f]{40}\n)?author Ada Author <ada@example.com> \d+ /,
    );
    expect(text.trimEnd().endsWith('\n\nsigned\n\nbody: ü')).toBe(true);
    await expect(git.readCommit(url, 'f'.repeat(40))).rejects.toMatchObject({ code: 'not-found' });
  });

  test('a branch, a tag, a commit id and HEAD are found, with the commit they name', async () => {
    const first = await repo.commit({ 'a.yaml': 'one\n' }, { message: 'first\n\nbody' });
    await repo.tag('v1');
    const second = await repo.commit({ 'a.yaml': 'two\n' }, { message: 'second' });
    const found = await git.fetch(url, ['main', 'v1', 'HEAD', first]);
    expect(idOf(found.get('main'))).toBe(second);
    expect(idOf(found.get('HEAD'))).toBe(second);
    expect(idOf(found.get('v1'))).toBe(first);
    expect(found.get(first)).toEqual({
      type: 'found',
      commit: {
        id: first,
        author: 'Ada Author <ada@example.com>',
        committedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        subject: 'first',
      },
    });
  });

  test('a range of versions is the newest of its tags, also once there is a newer one', async () => {
    const first = await repo.commit({ 'a.yaml': 'one\n' });
    await repo.tag('v1.2.0');
    await repo.tag('web/1.0.0');
    const [range, prefixed, none] = ['refs/tags/:1.2.*', 'refs/tags/web/:>=1', 'refs/tags/:3.x'];
    const found = await git.fetch(url, [range, prefixed, none, 'main']);
    expect(found.get(range)).toMatchObject({ type: 'found', tag: 'v1.2.0', commit: { id: first } });
    expect(found.get(prefixed)).toMatchObject({ type: 'found', tag: 'web/1.0.0' });
    expect(found.get(none)).toEqual({ type: 'missing', message: 'no tag is in the range 3.x' });
    const second = await repo.commit({ 'a.yaml': 'two\n' });
    await repo.tag('v1.2.10');
    await repo.tag('v1.3.0');
    const newer = await git.fetch(url, [range]);
    expect(newer.get(range)).toMatchObject({ type: 'found', tag: 'v1.2.10', commit: { id: second } });
    expect(await textAt(git, second, 'a.yaml')).toBe('two\n');
  });

  test('a tag or an id of something else than a commit is missing, and the rest is found', async () => {
    const commit = await repo.commit({ 'a.yaml': 'one\n' });
    const blob = (await repo.git('rev-parse', 'main:a.yaml')).trim();
    await repo.git('tag', 'light', blob);
    await repo.git('-c', 'user.name=A', '-c', 'user.email=a@b', 'tag', '-m', 'x', 'annotated', blob);
    const found = await git.fetch(url, ['light', 'annotated', blob, 'main']);
    expect(found.get('light')?.type).toBe('missing');
    expect(found.get('annotated')?.type).toBe('missing');
    expect(found.get(blob)?.type).toBe('missing');
    expect(idOf(found.get('main'))).toBe(commit);
    expect(log.messages('warn')).toEqual([]);
  });

  test('the tree names every entry with its type, and blobs give contents byte for byte', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256);
    const commit = await repo.commit({
      'apps/web/deployment.yaml': 'kind: Deployment\n',
      'apps/web/binary': bytes,
      'apps/empty': '',
      'bin/run.sh': { executable: '#!/bin/sh\n' },
      current: { symlink: 'apps/web' },
      'grüße/ä b.yaml': 'x\n',
    });
    await git.fetch(url, ['main']);
    const tree = await git.readTree(url, commit);
    expect(Object.fromEntries([...tree].map(([path, { type }]) => [path, type]))).toEqual({
      '': 'tree',
      apps: 'tree',
      'apps/empty': 'blob',
      'apps/web': 'tree',
      'apps/web/binary': 'blob',
      'apps/web/deployment.yaml': 'blob',
      bin: 'tree',
      'bin/run.sh': 'executable',
      current: 'symlink',
      grüße: 'tree',
      'grüße/ä b.yaml': 'blob',
    });
    expect(tree.get('')?.oid).toBe(await repo.head('main^{tree}'));
    const oids = ['apps/web/binary', 'apps/empty', 'apps/web/deployment.yaml'].map(
      (path) => tree.get(path)?.oid ?? '',
    );
    const blobs = await git.readBlobs(url, oids);
    expect(Buffer.from(blobs.get(oids[0]!)!).equals(bytes)).toBe(true);
    expect(blobs.get(oids[1]!)?.length).toBe(0);
    expect(new TextDecoder().decode(blobs.get(oids[2]!))).toBe('kind: Deployment\n');
  });

  test('a blob of more than 16 MiB is left out, and those around it are whole', async () => {
    const commit = await repo.commit({
      'a.yaml': 'one\n',
      'b.bin': new Uint8Array(16 * 1024 * 1024 + 1),
      'c.bin': new Uint8Array(100_000).fill(7),
    });
    await git.fetch(url, ['main']);
    const tree = await git.readTree(url, commit);
    const oids = ['a.yaml', 'b.bin', 'c.bin', 'a.yaml'].map((path) => tree.get(path)?.oid ?? '');
    const blobs = await git.readBlobs(url, oids);
    expect([...blobs].map(([oid, content]) => [oid, content.length])).toEqual([
      [oids[0], 4],
      [oids[2], 100_000],
    ]);
    expect(await textAt(git, commit, 'a.yaml')).toBe('one\n');
  });

  test('a new commit is seen by the next fetch, and an old one stays readable', async () => {
    const first = await repo.commit({ 'a/a.yaml': 'one\n', 'b/b.yaml': 'same\n' });
    await git.fetch(url, ['main']);
    const before = await git.readTree(url, first);
    const second = await repo.commit({ 'a/a.yaml': 'two\n', 'c.yaml': 'new\n' });
    expect(idOf((await git.fetch(url, ['main'])).get('main'))).toBe(second);
    const after = await git.readTree(url, second);
    expect(after.get('b')?.oid).toBe(before.get('b')?.oid);
    expect(after.get('a')?.oid).not.toBe(before.get('a')?.oid);
    expect(await textAt(git, second, 'a/a.yaml')).toBe('two\n');
    expect(await textAt(git, first, 'a/a.yaml')).toBe('one\n');
    expect(before.has('c.yaml')).toBe(false);
  });

  test('a rewritten branch is followed', async () => {
    await repo.commit({ 'a.yaml': 'one\n' });
    await repo.commit({ 'a.yaml': 'two\n' });
    await git.fetch(url, ['main']);
    await repo.git('update-ref', 'refs/heads/main', 'main^');
    const rewritten = await repo.commit({ 'a.yaml': 'other\n' });
    expect(idOf((await git.fetch(url, ['main'])).get('main'))).toBe(rewritten);
    expect(await textAt(git, rewritten, 'a.yaml')).toBe('other\n');
  });

  test('a revision that is not there is missing, and found once it appears', async () => {
    await repo.commit({ 'a.yaml': 'one\n' });
    const absent = '0123456789012345678901234567890123456789';
    const found = await git.fetch(url, ['main', 'release', absent, '--upload-pack=touch', 'v1.*']);
    expect(found.get('main')?.type).toBe('found');
    expect(found.get('release')).toEqual({ type: 'missing', message: 'there is no branch or tag release' });
    expect(messageOf(found.get(absent))).toContain(`there is no commit ${absent}`);
    expect(messageOf(found.get('--upload-pack=touch'))).toContain('is not the name of a branch');
    expect(messageOf(found.get('v1.*'))).toContain('is not the name of a branch');
    const release = await repo.commit({ 'b.yaml': 'two\n' }, { branch: 'release' });
    expect(idOf((await git.fetch(url, ['main', 'release'])).get('release'))).toBe(release);
    await repo.git('branch', '-D', 'release');
    expect((await git.fetch(url, ['main', 'release'])).get('release')?.type).toBe('missing');
  });

  test('a branch may give way to one below its name', async () => {
    await repo.commit({ 'a.yaml': 'one\n' });
    await repo.commit({ 'a.yaml': 'two\n' }, { branch: 'release' });
    await git.fetch(url, ['main', 'release']);
    await repo.git('branch', '-D', 'release');
    const below = await repo.commit({ 'a.yaml': 'three\n' }, { branch: 'release/one' });
    const found = await git.fetch(url, ['main', 'release/one']);
    expect(idOf(found.get('release/one'))).toBe(below);
    expect(log.messages('warn')).toEqual([]);
  });

  test('closing cancels what waits and leaves the local copy alone', async () => {
    const silent = await listenSilently();
    const { port } = silent.address() as { port: number };
    const connected = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
    const fetching = expect(git.fetch(`http://127.0.0.1:${port}/a.git`, ['main'])).rejects.toMatchObject({
      code: 'cancelled',
    });
    const commit = await repo.commit({ 'a.yaml': 'one\n' });
    await git.fetch(url, ['main']);
    await connected;
    const reading = git.readTree(url, commit).catch((error: unknown) => error);
    await git.close();
    await fetching;
    await reading;
    expect(log.messages('warn')).toEqual([]);
    silent.close();
  });

  test('an empty repository has no HEAD', async () => {
    expect((await git.fetch(url, ['HEAD'])).get('HEAD')).toEqual({
      type: 'missing',
      message: 'the repository has no commit yet',
    });
  });

  test('an object that is not there is named', async () => {
    const commit = await repo.commit({ 'a.yaml': 'one\n' });
    await git.fetch(url, ['main']);
    const absent = '0123456789012345678901234567890123456789';
    await expect(git.readBlobs(url, [absent])).rejects.toMatchObject({
      code: 'not-found',
      message: /0123456789/,
    });
    await expect(git.readTree(url, absent)).rejects.toMatchObject({ code: 'not-found', subject: url });
    await git.fetch(url, ['main']);
    expect(await textAt(git, commit, 'a.yaml')).toBe('one\n');
    expect(log.messages('warn')).toEqual([]);
  });

  test('an outage is unavailable; what was fetched stays readable, and the next fetch goes on', async () => {
    const commit = await repo.commit({ 'a.yaml': 'one\n' });
    await git.fetch(url, ['main']);
    await server.stop();
    await expect(git.fetch(url, ['main'])).rejects.toMatchObject({
      code: 'unavailable',
      subject: url,
      message: expect.stringMatching(/nothing answers|connection was cut/),
    });
    expect(await textAt(git, commit, 'a.yaml')).toBe('one\n');
    await server.start();
    const next = await repo.commit({ 'a.yaml': 'two\n' });
    expect(idOf((await git.fetch(url, ['main'])).get('main'))).toBe(next);
  });

  test('a repository that is not there, and a host that does not exist, each say so', async () => {
    await expect(git.fetch(server.url('other.git'), ['main'])).rejects.toMatchObject({ code: 'not-found' });
    await expect(git.fetch('http://git.invalid/a.git', ['main'])).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  test('a protocol that is not allowed is not used', async () => {
    await expect(git.fetch(`file://${repo.dir}`, ['main'])).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('a server that accepts and never answers is given up after the timeout, or at once when cancelled', async () => {
    const silent = await listenSilently();
    const address = silent.address() as { port: number };
    const hanging = `http://127.0.0.1:${address.port}/a.git`;
    const hasty = await open({ timeoutMs: 300 });
    await expect(hasty.fetch(hanging, ['main'])).rejects.toMatchObject({
      code: 'unavailable',
      message: /timed out/,
    });
    const abort = new AbortController();
    const connected = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
    const fetching = expect(git.fetch(hanging, ['main'], abort.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
    await connected;
    abort.abort();
    await fetching;
    await hasty.close();
    silent.close();
  });

  test('credentials of the longest prefix are used, and appear in no error', async () => {
    await repo.commit({ 'a.yaml': 'one\n' });
    const closed = await startGitServer({ dir, auth: { username: 'ada', password: 's3cret' } });
    const guarded = closed.url('fleet.git');
    const base = `http://127.0.0.1:${closed.port}`;
    const credentials = join(dir, 'credentials.yaml');
    await writeFile(
      credentials,
      `- {urlPrefix: '${base}', username: ada, password: wrong}\n- {urlPrefix: '${guarded}', username: ada, password: s3cret}\n`,
    );
    const knowing = await open({ credentials, dir: join(dir, 'knowing') });
    expect((await knowing.fetch(guarded, ['main'])).get('main')?.type).toBe('found');
    const inUrl = guarded.replace('//', '//ada:s3cret@');
    expect((await git.fetch(inUrl, ['main'])).get('main')?.type).toBe('found');
    await expect(git.fetch(guarded, ['main'])).rejects.toMatchObject({
      code: 'unauthenticated',
      subject: guarded,
    });
    const wrong = await git
      .fetch(guarded.replace('//', '//ada:hunter2@'), ['main'])
      .catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(AppError);
    expect(JSON.stringify({ ...(wrong as AppError) }) + (wrong as AppError).message).not.toContain('hunter2');
    expect(await readdir(join(dir, 'copies'))).not.toContainEqual(expect.stringContaining('s3cret'));
    await knowing.close();
    await closed.close();
  });

  test('a damaged local copy is replaced by itself, and the log says so', async () => {
    await repo.commit({ 'a.yaml': 'one\n' });
    await git.fetch(url, ['main']);
    await git.close();
    for (const file of await filesBelow(join(dir, 'copies'))) {
      if (file.includes('/objects/')) await rm(file).then(() => writeFile(file, 'garbage'));
    }
    git = await open();
    const found = await git.fetch(url, ['main']);
    expect(await textAt(git, idOf(found.get('main')) ?? '', 'a.yaml')).toBe('one\n');
    expect(log.messages('warn')).toContain('the local copy of a repository is damaged and is fetched anew');
  });

  test('a local copy that lost a file while open is replaced at the next reading', async () => {
    const commit = await repo.commit({ 'a/a.yaml': 'one\n' });
    await git.fetch(url, ['main']);
    await rm(join(dir, 'copies', (await readdir(join(dir, 'copies')))[0]!, 'objects'), { recursive: true });
    await git.close();
    git = await open();
    const found = await git.fetch(url, ['main']);
    expect(idOf(found.get('main'))).toBe(commit);
    expect(await textAt(git, commit, 'a/a.yaml')).toBe('one\n');
  });
});

test('without a git binary, auto reads with isomorphic-git and says so; asked for by name, it is an error', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-git-'));
  const log = recordLog();
  const command = join(dir, 'no-git-here');
  const git = await openTestGit({ dir, implementation: 'auto', command, log });
  expect(log.messages('info')).toEqual(['there is no git binary: reading repositories with isomorphic-git']);
  await git.close();
  await expect(openTestGit({ dir, implementation: 'git', command, log })).rejects.toMatchObject({
    code: 'unavailable',
    subject: command,
    remedy: expect.stringContaining('Install git'),
  });
  await rm(dir, { recursive: true });
});

function idOf(revision: Revision | undefined): string | undefined {
  return revision?.type === 'found' ? revision.commit.id : undefined;
}

function messageOf(revision: Revision | undefined): string | undefined {
  return revision?.type === 'missing' ? revision.message : undefined;
}

function listenSilently(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function filesBelow(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
