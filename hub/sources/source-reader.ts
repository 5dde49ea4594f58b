import { AppError, formatError } from '../../core/error.ts';
import type { Problem } from '../../core/problem.ts';
import type { Located, Source } from '../catalog/documents.ts';
import { parseGitAddress } from '../git/credentials.ts';
import type { Commit, Revision, SourceState, SourceTree } from '../ports.ts';
import type { Assignment } from '../resolve/assignment.ts';
import { addressOf, repoURLOf } from './source-address.ts';
import { fetchRevisions, openTree, type SourcePorts } from './source-ports.ts';

/** One source at the commit that its revision names. */
export interface SourceAt {
  readonly source: Source;
  readonly commit: Commit;
  /** The tag that a range of versions came to. */
  readonly resolved?: string;
  readonly files: SourceTree;
}

/** All sources of an application, in its order, or why one can't be read. */
export type ReadSources =
  | { readonly type: 'ready'; readonly sources: readonly SourceAt[] }
  | { readonly type: 'problem'; readonly problem: Problem };

/** A fetch under way. */
interface Fetching {
  readonly revisions: readonly string[];
  readonly done: Promise<void>;
  /** What to fetch right after: it was asked for after this one had begun. */
  next?: readonly string[];
}

type FoundRevision = Extract<Revision, { type: 'found' }>;
type MissingRevision = Extract<Revision, { type: 'missing' }>;

interface Fetched {
  readonly commits: Map<string, FoundRevision>;
  readonly missing: Map<string, MissingRevision>;
  failure: AppError | undefined;
  fetchedAt: string | undefined;
}

/**
 * The hub's view of Git and of charts: one fetch per repository and pass, however many applications use it. What was fetched last
 * stays readable while a repository doesn't answer, but then counts as a problem of the applications that use it.
 * Results come in when they do and count from the next `takeUp`, so that nothing changes during a pass.
 */
export class SourceReader {
  readonly #ports: SourcePorts;
  readonly #now: () => Date;
  readonly #repositories = new Map<string, Fetched>();
  readonly #trees = new Map<string, SourceTree>();
  readonly #fetching = new Map<string, Fetching>();
  #arrived: (() => void)[] = [];

  constructor(ports: SourcePorts, now: () => Date) {
    this.#ports = ports;
    this.#now = now;
  }

