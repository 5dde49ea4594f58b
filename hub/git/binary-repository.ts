import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shortName } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import type { Log } from '../../core/log.ts';
import { parseTagRange } from '../catalog/tag-range.ts';
import type { RemoteAccess } from '../credentials/remote.ts';
import type { Revision, Tree } from '../ports.ts';
import type { BranchRequest, WrittenBranch } from '../promotion/branch.ts';
import { binaryWriter } from './binary-writer.ts';
import { CatFile, type GitObject } from './cat-file.ts';
import { DamagedCopy, parseGitFailure } from './git-error.ts';
import { parseCommit, parseTree } from './git-objects.ts';
import { LocalCopy } from './local-copy.ts';
import { remoteRun } from './remote-run.ts';
import { findRef, missingMessage, noCommitMessage, parseRevision, tagOf } from './revision.ts';
import { type GitResult, type GitRun, remoteSettings, runGit } from './run-git.ts';
import { TreeReader } from './tree-reader.ts';
import { writeBranch } from './write-branch.ts';

export interface BinaryRepositoryOptions {
  readonly command: string;
  /** The bare repository; made on the first fetch. */
  readonly dir: string;
  /** Without credentials. */
  readonly url: string;
  readonly access: () => Promise<RemoteAccess>;
  readonly protocols: readonly string[];
  readonly timeoutMs: number;
  readonly log: Log;
}

/**
 * Protocol 0 answers a poll in one request where protocol 2 takes two (measured on loopback: 27 ms and 45 ms for
 * nothing new), but lists every ref: only for repositories with few.
 */
const fewRefs = 1_000;
/** Fetches that brought something, between two looks whether loose objects need packing. */
const fetchesPerPacking = 64;

/** Our own copies of the remote's refs, so that what was fetched last stays reachable. Flat: a branch `a` may give way to `a/b`. */
function localRef(ref: string): string {
  return `refs/fairlead/${shortName(ref)}`;
}

/** One repository's local copy, kept by the `git` binary: shallow at first, then growing by what is new. */
export class BinaryRepository {
  readonly #options: BinaryRepositoryOptions;
  readonly #url: string;
  readonly #run: GitRun;
  readonly #copy: LocalCopy;
  readonly #trees = new TreeReader();
  #objects: CatFile;
  /** What a name meant last: a ref, or `undefined` for none. */
  #refs = new Map<string, string | undefined>();
  #fetched = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #closing = new AbortController();
  #protocol = '2';
  #ready = false;
  #isSuspect = false;
  #changes = 0;

