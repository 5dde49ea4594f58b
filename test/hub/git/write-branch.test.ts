import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError, formatError } from '../../../core/error.ts';
import type { GitPort } from '../../../hub/ports.ts';
import type { BranchRequest, WrittenBranch } from '../../../hub/promotion/branch.ts';
import { createGitRepo, type GitRepo } from '../../support/git-repo.ts';
import { type GitServer, startGitServer } from '../../support/git-server.ts';
import { recordLog } from '../../support/record-log.ts';
import { openTestGit, type TestGitOptions } from '../../support/test-git.ts';

const branch = 'fairlead/rollback-web-1a2b3c4';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const isPush = ({ url, method }: IncomingMessage): boolean =>
  method === 'POST' && (url ?? '').endsWith('/git-receive-pack');

describe.each(['git', 'isomorphic-git'] as const)('a branch written by %s', (implementation) => {
  let dir: string;
  let repo: GitRepo;
  let server: GitServer;
  let git: GitPort;
  let url: string;
  let base: string;
  let fail: (request: IncomingMessage) => number | 'lose-answer' | 'cut-answer' | undefined;

  const open = (options: Partial<TestGitOptions> = {}): Promise<GitPort> =>
    openTestGit({ dir: join(dir, 'copies'), implementation, log: recordLog(), ...options });

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fairlead-write-'));
    repo = await createGitRepo(dir, 'fleet.git');
    fail = () => undefined;
    server = await startGitServer({ dir, fail: (request) => fail(request) });
    url = server.url('fleet.git');
    base = await repo.commit({
      'web/web.yaml': 'image: web:1\r\n',
      'web/run.sh': { executable: '#!/bin/sh\n' },
      'web/link': { symlink: 'web.yaml' },
      'web-other/a.yaml': 'a\n',
      'web.d/b.yaml': 'b\n',
      'grüße/ä b.yaml': 'x\n',
    });
    git = await open();
    await git.fetch(url, ['main']);
  });

  afterEach(async () => {
    await git.close();
    await server.close();
    await rm(dir, { recursive: true, force: true });
  });

  const request = (change: Partial<BranchRequest> = {}): BranchRequest => ({
    branch,
    base: 'main',
    baseCommit: base,
    changes: new Map([['web/web.yaml', bytes('image: web:2\r\n')]]),
    message: 'Roll back web\n\nWhy.\n\nFairlead-Application: argocd/web',
    author: { name: 'Ada', email: 'ada@example.com' },
    ...change,
  });
  const write = (change: Partial<BranchRequest> = {}): Promise<WrittenBranch> =>
    git.writeBranch(url, request(change));
  const refused = async (change: Partial<BranchRequest> = {}, port = git, at = url): Promise<AppError> => {
    const error = await port.writeBranch(at, request(change)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  };
  const branches = (): Promise<string> => repo.git('for-each-ref', '--format=%(refname:short)', 'refs/heads');
  /** `mode path` of what a commit changes. */
  const changed = (commit: string): Promise<string> =>
    repo.git('-c', 'core.quotePath=false', 'diff-tree', '-r', '--no-commit-id', '--name-status', commit);

  test('is one commit on the base, by whom it says, with exactly the changes', async () => {
    const written = await write();
    expect(written).toEqual({ type: 'written', commit: await repo.head(branch) });
    const format = '--format=%P|%an <%ae>|%cn <%ce>|%B';
    expect(await repo.git('log', '-1', format, branch)).toBe(
      `${base}|Ada <ada@example.com>|Fairlead <noreply@fairlead.dev>|Roll back web\n\nWhy.\n\nFairlead-Application: argocd/web`,
    );
    expect(await changed(written.commit)).toBe('M\tweb/web.yaml');
    expect(await repo.git('cat-file', '-s', `${branch}:web/web.yaml`)).toBe('14');
    await repo.git('fsck', '--strict');
  });

  test('adds, deletes, empties folders and keeps modes; all else stays the same object', async () => {
    const { commit } = await write({
      changes: new Map([
        ['web/run.sh', bytes('#!/bin/bash\n')],
        ['grüße/ä b.yaml', undefined],
        ['new/deep/c.yaml', bytes('c\n')],
        ['not/there.yaml', undefined],
        ['web/tool', bytes('#!\n')],
        ['web/link', bytes('run.sh')],
      ]),
      types: new Map([
        ['web/tool', 'executable'],
        ['web/link', 'symlink'],
      ]),
    });
    expect((await changed(commit)).split('\n').sort()).toEqual([
      'A\tnew/deep/c.yaml',
      'A\tweb/tool',
      'D\tgrüße/ä b.yaml',
      'M\tweb/link',
      'M\tweb/run.sh',
    ]);
    const tree = await repo.git('ls-tree', '-r', commit);
    expect(tree).toMatch(/^100755 blob \w+\tweb\/run\.sh$/m);
    expect(tree).toMatch(/^100755 blob \w+\tweb\/tool$/m);
    expect(tree).toMatch(/^120000 blob \w+\tweb\/link$/m);
    expect(await repo.git('ls-tree', commit)).not.toContain('gr');
    expect(await repo.head(`${commit}:web.d`)).toBe(await repo.head(`${base}:web.d`));
    await repo.git('fsck', '--strict');
  });

  test('a file gives way to a folder, and a folder to a file', async () => {
    const { commit } = await write({
      changes: new Map([
        ['web.d/b.yaml', undefined],
        ['web.d', bytes('a file now\n')],
        ['web-other/a.yaml', undefined],
        ['web-other/a.yaml/inner.yaml', bytes('a folder now\n')],
      ]),
    });
    expect(await repo.git('show', `${commit}:web.d`)).toBe('a file now');
    expect(await repo.git('show', `${commit}:web-other/a.yaml/inner.yaml`)).toBe('a folder now');
    await repo.git('fsck', '--strict');
  });

  test('asked again it exists already, and nothing is pushed', async () => {
    const { commit } = await write();
    fail = (each) => (isPush(each) ? 500 : undefined);
    expect(await write()).toEqual({ type: 'exists', commit });
    expect(await repo.head(branch)).toBe(commit);
  });

  test('a hub that knows nothing of the branch finds it as well', async () => {
    const { commit } = await write();
    const other = await open({ dir: join(dir, 'others') });
    await other.fetch(url, ['main']);
    expect(await other.writeBranch(url, request())).toEqual({ type: 'exists', commit });
    await other.close();
  });

  test('a branch of ours with another content is replaced; one with the work of others is left alone', async () => {
    await write();
    const second = await write({ changes: new Map([['web/web.yaml', bytes('image: web:3\n')]]) });
    expect(second).toEqual({ type: 'written', commit: await repo.head(branch) });
    expect(await repo.git('rev-parse', `${branch}^`)).toBe(base);
    const theirs = await repo.commit({ 'web/web.yaml': 'theirs\n' }, { branch });
    const error = await refused();
    expect(error.code).toBe('conflict');
    expect(formatError(error)).toMatch(/is there already, with commits of others\. Merge it or delete it/);
    expect(await repo.head(branch)).toBe(theirs);
  });

  test('a branch of ours from an older base is made anew, since it may be merged already', async () => {
    const first = await write();
    await repo.git('update-ref', 'refs/heads/main', first.commit);
    base = await repo.commit({ 'web/web.yaml': 'image: web:1\r\n' });
    await git.fetch(url, ['main']);
    const again = await write();
    expect(again.type).toBe('written');
    expect(await repo.git('rev-parse', `${branch}^`)).toBe(base);
    expect(await changed(again.commit)).toBe('M\tweb/web.yaml');
  });

  test('a base that has moved is a conflict that says so, and nothing is pushed', async () => {
    const moved = await repo.commit({ 'README.md': 'new\n' });
    const error = await refused();
    expect(error.code).toBe('conflict');
    expect(formatError(error)).toContain(
      `branch main has moved to ${moved.slice(0, 7)} since it was read at ${base.slice(0, 7)}`,
    );
    expect(await branches()).toBe('main');
  });

  test('a branch that somebody pushes in the middle is left alone', async () => {
    fail = (each) => {
      if (isPush(each)) execFileSync('git', ['update-ref', `refs/heads/${branch}`, base], { cwd: repo.dir });
      return undefined;
    };
    expect((await refused()).code).toBe('conflict');
    expect(await repo.head(branch)).toBe(base);
  });

  test('of two that write the same at the same time the slower finds the branch of the faster', async () => {
    const { commit } = await write({
      branch: 'fairlead/faster',
      author: { name: 'Max', email: 'max@example.com' },
    });
    fail = (each) => {
      if (isPush(each))
        execFileSync('git', ['update-ref', `refs/heads/${branch}`, commit], { cwd: repo.dir });
      return undefined;
    };
    expect(await write()).toEqual({ type: 'exists', commit });
    expect(await repo.head(branch)).toBe(commit);
  });

  test('what can not be written is refused before anything is sent', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['../out.yaml', 'not a path'],
      ['/etc/passwd', 'not a path'],
      ['.git/config', 'not a path'],
      ['a/.GIT/config', 'not a path'],
      ['a//b', 'not a path'],
      ['', 'not a path'],
      ['web/link', 'a symbolic link stands'],
      ['web', 'a folder stands'],
      ['web/web.yaml/x', 'a file stands'],
    ];
    for (const [path, why] of cases) {
      const error = await refused({ changes: new Map([[path, bytes('x\n')]]) });
      expect(error.code, path).toBe('invalid');
      expect(error.message, path).toContain(why);
    }
    for (const name of ['', 'HEAD', '-x', 'a..b', 'refs/heads/x', 'a b']) {
      expect((await refused({ branch: name })).code, name).toBe('invalid');
    }
    expect((await refused({ base: 'gone' })).code).toBe('not-found');
    expect((await refused({ changes: new Map([['web/web.yaml', bytes('image: web:1\r\n')]]) })).code).toBe(
      'invalid',
    );
    expect(await branches()).toBe('main');
  });

  test('a branch is never written into itself, though Fairlead made it', async () => {
    const { commit } = await write();
    const changes = new Map([['web/web.yaml', bytes('image: web:3\n')]]);
    expect((await refused({ base: branch, baseCommit: commit, changes })).message).toContain('merged into');
    expect(await repo.head(branch)).toBe(commit);
  });

  test('a hook that refuses is told in its own words, and the branch is not there', async () => {
    const hook = '#!/bin/sh\necho "only release managers push here" >&2\nexit 1\n';
    await writeFile(join(repo.dir, 'hooks', 'pre-receive'), hook, { mode: 0o755 });
    const error = await refused();
    expect(error.code).toBe('denied');
    expect(error.message).toMatch(
      /refuses branch .* \(pre-receive hook declined\); it says: only release managers push here/,
    );
    expect(error.remedy).toContain('branch protection');
    expect(await branches()).toBe('main');
    await rm(join(repo.dir, 'hooks', 'pre-receive'));
    expect((await write()).type).toBe('written');
  });

  test('a protected name is denied, and a name that is taken by another branch is a conflict', async () => {
    const hook = '#!/bin/sh\n[ "$1" = refs/heads/main ] || { echo "protected" >&2; exit 1; }\n';
    await writeFile(join(repo.dir, 'hooks', 'update'), hook, { mode: 0o755 });
    expect(await refused()).toMatchObject({ code: 'denied', message: /hook declined.*protected/ });
    await rm(join(repo.dir, 'hooks', 'update'));
    await repo.git('branch', 'fairlead', 'main');
    const error = await refused();
    expect(error.code).toBe('conflict');
    expect(error.remedy).toContain('the one that its name begins with');
    expect(await branches()).toBe('fairlead\nmain');
  });

  test.each([
    [401, 'unauthenticated', 'credentials'],
    [403, 'denied', "Allow the hub's account to write"],
    [404, 'not-found', 'may write'],
    [429, 'unavailable', 'Ask again'],
    [503, 'unavailable', 'Ask again'],
  ] as const)('a push that is answered by %i is %s, and says what to do', async (status, code, remedy) => {
    for (const part of ['/git-receive-pack', 'service=git-receive-pack']) {
      fail = (each) => ((each.url ?? '').endsWith(part) ? status : undefined);
      const error = await refused();
      expect(error.code).toBe(code);
      expect(error.remedy).toContain(remedy);
    }
    fail = () => undefined;
    expect(await branches()).toBe('main');
    expect((await write()).type).toBe('written');
  });

  test('an answer that is lost or cut after the push went through is unavailable, and the branch is found then', async () => {
    for (const [index, failure] of (['lose-answer', 'cut-answer'] as const).entries()) {
      const name = `${branch}-${index}`;
      fail = (each) => (isPush(each) ? failure : undefined);
      const error = await refused({ branch: name });
      expect(error.code).toBe('unavailable');
      expect(error.remedy).toContain('a branch that did arrive is found');
      fail = () => undefined;
      expect(await write({ branch: name })).toEqual({ type: 'exists', commit: await repo.head(name) });
    }
  });

  test('a server that is away is unavailable, and the copy goes on working', async () => {
    await server.stop();
    expect((await refused()).code).toBe('unavailable');
    expect((await git.readTree(url, base)).has('web/web.yaml')).toBe(true);
    await server.start();
    expect((await write()).type).toBe('written');
  });

  test('no ref, lock or crash report is left in the local copy', async () => {
    await write();
    await refused({ changes: new Map([['web', bytes('x')]]) });
    fail = (each) => (isPush(each) ? 503 : undefined);
    await refused({ branch: `${branch}-x` });
    const [copy] = await readdir(join(dir, 'copies'));
    const files = await readdir(join(dir, 'copies', copy ?? ''), { recursive: true });
    expect(files.filter((file) => /\.lock$|crash|tmp_/.test(file))).toEqual([]);
    const packed = await readFile(join(dir, 'copies', copy ?? '', 'packed-refs'), 'utf8').catch(() => '');
    expect(`${files.join('\n')}\n${packed}`).not.toContain('rollback-web');
  });

  test('credentials of the repository are used, and appear in no error', async () => {
    const closed = await startGitServer({ dir, auth: { username: 'ada', password: 's3cret' } });
    const guarded = closed.url('fleet.git');
    const credentials = join(dir, 'credentials.yaml');
    await writeFile(credentials, `- {urlPrefix: '${guarded}', username: ada, password: s3cret}\n`);
    const knowing = await open({ dir: join(dir, 'knowing'), credentials });
    await knowing.fetch(guarded, ['main']);
    expect((await knowing.writeBranch(guarded, request())).type).toBe('written');
    const wrong = guarded.replace('//', '//ada:hunter2@');
    const error = await refused({}, git, wrong);
    expect(error.code).toBe('unauthenticated');
    expect(formatError(error)).not.toContain('hunter2');
    await knowing.close();
    await closed.close();
  });

  test('writing and fetching at the same time disturb each other in nothing', async () => {
    const tasks = Array.from({ length: 6 }, async (_, index) => {
      const changes = new Map([[`many/${index}.yaml`, bytes(`${index}\n`)]]);
      const [written] = await Promise.all([
        write({ branch: `${branch}-${index}`, changes }),
        git.fetch(url, ['main', `${branch}-${index}`]),
      ]);
      return written;
    });
    for (const written of await Promise.all(tasks)) expect(written.type).toBe('written');
    const found = await git.fetch(url, [`${branch}-3`]);
    const tip = found.get(`${branch}-3`);
    expect(tip?.type === 'found' && (await git.readTree(url, tip.commit.id)).has('many/3.yaml')).toBe(true);
    await repo.git('fsck', '--strict');
  });

  test('an author whose name would break a commit does not', async () => {
    const author = { name: 'Eve <x>\ncommitter Mallory', email: 'a>b\n@c' };
    const { commit } = await write({ author });
    expect(await repo.git('log', '-1', '--format=%cn|%an', commit)).toBe(
      'Fairlead|Eve  x  committer Mallory',
    );
    await repo.git('fsck', '--strict');
  });
});
