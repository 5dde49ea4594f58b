import git from 'isomorphic-git';
import { AppError } from '../../core/error.ts';
import type { RemoteLook } from '../credentials/describe-test.ts';
import type { RemoteAccess } from '../credentials/remote.ts';
import { embeddedHttp } from './embedded-http.ts';
import { DamagedCopy, parseGitFailure } from './git-error.ts';
import { remoteRun } from './remote-run.ts';
import { type GitRun, runGit } from './run-git.ts';

export interface LookRequest {
  /** Without credentials. */
  readonly url: string;
  readonly access: RemoteAccess;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks a server what HEAD is, by the `git` binary; nothing is fetched. Throws AppError as a fetch does. */
export async function lookByBinary(
  run: GitRun,
  { url, access, timeoutMs, signal }: LookRequest,
): Promise<RemoteLook> {
  const result = await runGit(remoteRun(run, url, access), ['ls-remote', '--symref', '--', url, 'HEAD'], {
    timeoutMs,
    signal,
  });
  if (result.code !== 0) throw failure(url, access.redact(result.stderr));
  const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/mu.exec(result.stdout)?.[1];
  const commit = /^([0-9a-f]{40,64})\tHEAD$/mu.exec(result.stdout)?.[1];
  return { defaultBranch: branch, commit };
}

/** The same without a binary, for http(s). */
export async function lookEmbedded({ url, access, timeoutMs, signal }: LookRequest): Promise<RemoteLook> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    const refs = await git.listServerRefs({
      http: embeddedHttp(access, ended),
      url,
      protocolVersion: 1,
      symrefs: true,
    });
    const head = refs.find(({ ref }) => ref === 'HEAD');
    return { defaultBranch: head?.target?.replace(/^refs\/heads\//u, ''), commit: head?.oid };
  } catch (error) {
    if (timeout.aborted) throw failure(url, `fatal: timed out after ${timeoutMs / 1000} s`);
    if (error instanceof git.Errors.HttpError)
      throw failure(url, `fatal: the server answered with error: ${error.data.statusCode}`);
    throw failure(url, access.redact(causesOf(error)));
  }
}

/** Nothing is kept here, so no copy is to blame. */
function failure(url: string, said: string): AppError {
  const error = parseGitFailure(url, said);
  return error instanceof DamagedCopy ? new AppError('unavailable', error.message, { subject: url }) : error;
}

function causesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  return error.cause === undefined
    ? `${error.message}${code}`
    : `${error.message}${code}: ${causesOf(error.cause)}`;
}
