import type { AppError } from '../../core/error.ts';
import type { CatFile } from './cat-file.ts';
import { DamagedCopy } from './git-error.ts';
import { encodePack } from './new-object.ts';
import { parsePushFailure, rejectedPush } from './push-error.ts';
import type { GitResult } from './run-git.ts';
import { type BranchWriter, parseTip } from './write-branch.ts';

export interface BinaryWriterOptions {
  readonly url: string;
  readonly objects: CatFile;
  readonly runGit: (args: readonly string[], input?: Uint8Array) => Promise<GitResult>;
  /** Runs a change of the local copy when nothing else changes it. */
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
}

/**
 * Writing by the `git` binary: objects come into the local copy as they were made, and `git push` sends what the remote
 * lacks. The push itself waits for no fetch and no fetch for it.
 */
export function binaryWriter({ url, objects, runGit, exclusively }: BinaryWriterOptions): BranchWriter {
  async function run(args: readonly string[], input?: Uint8Array): Promise<string> {
    const result = await runGit(args, input);
    if (result.code === 0) return result.stdout;
    throw parsePushFailure(url, result.stderr);
  }
  return {
    url,
    async listBranches(names) {
      const refs = names.map((name) => `refs/heads/${name}`);
      const listed = await run(['ls-remote', '--quiet', '--', url, ...refs]);
      const found = new Map<string, string>();
      for (const line of listed.split('\n')) {
        const [oid = '', ref = ''] = line.split('\t');
        // A pattern also matches the end of longer names.
        if (refs.includes(ref)) found.set(ref.slice('refs/heads/'.length), oid);
      }
      return found;
    },
    async readTip(commit) {
      const [object] = await objects.read([`${commit}^{commit}`]);
      return object === undefined ? undefined : parseTip(object.content);
    },
    async fetchTip(branch) {
      const options = ['--quiet', '--no-tags', '--no-auto-maintenance', '--no-write-fetch-head', '--depth=1'];
      await exclusively(() => run(['fetch', ...options, '--', url, `refs/heads/${branch}`]));
    },
    async readRawTree(oid) {
      const [object] = await objects.read([oid]);
      if (object?.type !== 'tree') throw new DamagedCopy(`tree ${oid} is missing`);
      return object.content;
    },
    async push({ branch, expected = '', commit, objects: made }) {
      const pack = encodePack(commit.length === 64 ? 'sha256' : 'sha1', made);
      await exclusively(() => run(['unpack-objects', '-q'], pack));
      const ref = `refs/heads/${branch}`;
      const lease = `--force-with-lease=${ref}:${expected}`;
      const options = ['--porcelain', '--no-verify', '--no-follow-tags', '--no-signed', lease];
      const result = await runGit(['push', ...options, '--', url, `${commit}:${ref}`]);
      if (result.code === 0) return;
      throw pushFailure(url, branch, result);
    },
  };
}

function pushFailure(url: string, branch: string, { stdout, stderr }: GitResult): AppError | DamagedCopy {
  const rejected = /^!\t\S+\t\[([^\]]*)\](?: \((.*)\))?$/mu.exec(stdout);
  if (rejected === null) return parsePushFailure(url, stderr);
  const [, kind = '', reason = kind] = rejected;
  // What would be lost with the connection is no answer of the remote's.
  if (kind === 'remote failure') return parsePushFailure(url, stderr);
  const said = stderr
    .split('\n')
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.slice('remote:'.length));
  return rejectedPush(url, branch, reason, said.join(' '));
}