  /**
   * Starts to fetch one repository. A failure is remembered, not thrown. Gives the end of the fetch; `undefined` where
   * one is under way already, which is followed by another if it may have begun too early.
   */
  fetch(
    url: string,
    revisions: readonly string[],
    reason: 'asked' | 'unread',
    signal: AbortSignal,
  ): Promise<void> | undefined {
    const running = this.#fetching.get(url);
    if (running !== undefined) {
      const isCovered = revisions.every((revision) => running.revisions.includes(revision));
      if (reason === 'asked' || !isCovered) running.next = revisions;
      return undefined;
    }
    const done = Promise.resolve().then(() => this.#fetch(url, revisions, signal));
    const fetching: Fetching = { revisions, done };
    this.#fetching.set(url, fetching);
    return fetching.done;
  }

  async #fetch(url: string, revisions: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      const found = await fetchRevisions(this.#ports, url, [...new Set(revisions)], signal);
      this.#arrived.push(() => this.#remember(url, found));
    } catch (error) {
      const failure = AppError.from(error, 'unavailable', withoutSecrets(url));
      this.#arrived.push(() => {
        this.#known(url).failure = failure;
      });
    }
    const next = this.#fetching.get(url)?.next;
    this.#fetching.delete(url);
    if (next !== undefined && !signal.aborted) await this.fetch(url, next, 'asked', signal);
  }

  #remember(url: string, found: ReadonlyMap<string, Revision>): void {
    const known = this.#known(url);
    known.missing.clear();
    for (const [revision, answer] of found) {
      if (answer.type === 'found') known.commits.set(revision, answer);
      else known.missing.set(revision, answer);
    }
    known.failure = undefined;
    known.fetchedAt = this.#now().toISOString();
  }

  #known(url: string): Fetched {
    const known = this.#repositories.get(url) ?? {
      commits: new Map<string, FoundRevision>(),
      missing: new Map<string, MissingRevision>(),
      failure: undefined,
      fetchedAt: undefined,
    };
    this.#repositories.set(url, known);
    return known;
  }

  /** Lets what came in since the last time count. */
  takeUp(): void {
    for (const take of this.#arrived.splice(0)) take();
  }

  /** Resolves once no fetch is under way. */
  async whenIdle(): Promise<void> {
    await Promise.all([...this.#fetching.values()].map(({ done }) => done));
  }

  /** Whether a revision of a repository was ever asked for, so that it needs no second fetch in this pass. */
  knows(url: string, revision: string): boolean {
    const known = this.#repositories.get(url);
    if (known === undefined) return false;
    return known.failure !== undefined || known.commits.has(revision) || known.missing.has(revision);
  }

  commit(url: string, revision: string): Commit | undefined {
    return this.#repositories.get(url)?.commits.get(revision)?.commit;
  }

  /** Why a repository or revision can't be read now. */
  failure(url: string, revision: string): AppError | undefined {
    const known = this.#repositories.get(url);
    if (known?.failure !== undefined) return known.failure;
    const missing = known?.missing.get(revision);
    return missing === undefined
      ? undefined
      : new AppError('not-found', missing.message, {
          subject: withoutSecrets(url),
          ...(missing.remedy === undefined ? {} : { remedy: missing.remedy }),
        });
  }

  /** The tree of a commit, read once. Throws what its port throws. */
  async tree(url: string, commit: string): Promise<SourceTree> {
    const key = `${url}\n${commit}`;
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    const source = await openTree(this.#ports, url, commit);
    this.#trees.set(key, source);
    return source;
  }

  /** The sources of an assignment. A repository that doesn't answer is a problem even where an older commit is known. */
  async read({ sources, document }: Assignment): Promise<ReadSources> {
    const ready: SourceAt[] = [];
    for (const source of sources) {
      const read = await this.#readOne(source, document);
      if ('code' in read) return { type: 'problem', problem: read };
      ready.push(read);
    }
    return { type: 'ready', sources: ready };
  }

  async #readOne(source: Source, document: Located): Promise<SourceAt | Problem> {
    const { url, revision } = addressOf(source);
    const failure = this.failure(url, revision);
    if (failure !== undefined) {
      const known = this.#repositories.get(url);
      const missing = known?.missing.get(revision)?.field ?? 'targetRevision';
      const name = known?.failure === undefined ? missing : 'repoURL';
      return sourceProblem(document, failure, source, name);
    }
    const found = this.#repositories.get(url)?.commits.get(revision);
    if (found === undefined) {
      const unread = new AppError('unavailable', `revision ${source.targetRevision} has not been read yet`, {
        subject: withoutSecrets(url),
      });
      return sourceProblem(document, unread, source, 'repoURL');
    }
    try {
      const { commit, tag } = found;
      const files = await this.tree(url, commit.id);
      return { source, commit, ...(tag === undefined ? {} : { resolved: tag }), files };
    } catch (error) {
      const unreadable = AppError.from(error, 'unavailable', withoutSecrets(url));
      return sourceProblem(document, unreadable, source, 'repoURL');
    }
  }

  /** Forgets repositories that nothing uses any more, and trees of commits that no revision names. */
  forgetAllBut(urls: ReadonlySet<string>): void {
    for (const url of this.#repositories.keys()) if (!urls.has(url)) this.#repositories.delete(url);
    const current = new Set<string>();
    for (const [url, known] of this.#repositories) {
      for (const { commit } of known.commits.values()) current.add(`${url}\n${commit.id}`);
    }
    for (const key of this.#trees.keys()) if (!current.has(key)) this.#trees.delete(key);
  }

  states(): readonly SourceState[] {
    return [...this.#repositories].map(([url, known]) => ({
      url: withoutSecrets(url),
      commits: Object.fromEntries([...known.commits].map(([revision, { commit }]) => [revision, commit.id])),
      ...(known.fetchedAt === undefined ? {} : { fetchedAt: known.fetchedAt }),
      ...(known.failure === undefined ? {} : { problem: formatError(known.failure) }),
    }));
  }
}

function withoutSecrets(url: string): string {
  return parseGitAddress(repoURLOf(url), []).url;
}

function sourceProblem(
  document: Located,
  failure: AppError,
  source: Source,
  name: 'repoURL' | 'chart' | 'targetRevision',
): Problem {
  const field = `${source.field}.${name}`;
  const line =
    document.fieldLines.get(field) ??
    document.fieldLines.get(`${source.field}.repoURL`) ??
    document.location.line;
  return {
    code: 'source-unreadable',
    message: `the source can't be read: ${failure.subject === undefined ? '' : `${failure.subject}: `}${failure.message}`,
    location: { file: document.location.file, ...(line === undefined ? {} : { line }) },
    field,
    remedy: failure.remedy ?? 'What runs stays as it is; the hub tries again at every poll',
  };
}
