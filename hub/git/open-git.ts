import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { shortName } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import type { Log } from '../../core/log.ts';
import type { RemoteLook } from '../credentials/describe-test.ts';
import type { RemotePort } from '../credentials/remote.ts';
import type { GitPort, Revision, Tree } from '../ports.ts';
import type { BranchRequest, WrittenBranch } from '../promotion/branch.ts';
import { BinaryRepository } from './binary-repository.ts';
import { parseGitAddress } from './credentials.ts';
import { checkEmbeddedProtocol, EmbeddedRepository } from './embedded-repository.ts';
import { explainRefusal } from './explain-refusal.ts';
import { lookByBinary, lookEmbedded } from './look-at-remote.ts';
import { remoteSettings, runGit } from './run-git.ts';

export interface OpenGitOptions {
  /** Where local copies live: the caller's alone. Made where it doesn't exist. */
  readonly dir: string;
  /** `auto` takes the `git` binary where there is one. */
  readonly implementation: 'git' | 'isomorphic-git' | 'auto';
  /** What repositories are shown, whom to trust and which way to go. */
  readonly remote: RemotePort;
  /** Absolute path or name of the binary, `git` where absent. */
  readonly command?: string;
  /** Protocols that repositories may use; `file` only where a test asks for it. */
  readonly protocols?: readonly string[];
  /** Longest time for one call of Git, ms. */
  readonly timeoutMs?: number;
  readonly log: Log;
}

/** What both implementations do for one repository, as GitPort says it. */
interface Repository {
  fetch(revisions: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Revision>>;
  readTree(commit: string): Promise<Tree>;
  readCommit(commit: string): Promise<Uint8Array>;
  readBlobs(oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  writeBranch(request: BranchRequest, signal?: AbortSignal): Promise<WrittenBranch>;
  close(): void;
}

const defaultProtocols = ['http', 'https', 'ssh', 'git'];
const defaultTimeoutMs = 120_000;

/**
 * Opens the hub's view of Git repositories. Throws AppError `unavailable` where `git` is asked for by name and can't
 * be started.
 */
export async function openGit(options: OpenGitOptions): Promise<GitPort> {
  const command = options.command ?? 'git';
  await mkdir(options.dir, { recursive: true });
  const implementation = await choose(options, command);
  const { remote } = options;
  const open = (rawUrl: string): Repository => {
    const { url } = parseGitAddress(rawUrl, []);
    const common = {
      dir: join(options.dir, `${shortName(`${implementation} ${url}`)}.git`),
      url,
      access: () => remote.access(rawUrl),
      protocols: options.protocols ?? defaultProtocols,
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      log: options.log,
    };
    return implementation === 'git'
      ? new BinaryRepository({ ...common, command })
      : new EmbeddedRepository(common);
  };
  const repositories = new Map<string, Repository>();
  const repository = (url: string): Repository => {
    let found = repositories.get(url);
    if (found === undefined) {
      found = open(url);
      repositories.set(url, found);
    }
    return found;
  };
  const lookAt = async (rawUrl: string, signal?: AbortSignal): Promise<RemoteLook> => {
    const { url } = parseGitAddress(rawUrl, []);
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const request = { url, access: await remote.access(rawUrl), timeoutMs, signal };
    if (implementation === 'isomorphic-git') {
      checkEmbeddedProtocol(url);
      return lookEmbedded(request);
    }
    const protocols = options.protocols ?? defaultProtocols;
    return lookByBinary({ command, dir: options.dir, settings: remoteSettings, protocols }, request);
  };
  return {
    fetch: (url, revisions, signal) => explainRefusal(remote, url, repository(url).fetch(revisions, signal)),
    readTree: (url, commit) => repository(url).readTree(commit),
    readCommit: (url, commit) => repository(url).readCommit(commit),
    readBlobs: (url, oids) => repository(url).readBlobs(oids),
    writeBranch: (url, request, signal) =>
      explainRefusal(remote, url, repository(url).writeBranch(request, signal)),
    look: (rawUrl, signal) => explainRefusal(remote, rawUrl, lookAt(rawUrl, signal)),
    async close() {
      for (const each of repositories.values()) each.close();
      repositories.clear();
    },
  };
}

async function choose(options: OpenGitOptions, command: string): Promise<'git' | 'isomorphic-git'> {
  const { implementation, log, dir } = options;
  if (implementation === 'isomorphic-git') return implementation;
  try {
    const run = { command, dir, settings: {}, protocols: [] };
    const { stdout } = await runGit(run, ['--version'], { timeoutMs: 10_000 });
    log.debug({ version: stdout.trim() }, 'reading repositories with the git binary');
    return 'git';
  } catch (error) {
    if (implementation === 'auto') {
      log.info(
        { reason: AppError.from(error).message },
        'there is no git binary: reading repositories with isomorphic-git',
      );
      return 'isomorphic-git';
    }
    const remedy = 'Install git, or choose isomorphic-git (--git)';
    throw new AppError('unavailable', "git can't be started", { subject: command, remedy, cause: error });
  }
}
