import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGitRepo, gitEnvironment } from '../test/support/git-repo.ts';
import { type GitServer, startGitServer } from '../test/support/git-server.ts';
import type { Closers } from './closers.ts';

const run = promisify(execFile);

/** The example's address, which stands in its applications and projects. */
const exampleUrl = 'https://git.example.com/platform/platform-config.git';
const exampleDir = join(import.meta.dirname, '../examples/fleet');

export interface Push {
  /** Id of the newest commit. */
  readonly commit: string;
  /** When the Git server had taken it, on the clock of `performance.now()`. */
  readonly at: number;
}

/** The fleet repository on a Git server of our own, and a clone of it to work in. */
export interface FleetRepository {
  /** Address on the Git server. */
  readonly url: string;
  /** The clone. */
  readonly dir: string;
  readonly server: GitServer;
  read(path: string): string;
  /** Writes files of the clone, commits and pushes. */
  push(files: Readonly<Record<string, string>>, message: string): Promise<Push>;
  /** Merges a branch that somebody proposed into main, as a reviewer does by a pull request, and pushes. */
  merge(branch: string): Promise<Push>;
  /** What `git log` says of main, newest first: a subject for each commit on it, with what merges brought. */
  log(): Promise<readonly string[]>;
  /** `git revert` of commits, newest first, and a push. */
  revert(...commits: readonly string[]): Promise<Push>;
  /** From now on, each push runs this shell command, as a Git host calls a webhook: it doesn't wait for it. */
  onPush(command: string): void;
}

/** Files with other contents than the example's, by path. */
type Replacements = Readonly<Record<string, string>>;

/** Serves a copy of `examples/fleet`. `prefix` is put before the names of its namespaces. */
export async function openFleetRepository(
  dir: string,
  prefix: string,
  replacements: Replacements,
  closers: Closers,
): Promise<FleetRepository> {
  const served = join(dir, 'git');
  await mkdir(served, { recursive: true });
  const bare = await createGitRepo(served, 'platform-config.git');
  const server = await startGitServer({ dir: served });
  closers.add(() => server.close());
  const url = server.url('platform-config.git');
  const work = join(dir, 'platform-config');
  const git = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run('git', [...args], { cwd: work, env: gitEnvironment() });
    return stdout.trim();
  };
  cpSync(exampleDir, work, { recursive: true });
  adaptFiles(work, url, prefix);
  for (const [path, text] of Object.entries(replacements)) writeFileSync(join(work, path), text);
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'Ada Author');
  await git('config', 'user.email', 'ada@example.com');
  await git('remote', 'add', 'origin', url);
  const publish = async (): Promise<Push> => {
    const commit = await git('rev-parse', 'HEAD');
    await git('push', '--quiet', '--set-upstream', 'origin', 'main');
    return { commit, at: performance.now() };
  };
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'The fleet');
  await publish();
  return {
    url,
    dir: work,
    server,
    read: (path) => readFileSync(join(work, path), 'utf8'),
    async push(files, message) {
      for (const [path, text] of Object.entries(files)) writeFileSync(join(work, path), text);
      await git('add', '--all');
      await git('commit', '--quiet', '--message', message);
      return publish();
    },
    async merge(branch) {
      await git('fetch', '--quiet', 'origin');
      await git('merge', '--quiet', '--no-ff', '--message', `Merge ${branch}`, `origin/${branch}`);
      return publish();
    },
    async log() {
      return (await git('log', '--format=%h %an: %s')).split('\n');
    },
    async revert(...commits) {
      await git('revert', '--no-edit', ...commits);
      return publish();
    },
    onPush(command) {
      const script = `#!/bin/sh\ncat > /dev/null\n${command} > /dev/null 2>> "${dir}/logs/webhook.log" &\n`;
      writeFileSync(join(bare.dir, 'hooks', 'post-receive'), script, { mode: 0o755 });
    },
  };
}

/** Puts our own address and namespaces in, on the same lines. */
function adaptFiles(dir: string, url: string, prefix: string): void {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, adaptText(text.replaceAll(exampleUrl, url), prefix));
  }
}

function adaptText(text: string, prefix: string): string {
  // Nobody wants to watch a rollout that hangs for two minutes.
  return prefixNamespaces(text, prefix).replace(
    'progressDeadlineSeconds: 120',
    'progressDeadlineSeconds: 15',
  );
}

/** Where the example names a namespace: destinations, a network policy's peer, and a Service's host name. */
function prefixNamespaces(text: string, prefix: string): string {
  const names = '(payments|guestbook|storefront)';
  return text
    .replaceAll(
      new RegExp(`(\\bnamespace: |kubernetes\\.io/metadata\\.name: )${names}\\b`, 'g'),
      `$1${prefix}$2`,
    )
    .replaceAll(new RegExp(`\\b${names}\\.${names}\\.svc\\b`, 'g'), `$1.${prefix}$2.svc`);
}
