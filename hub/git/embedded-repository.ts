import fs from 'node:fs';
import { mkdir } from 'node:fs/promises';
import git, { type ServerRef } from 'isomorphic-git';
import { AppError } from '../../core/error.ts';
import type { Log } from '../../core/log.ts';
import { maxFileBytes } from '../../core/size-limits.ts';
import type { RemoteAccess } from '../credentials/remote.ts';
import type { Commit, Revision, Tree } from '../ports.ts';
import type { BranchRequest, WrittenBranch } from '../promotion/branch.ts';
import { embeddedHttp } from './embedded-http.ts';
import { embeddedWriter } from './embedded-writer.ts';
import { DamagedCopy, parseGitFailure } from './git-error.ts';
import { type NamedEntry, parseMode } from './git-objects.ts';
import { LocalCopy } from './local-copy.ts';
import { parsePushFailure } from './push-error.ts';
import { findRef, missingMessage, noCommitMessage, parseRevision, tagOf } from './revision.ts';
import { TreeReader } from './tree-reader.ts';
import { writeBranch } from './write-branch.ts';

export interface EmbeddedRepositoryOptions {
  readonly dir: string;
  /** Without credentials. */
  readonly url: string;
  readonly access: () => Promise<RemoteAccess>;
  readonly protocols: readonly string[];
  readonly timeoutMs: number;
  readonly log: Log;
}

/** Base of the next fetch: what it points at need not be sent again. */
const baseRef = 'refs/fairlead/last';

/** One repository's local copy, kept by isomorphic-git: for hubs without a `git` binary, and http(s) only. */
export class EmbeddedRepository {
  readonly #options: EmbeddedRepositoryOptions;
  readonly #url: string;
  readonly #copy: LocalCopy;
  readonly #trees = new TreeReader();
  readonly #asked = new Set<string>();
  readonly #closing = new AbortController();
  /** isomorphic-git's parsed pack indexes. */
  #cache: object = {};
  #ready = false;

