import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a commit does with a path: a file's content, something else than a plain file, or `null` to remove it. */
export type FileChange =
  | string
  | Uint8Array
  | { readonly executable: string }
  | { readonly symlink: string }
  | null;

/** Changes by path relative to the root. */
export type FileChanges = Readonly<Record<string, FileChange>>;

export interface CommitOptions {
  /** `main` where absent. It's made where it doesn't exist. */
  readonly branch?: string;
  /** First line of the message. */
  readonly message?: string;
}

/** A bare repository that tests write to without a work tree. */
export interface GitRepo {
  readonly dir: string;
  /** Commits changes on top of a branch in one `git fast-import`, however many files there are; gives the commit's id. */
  commit(changes: FileChanges, options?: CommitOptions): Promise<string>;
  /** Commits the inverse of one commit, as `git revert` does where nothing conflicts; gives the new commit's id. */
  revert(commit: string, options?: CommitOptions): Promise<string>;
  /** The id of a revision, `main` where absent. */
  head(revision?: string): Promise<string>;
  /** Makes an annotated tag of a revision. */
  tag(name: string, revision?: string): Promise<void>;
  /** Runs any git command in the repository; gives its output. */
  git(...args: readonly string[]): Promise<string>;
}

const identity = {
  GIT_AUTHOR_NAME: 'Ada Author',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada Author',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

/** Environment in which nobody's own Git configuration counts. */
export function gitEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
}

/** Makes an empty bare repository `dir/name` whose HEAD is `main`. */
export async function createGitRepo(dir: string, name: string): Promise<GitRepo> {
  const path = join(dir, name);
  await mkdir(path, { recursive: true });
  await runGit(path, ['init', '--quiet', '--bare', '--initial-branch=main']);
  return openGitRepo(path);
}

/** An existing bare repository. */
export function openGitRepo(dir: string): GitRepo {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await runGit(dir, args)).toString().trimEnd();
  const head = (revision = 'main'): Promise<string> =>
    git('rev-parse', '--verify', '--end-of-options', revision);
  const importCommit = async (
    lines: readonly (string | Uint8Array)[],
    options: CommitOptions,
  ): Promise<string> => {
    const branch = options.branch ?? 'main';
    const message = options.message ?? 'change';
    const parent = await git('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`);
    const who = `${identity.GIT_COMMITTER_NAME} <${identity.GIT_COMMITTER_EMAIL}> now`;
    const start = [`commit refs/heads/${branch}\n`, `committer ${who}\n`, dataCommand(message), '\n'];
    if (parent !== '') start.push(`from ${parent}\n`);
    const input = Buffer.concat([...start, ...lines].map((line) => Buffer.from(line as string)));
    await runGit(dir, ['fast-import', '--quiet', '--force', '--date-format=now'], input);
    return head(`refs/heads/${branch}`);
  };
  return {
    dir,
    git,
    head,
    commit: (changes, options = {}) => importCommit(Object.entries(changes).flatMap(changeCommands), options),
    async revert(commit, options = {}) {
      const raw = await git('diff-tree', '-r', '-z', '--no-renames', commit, `${commit}^`);
      return importCommit(revertCommands(raw), { message: `Revert ${commit}`, ...options });
    },
    async tag(name, revision = 'main') {
      await git('tag', '--annotate', '--message', name, name, revision);
    },
  };
}

function changeCommands([path, change]: readonly [string, FileChange]): readonly (string | Uint8Array)[] {
  const name = JSON.stringify(path);
  if (change === null) return [`D ${name}\n`];
  if (typeof change === 'string') return [`M 100644 inline ${name}\n`, dataCommand(change), '\n'];
  if (change instanceof Uint8Array) {
    return [`M 100644 inline ${name}\n`, `data ${change.length}\n`, change, '\n'];
  }
  const [mode, content] = 'symlink' in change ? ['120000', change.symlink] : ['100755', change.executable];
  return [`M ${mode} inline ${name}\n`, dataCommand(content), '\n'];
}

/** Of `diff-tree -z`: `:<mode> <mode> <id> <id> <status>`, then the path. */
function revertCommands(raw: string): readonly string[] {
  const fields = raw.split('\0');
  const commands: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode = '', , id = '', status = ''] = (fields[index] ?? '').split(' ');
    const name = JSON.stringify(fields[index + 1]);
    commands.push(status === 'D' ? `D ${name}\n` : `M ${mode} ${id} ${name}\n`);
  }
  return commands;
}

function dataCommand(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function runGit(dir: string, args: readonly string[], input?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: dir, env: { ...gitEnvironment(), ...identity } });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(`git ${args.join(' ')} in ${dir}: ${Buffer.concat(errors).toString()}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