  constructor(options: BinaryRepositoryOptions) {
    const { url } = options;
    this.#options = options;
    this.#url = url;
    this.#run = {
      command: options.command,
      dir: options.dir,
      protocols: options.protocols,
      settings: {
        'core.hooksPath': '/dev/null',
        // A power cut may cost the local copy, never anything that isn't at the remote.
        'core.fsync': 'none',
        'maintenance.auto': 'false',
        ...remoteSettings,
      },
    };
    this.#objects = new CatFile(this.#run);
    this.#copy = new LocalCopy({
      url,
      dir: options.dir,
      log: options.log,
      forget: () => this.#forget(),
      refill: () => this.#fetch([...this.#asked]),
    });
  }

  fetch(revisions: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Revision>> {
    for (const revision of revisions) this.#asked.add(revision);
    return this.#copy.recovering(() => this.#copy.write(() => this.#fetch(revisions, signal)));
  }

  readTree(commit: string): Promise<Tree> {
    return this.#copy.recovering(async () => {
      const object = await this.#readCommit(commit);
      if (object === undefined) throw this.#notFound(`commit ${commit} has not been fetched`);
      return this.#trees.read(parseCommit(object.oid, object.content).tree, async (oids) => {
        const found = await this.#objects.read(oids);
        return new Map(
          found.map((tree, index) => [oids[index] ?? '', this.#parseTree(tree, oids[index] ?? '')]),
        );
      });
    });
  }

  readCommit(commit: string): Promise<Uint8Array> {
    return this.#copy.recovering(async () => {
      const object = await this.#readCommit(commit);
      if (object === undefined) throw this.#notFound(`commit ${commit} has not been fetched`);
      return object.content;
    });
  }

  readBlobs(oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.#copy.recovering(async () => {
      const found = await this.#objects.read(oids);
      const blobs = new Map<string, Uint8Array>();
      for (const [index, object] of found.entries()) {
        const oid = oids[index] ?? '';
        if (object === undefined || object.type !== 'blob') {
          this.#isSuspect = true;
          throw this.#notFound(`blob ${oid} is not there`);
        }
        if (object.isTooLarge !== true) blobs.set(oid, object.content);
      }
      return blobs;
    });
  }

  writeBranch(request: BranchRequest, signal?: AbortSignal): Promise<WrittenBranch> {
    return this.#copy.recovering(async () => {
      await this.#copy.write(() => this.#open(signal));
      const writer = binaryWriter({
        url: this.#url,
        objects: this.#objects,
        runGit: (args, input) => this.#tryRemote(args, signal, input),
        exclusively: (task) => this.#copy.write(task),
      });
      return writeBranch(writer, request, new Date());
    });
  }

  /** Ends what runs: fetches and reads that wait are cancelled. */
  close(): void {
    this.#closing.abort();
    this.#objects.close(new AppError('cancelled', 'the hub is stopping', { subject: this.#url }));
  }

  #forget(): void {
    this.#objects.close(new DamagedCopy('replaced'));
    this.#objects = new CatFile(this.#run);
    this.#refs = new Map();
    this.#fetched = new Set();
    this.#ready = false;
    this.#isSuspect = false;
  }

  async #fetch(revisions: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Revision>> {
    await this.#open(signal);
    if (this.#isSuspect) await this.#verify(signal);
    const names: string[] = [];
    const commits: string[] = [];
    for (const revision of revisions) {
      const parsed = parseRevision(revision);
      if (parsed.type === 'ref' || parsed.type === 'range') names.push(parsed.name);
      if (parsed.type === 'commit') commits.push(parsed.id);
    }
    await this.#fetchNames(names, signal);
    const absent = await this.#fetchCommits(commits, signal);
    const found = new Map<string, Revision>();
    await Promise.all(
      revisions.map(async (revision) => {
        found.set(revision, await this.#resolve(revision, absent));
      }),
    );
    return found;
  }

  async #open(signal?: AbortSignal): Promise<void> {
    if (this.#ready) return;
    const { dir } = this.#options;
    // Written last: a folder without it is half-made.
    const marker = join(dir, 'fairlead-ready');
    if (!(await exists(marker))) {
      await rm(dir, { recursive: true, force: true });
      await mkdir(dir, { recursive: true });
      const made = await this.#tryGit(
        ['init', '--quiet', '--bare', '--template=', '--initial-branch=none', '.'],
        signal,
      );
      if (made.code !== 0) throw parseGitFailure(this.#url, made.stderr);
      await writeFile(marker, `${this.#url}\n`);
    }
    this.#ready = true;
  }

  /** Fetches names in one call. A name never met, one that is gone, or a range costs a listing of the remote's refs. */
  async #fetchNames(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const isKnown = (name: string) => this.#refs.get(name) !== undefined && parseTagRange(name) === undefined;
    const isListed = names.every(isKnown);
    if (!isListed) await this.#list(names, signal);
    const wanted = () => [
      ...new Set(names.map((name) => this.#refs.get(name)).filter((ref) => ref !== undefined)),
    ];
    const result = await this.#fetchRefs(wanted(), signal);
    if (result === undefined) return;
    if (!isListed || !/couldn't find remote ref/iu.test(result.stderr))
      throw parseGitFailure(this.#url, result.stderr);
    await this.#list(names, signal);
    const again = await this.#fetchRefs(wanted(), signal);
    if (again !== undefined) throw parseGitFailure(this.#url, again.stderr);
  }

  async #list(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const listed = await this.#tryRemote(['ls-remote', '--quiet', '--', this.#url], signal);
    if (listed.code !== 0) throw parseGitFailure(this.#url, listed.stderr);
    const refs = new Set<string>();
    for (const line of listed.stdout.split('\n')) {
      const ref = line.split('\t')[1];
      if (ref !== undefined) refs.add(ref);
    }
    this.#protocol = refs.size < fewRefs ? '0' : '2';
    for (const name of names) this.#refs.set(name, findRef(name, refs));
  }

  /** The failed run, or `undefined` when all went well. */
  async #fetchRefs(refs: readonly string[], signal?: AbortSignal): Promise<GitResult | undefined> {
    if (refs.length === 0) return undefined;
    // History is of no use here, but a depth on every fetch costs a request more and a server's thought.
    const depth = refs.every((ref) => this.#fetched.has(ref)) ? [] : ['--depth=1'];
    const specs = refs.map((ref) => `+${ref}:${localRef(ref)}`);
    const protocol = ['-c', `protocol.version=${this.#protocol}`];
    const result = await this.#tryRemote(
      [...protocol, ...fetchArguments, ...depth, '--', this.#url, ...specs],
      signal,
    );
    if (result.code !== 0) return result;
    for (const ref of refs) this.#fetched.add(ref);
    await this.#pack();
    return undefined;
  }

  /** Fetches commits that aren't here yet; gives those that the remote doesn't have, with its reason. */
  async #fetchCommits(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const absent = new Map<string, string>();
    for (const id of new Set(ids)) {
      if ((await this.#readCommit(id)) !== undefined) continue;
      const spec = `+${id}:${localRef(`commits/${id}`)}`;
      const result = await this.#tryRemote([...fetchArguments, '--depth=1', '--', this.#url, spec], signal);
      if (result.code === 0) continue;
      if (
        !/not our ref|unadvertised object|no such remote ref|couldn't find remote ref/iu.test(result.stderr)
      ) {
        throw parseGitFailure(this.#url, result.stderr);
      }
      absent.set(id, `there is no commit ${id}, or the Git server doesn't give out commits by id`);
    }
    return absent;
  }

  async #resolve(revision: string, absent: ReadonlyMap<string, string>): Promise<Revision> {
    const parsed = parseRevision(revision);
    if (parsed.type === 'invalid') return { type: 'missing', message: parsed.message };
    const message = parsed.type === 'commit' ? absent.get(parsed.id) : undefined;
    if (message !== undefined) return { type: 'missing', message };
    const ref = parsed.type === 'commit' ? parsed.id : this.#refs.get(parsed.name);
    if (ref === undefined) return { type: 'missing', message: missingMessage(revision) };
    const name = parsed.type === 'commit' ? ref : localRef(ref);
    const object = await this.#readCommit(name);
    if (object === undefined) {
      const [other] = await this.#objects.read([name]);
      if (other !== undefined) return { type: 'missing', message: noCommitMessage(revision) };
      throw new DamagedCopy(`${ref} was fetched and isn't there`);
    }
    const { tree: _, ...commit } = parseCommit(object.oid, object.content);
    return { type: 'found', commit, ...tagOf(revision, ref) };
  }

  async #readCommit(name: string): Promise<GitObject | undefined> {
    const [object] = await this.#objects.read([`${name}^{commit}`]);
    return object;
  }

  #parseTree(tree: GitObject | undefined, oid: string): ReturnType<typeof parseTree> {
    if (tree === undefined || tree.type !== 'tree') throw new DamagedCopy(`tree ${oid} is missing`);
    return parseTree(tree.content, oid.length / 2);
  }

  /** Whether all that the refs need is here, after something was not. */
  async #verify(signal?: AbortSignal): Promise<void> {
    this.#isSuspect = false;
    const result = await this.#tryGit(
      ['fsck', '--connectivity-only', '--no-dangling', '--no-progress'],
      signal,
    );
    if (result.code !== 0) throw new DamagedCopy(result.stderr.trim() || result.stdout.trim());
  }

  /** Packs loose objects once there are many; keeps for a day what no ref needs any more, since a pass may still read it. */
  async #pack(): Promise<void> {
    this.#changes += 1;
    if (this.#changes % fetchesPerPacking !== 0) return;
    await this.#tryGit(['-c', 'gc.pruneExpire=1.day.ago', 'gc', '--auto', '--quiet', '--no-detach']);
  }

  /** Runs what reaches the remote, with what that is shown. What it says comes without secrets. */
  async #tryRemote(args: readonly string[], signal?: AbortSignal, input?: Uint8Array): Promise<GitResult> {
    const access = await this.#options.access();
    const result = await this.#tryGit(args, signal, input, remoteRun(this.#run, this.#url, access));
    return { ...result, stderr: access.redact(result.stderr) };
  }

  async #tryGit(
    args: readonly string[],
    signal?: AbortSignal,
    input?: Uint8Array,
    run = this.#run,
  ): Promise<GitResult> {
    const closing = this.#closing.signal;
    const ended = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    try {
      return await runGit(run, args, { timeoutMs: this.#options.timeoutMs, signal: ended, input });
    } catch (error) {
      const { code, message } = AppError.from(error);
      if (code !== 'timeout') throw error;
      throw new AppError('unavailable', message, {
        subject: this.#url,
        remedy: 'The hub tries again at every poll',
        cause: error,
      });
    }
  }

  #notFound(message: string): AppError {
    return new AppError('not-found', message, { subject: this.#url, remedy: 'Fetch the repository again' });
  }
}

const fetchArguments = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-auto-maintenance',
  '--no-write-fetch-head',
  '--no-show-forced-updates',
  '--no-recurse-submodules',
] as const;

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