  constructor(options: EmbeddedRepositoryOptions) {
    this.#options = options;
    this.#url = options.url;
    this.#copy = new LocalCopy({
      url: this.#url,
      dir: options.dir,
      log: options.log,
      forget: () => {
        this.#cache = {};
        this.#ready = false;
      },
      refill: () => this.#fetch([...this.#asked]),
    });
  }

  async fetch(revisions: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Revision>> {
    checkEmbeddedProtocol(this.#url);
    for (const revision of revisions) this.#asked.add(revision);
    return this.#copy.recovering(() => this.#copy.write(() => this.#fetch(revisions, signal)));
  }

  async writeBranch(request: BranchRequest, signal?: AbortSignal): Promise<WrittenBranch> {
    checkEmbeddedProtocol(this.#url);
    return this.#copy.recovering(async () => {
      await this.#copy.write(() => this.#open());
      return this.#limited(parsePushFailure, signal, (ended, access) => {
        const writer = embeddedWriter({
          url: this.#url,
          access,
          where: () => this.#where(),
          signal: ended,
          exclusively: (task) => this.#copy.write(task),
        });
        return writeBranch(writer, request, new Date());
      });
    });
  }

  readTree(commit: string): Promise<Tree> {
    return this.#copy.recovering(async () => {
      const found = await this.#readCommit(commit);
      if (found === undefined || found === 'no-commit')
        throw this.#notFound(`commit ${commit} has not been fetched`);
      return this.#trees.read(found.tree, async (oids) => {
        const trees = new Map<string, readonly NamedEntry[]>();
        for (const oid of oids) trees.set(oid, await this.#readEntries(oid));
        return trees;
      });
    });
  }

  readCommit(commit: string): Promise<Uint8Array> {
    return this.#copy.recovering(async () => {
      const read = await this.#local(() =>
        git.readObject({ ...this.#where(), oid: commit, format: 'content' }),
      );
      if (read?.type !== 'commit') throw this.#notFound(`commit ${commit} has not been fetched`);
      return read.object as Uint8Array;
    });
  }

  readBlobs(oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.#copy.recovering(async () => {
      const blobs = new Map<string, Uint8Array>();
      for (const oid of oids) {
        const content = await this.#local(() => git.readBlob({ ...this.#where(), oid }));
        if (content === undefined) throw this.#notFound(`blob ${oid} is not there`);
        if (content.blob.length <= maxFileBytes) blobs.set(oid, content.blob);
      }
      return blobs;
    });
  }

  /** Ends what runs: fetches that wait are cancelled. */
  close(): void {
    this.#closing.abort();
    this.#cache = {};
  }

  #where(): { fs: typeof fs; gitdir: string; cache: object } {
    return { fs, gitdir: this.#options.dir, cache: this.#cache };
  }

  #fetch(revisions: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Revision>> {
    return this.#limited(parseGitFailure, signal, async (ended, access) => {
      await this.#open();
      const http = embeddedHttp(access, ended);
      const refs = await git.listServerRefs({
        http,
        url: this.#url,
        protocolVersion: 1,
        symrefs: true,
        peelTags: true,
      });
      const found = new Map<string, Revision>();
      for (const revision of revisions) found.set(revision, await this.#fetchRevision(revision, refs, http));
      return found;
    });
  }

  /** Runs a task that is ended by its signal, by closing and after the timeout; what it throws says what it means. */
  async #limited<T>(
    parseFailure: typeof parseGitFailure,
    signal: AbortSignal | undefined,
    task: (ended: AbortSignal, access: RemoteAccess) => Promise<T>,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    const closing = this.#closing.signal;
    const cancelled = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    const access = await this.#options.access();
    try {
      return await task(AbortSignal.any([timeout, cancelled]), access);
    } catch (error) {
      if (cancelled.aborted)
        throw new AppError('cancelled', 'it was cancelled before its end', { cause: error });
      if (timeout.aborted)
        throw parseFailure(this.#url, `fatal: timed out after ${this.#options.timeoutMs / 1000} s`);
      throw this.#failure(error, parseFailure, access);
    }
  }

  async #open(): Promise<void> {
    if (this.#ready) return;
    await mkdir(this.#options.dir, { recursive: true });
    await git.init({ fs, gitdir: this.#options.dir, bare: true, defaultBranch: 'none' });
    // A fetch asks for a remote of this name, though it's told the URL.
    await git.addRemote({ fs, gitdir: this.#options.dir, remote: 'origin', url: this.#url, force: true });
    this.#ready = true;
  }

  async #fetchRevision(
    revision: string,
    refs: readonly ServerRef[],
    http: ReturnType<typeof embeddedHttp>,
  ): Promise<Revision> {
    const parsed = parseRevision(revision);
    if (parsed.type === 'invalid') return { type: 'missing', message: parsed.message };
    const name =
      parsed.type === 'commit' ? undefined : findRef(parsed.name, new Set(refs.map((each) => each.ref)));
    const ref = refs.find((each) => each.ref === name);
    const oid = parsed.type === 'commit' ? parsed.id : (ref?.peeled ?? ref?.oid);
    if (oid === undefined) return { type: 'missing', message: missingMessage(revision) };
    const known = await this.#readCommit(oid);
    if (known === 'no-commit') return { type: 'missing', message: noCommitMessage(revision) };
    const tag = name === undefined ? {} : tagOf(revision, name);
    if (known !== undefined) return { type: 'found', commit: publicCommit(known), ...tag };
    try {
      await git.fetch({
        ...this.#where(),
        http,
        url: this.#url,
        ref: baseRef,
        remoteRef: oid,
        depth: 1,
        singleBranch: true,
        tags: false,
      });
    } catch (error) {
      if (parsed.type !== 'commit' || !/not our ref|unadvertised/iu.test(describe(error))) throw error;
      return {
        type: 'missing',
        message: `there is no commit ${oid}, or the Git server doesn't give out commits by id`,
      };
    }
    const commit = await this.#readCommit(oid);
    if (commit === 'no-commit') return { type: 'missing', message: noCommitMessage(revision) };
    if (commit === undefined && parsed.type === 'commit')
      return { type: 'missing', message: `there is no commit ${oid}` };
    if (commit === undefined) throw new DamagedCopy(`${revision} was fetched and names no commit`);
    await git.writeRef({ fs, gitdir: this.#options.dir, ref: baseRef, value: oid, force: true });
    return { type: 'found', commit: publicCommit(commit), ...tag };
  }

  async #readCommit(oid: string): Promise<(Commit & { readonly tree: string }) | 'no-commit' | undefined> {
    const read = await this.#local(() =>
      git.readCommit({ ...this.#where(), oid }).catch((error: unknown) => {
        if (error instanceof git.Errors.ObjectTypeError) return 'no-commit' as const;
        throw error;
      }),
    );
    if (read === undefined || read === 'no-commit') return read;
    const { author, committer, message, tree } = read.commit;
    return {
      id: read.oid,
      tree,
      author: `${author.name} <${author.email}>`,
      committedAt: new Date(committer.timestamp * 1000).toISOString(),
      subject: message.trimStart().split('\n', 1)[0] ?? '',
    };
  }

  async #readEntries(oid: string): Promise<readonly NamedEntry[]> {
    const read = await this.#local(() => git.readTree({ ...this.#where(), oid }));
    if (read === undefined) throw new DamagedCopy(`tree ${oid} is missing`);
    return read.tree.map(({ mode, path, oid: id }) => ({ name: path, oid: id, type: parseMode(mode) }));
  }

  /** What a local read gives; `undefined` where the object isn't there. */
  async #local<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof git.Errors.NotFoundError) return undefined;
      throw new DamagedCopy(describe(error));
    }
  }

  #failure(error: unknown, parseFailure: typeof parseGitFailure, access: RemoteAccess): Error {
    if (error instanceof AppError || error instanceof DamagedCopy) return error;
    if (error instanceof git.Errors.HttpError)
      return parseFailure(this.#url, `fatal: the server answered with error: ${error.data.statusCode}`);
    return parseFailure(this.#url, access.redact(describe(error)));
  }

  #notFound(message: string): AppError {
    return new AppError('not-found', message, { subject: this.#url, remedy: 'Fetch the repository again' });
  }
}

/** Throws AppError `unsupported` where only the `git` binary can help. */
export function checkEmbeddedProtocol(url: string): void {
  const protocol = /^([a-z]+):/iu.exec(url)?.[1] ?? 'ssh';
  if (protocol === 'http' || protocol === 'https') return;
  throw new AppError(
    'unsupported',
    `Git over ${protocol} needs the git binary, and this hub reads Git without it`,
    { subject: url, remedy: "Install git on the hub, or use the repository's https URL" },
  );
}

function publicCommit(commit: Commit & { readonly tree: string }): Commit {
  const { tree: _, ...rest } = commit;
  return rest;
}

/** The error with its causes: Node's `fetch` says why in the innermost one. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  return error.cause === undefined
    ? `${error.message}${code}`
    : `${error.message}${code}: ${describe(error.cause)}`;
}
