import type { Digest } from '../core/digest.ts';
import { AppError, formatError } from '../core/error.ts';
import type { Head } from '../core/head.ts';
import type { Log } from '../core/log.ts';
import { formatLocation, formatProblem, type Problem } from '../core/problem.ts';
import type { ClusterStatus } from '../core/session.ts';
import { buildCatalog } from './catalog/build-catalog.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { ChartPort } from './charts/chart-port.ts';
import { concludeDecommissions, readDepartures, tellWaiting } from './decommissions.ts';
import { type Assembled, assemble, removalKey } from './desired/assemble.ts';
import { seal } from './desired/desired-application.ts';
import {
  type FleetConfig,
  type FleetFiles,
  type ReadFiles,
  readFleetFiles,
  rereadIfBroken,
} from './fleet-files.ts';
import { parseGitAddress } from './git/credentials.ts';
import { findOutcomes, type PassContents } from './pass.ts';
import { withPatience } from './patience.ts';
import type { ApplicationRecord, Commit, GitPort, RenderPort, SourceState, StorePort } from './ports.ts';
import { readClusters, reportDigest } from './read-clusters.ts';
import type { Remembered } from './remembered.ts';
import type { Assignment, Resolution } from './resolve/assignment.ts';
import { resourceRulesByCluster } from './resolve/fleet-settings.ts';
import { normaliseGitUrl } from './resolve/normalise-git-url.ts';
import { resolve } from './resolve/resolve.ts';
import { DependencyReader } from './sources/dependency-reader.ts';
import type { FailedRender } from './sources/render-sources.ts';
import type { SignatureCheck } from './sources/signature-check.ts';
import { repoURLOf } from './sources/source-address.ts';
import { SourceReader } from './sources/source-reader.ts';
import { addRevisions, revisionsOf } from './sources/wanted-revisions.ts';

interface LoopDeps {
  readonly fleet: FleetConfig;
  readonly pollIntervalMs: number;
  readonly git: GitPort;
  readonly charts: ChartPort;
  readonly render: RenderPort;
  readonly signatures: SignatureCheck;
  readonly store: StorePort;
  readonly clock: { now(): Date };
  readonly log: Log;
  /** After a generation is stored: whose head changed. */
  readonly onGeneration: (commit: Commit, clusters: readonly string[]) => void;
  /** After a cluster has left the fleet. */
  readonly onDeparted?: (cluster: string) => void;
  /** After every pass, however it ended. */
  readonly onPass?: (pass: EndedPass) => void;
}

export interface EndedPass {
  readonly result: 'ok' | 'failed';
  readonly durationMs: number;
  /** Whose record changed or went. */
  readonly applications: readonly string[];
}

/**
 * Turns commits into generations: fetch, catalog, resolve, render, assemble, store, one pass at a time. A pass reads
 * the state of Git, not the event that asked for it, so that any number of requests during a pass cost one more.
 * Whatever can't be read keeps what it had; a pass that fails as a whole changes nothing and is tried at the next poll.
 */
export class FleetLoop {
  readonly #deps: LoopDeps;
  readonly #sources: SourceReader;
  readonly #dependencies: DependencyReader;
  readonly #abort = new AbortController();
  readonly #finishedRemovals = new Set<string>();
  readonly #reportedDigests = new Map<string, Digest>();
  #files: ReadFiles = { files: new Map() };
  #records: ReadonlyMap<string, ApplicationRecord> = new Map();
  #heads: ReadonlyMap<string, Head> = new Map();
  #catalog: Catalog | undefined;
  #resolution: Resolution = { assignments: [], refusals: [] };
  #failures: ReadonlyMap<Digest, FailedRender> = new Map();
  #remembered: ReadonlyMap<string, Remembered> = new Map();
  #fleetProblem: Problem | undefined;
  #toldProblems: ReadonlySet<string> = new Set();
  #commit: Commit | undefined;
  #lastPass: { commit: Commit; at: string } | undefined;
  /** Repositories to fetch in the next pass; `all` for every one; absent when none was asked for. */
  #asked: 'all' | Set<string> | undefined;
  /** What the pass under way comes to so far. */
  #passed: Pick<EndedPass, 'result' | 'applications'> = { result: 'failed', applications: [] };
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: LoopDeps) {
    this.#deps = deps;
    this.#sources = new SourceReader(deps, () => deps.clock.now());
    this.#dependencies = new DependencyReader(this.#sources);
  }

  /** Takes up what the store holds and starts the first pass. */
  async start(): Promise<void> {
    const stored = await this.#deps.store.readFleet();
    this.#files = { files: new Map(stored.files.map((file) => [file.path, rereadIfBroken(file)])) };
    this.#records = new Map(stored.applications.map((record) => [record.application, record]));
    this.#heads = stored.heads;
    this.#commit = stored.fleetCommit;
    for (const { cluster, application } of await this.#deps.store.listFinishedRemovals())
      this.#noteFinished(cluster, application);
    if (stored.files.length > 0) {
      this.#catalog = buildCatalog([...this.#files.files.values()]);
      this.#resolution = resolve(this.#catalog);
    }
    this.refresh();
  }

  /** Asks for a pass that fetches one repository, or all of them. */
  refresh(repoURL?: string): void {
    if (this.#abort.signal.aborted) return;
    if (repoURL === undefined) this.#asked = 'all';
    else if (this.#asked !== 'all') this.#asked = (this.#asked ?? new Set()).add(normaliseGitUrl(repoURL));
    this.#running ??= this.#run();
  }

  /** An agent has deleted or released an application that left its cluster: its tombstone may go. */
  finishRemoval(cluster: string, application: string): void {
    this.#noteFinished(cluster, application);
    this.wake();
  }

  /** An application that came back meanwhile has no removal to be finished; its next one is another. */
  #noteFinished(cluster: string, application: string): void {
    const record = this.#records.get(application);
    if (record?.cluster === cluster && record.removal === undefined) return;
    this.#finishedRemovals.add(removalKey(cluster, application));
  }

  /** What a cluster serves, by which charts may render differently, and what its agent allows. The same again costs nothing. */
  clusterReported(cluster: string, status: ClusterStatus): void {
    const key = reportDigest(status);
    if (this.#reportedDigests.get(cluster) === key) return;
    this.#reportedDigests.set(cluster, key);
    this.wake();
  }

  /** Asks for a pass that fetches nothing by itself. */
  wake(): void {
    if (this.#abort.signal.aborted) return;
    this.#asked ??= new Set();
    this.#running ??= this.#run();
  }

  catalog(): Catalog | undefined {
    return this.#catalog;
  }

  /** Of the last pass. */
  resolution(): Resolution {
    return this.#resolution;
  }

  problems(): readonly Problem[] {
    const fleet = this.#fleetProblem === undefined ? [] : [this.#fleetProblem];
    return [...fleet, ...(this.#catalog?.problems ?? [])];
  }

  sources(): readonly SourceState[] {
    return this.#sources.states();
  }

  lastPass(): { readonly commit: Commit; readonly at: string } | undefined {
    return this.#lastPass;
  }

  /** Resolves once no pass is under way or asked for. */
  async whenIdle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.whenIdle();
    await this.#sources.whenIdle();
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    // Let every request of this tick join the same pass.
    await Promise.resolve();
    while (this.#asked !== undefined && !this.#abort.signal.aborted) {
      const asked = this.#asked;
      this.#asked = undefined;
      const startedAt = this.#deps.clock.now().getTime();
      this.#passed = { result: 'failed', applications: [] };
      try {
        await this.#pass(asked, startedAt);
      } catch (error) {
        if (this.#abort.signal.aborted) break;
        const failure = AppError.from(error);
        this.#fleetProblem = { code: 'pass-failed', message: formatError(failure) };
        this.#deps.log.error({ err: failure }, 'the pass failed; nothing was changed');
      }
      const durationMs = this.#deps.clock.now().getTime() - startedAt;
      this.#deps.onPass?.({ ...this.#passed, durationMs });
    }
    this.#running = undefined;
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => this.refresh(), this.#deps.pollIntervalMs);
    this.#timer.unref();
  }

  async #pass(asked: 'all' | ReadonlySet<string>, startedAt: number): Promise<void> {
    const { fleet, store } = this.#deps;
    await this.#fetch(asked);
    const failure = this.#sources.failure(fleet.url, fleet.branch);
    const commit = this.#sources.commit(fleet.url, fleet.branch);
    if (failure !== undefined || commit === undefined) return this.#freezeAll(failure);

    const tree = await this.#sources.tree(fleet.url, commit.id);
    const files = await readFleetFiles(fleet, tree, this.#files);
    const catalog = buildCatalog([...files.files.values()]);
    if (catalog.fleet === undefined) return this.#freezeWithoutFleet(catalog);
    const resolution = resolve(catalog);
    await this.#fetchNew(resolution.assignments);
    const statuses = await readClusters(store);
    const finishedRemovals = new Set(this.#finishedRemovals);
    const departures = await readDepartures(store);
    const { outcomes, contents } = await findOutcomes(catalog, resolution, {
      store,
      render: this.#deps.render,
      sources: this.#dependencies,
      signatures: this.#deps.signatures,
      clusters: statuses,
      previous: this.#records,
      remembered: this.#remembered,
      failures: this.#failures,
      now: () => this.#deps.clock.now(),
      signal: this.#abort.signal,
    });
    const assembled = assemble({
      previous: this.#records,
      heads: this.#heads,
      clusters: new Set(catalog.clusters.keys()),
      outcomes,
      finishedRemovals,
      departures,
      resourceRules: resourceRulesByCluster(catalog),
      seal: (desired) => seal(store.digestKey, desired),
    });
    await this.#save(commit, files, assembled, contents);
    const left = await concludeDecommissions(store, departures, assembled.departed);
    for (const cluster of left) this.#deps.onDeparted?.(cluster);
    if (assembled.departed.length > 0) this.wake();
    for (const key of finishedRemovals) this.#finishedRemovals.delete(key);
    this.#catalog = catalog;
    this.#resolution = resolution;
    this.#failures = contents.failures;
    this.#remembered = contents.remembered;
    this.#fleetProblem = undefined;
    this.#tellProblems(catalog);
    this.#tellGates(assembled.applications);
    this.#sources.forgetAllBut(new Set(this.#wanted().keys()));
    const at = this.#deps.clock.now();
    this.#lastPass = { commit, at: at.toISOString() };
    const changed = assembled.applications.map(({ application }) => application);
    this.#passed = { result: 'ok', applications: [...changed, ...assembled.removedApplications] };
    if (assembled.applications.length === 0 && assembled.heads.size === 0) return;
    const clusters = [...assembled.heads.keys()];
    const figures = {
      commit: commit.id,
      applications: outcomes.length,
      changed: assembled.applications.length,
      rendered: contents.rendered,
      clusters,
      durationMs: at.getTime() - startedAt,
    };
    this.#deps.log.info(figures, 'a generation is stored');
    this.#deps.onGeneration(commit, clusters);
  }

  /** Without its Fleet document a catalog is no catalog: what is absent then was not removed by anybody's intention. */
  async #freezeWithoutFleet(catalog: Catalog): Promise<void> {
    this.#catalog = catalog;
    this.#fleetProblem = undefined;
    this.#tellProblems(catalog);
    await tellWaiting(this.#deps.store, 'the fleet repository has no readable Fleet document');
    this.#deps.log.warn({}, 'without its Fleet document the catalog counts for nothing: all stays as it is');
  }

  /** Each problem of a document once, not at every poll. */
  #tellProblems(catalog: Catalog): void {
    const problems = new Set(catalog.problems.map(formatProblem));
    for (const problem of problems) {
      if (!this.#toldProblems.has(problem)) this.#deps.log.warn({ problem }, 'a document has a problem');
    }
    this.#toldProblems = problems;
  }

  /** What is newly held back, and by what. */
  #tellGates(changed: readonly ApplicationRecord[]): void {
    for (const { application, cluster, gates } of changed) {
      for (const { kind, reason, location, remedy } of gates) {
        const at = location === undefined ? undefined : formatLocation(location);
        this.#deps.log.warn(
          { application, cluster, kind, reason, at, remedy },
          'an application is held back',
        );
      }
    }
  }

  /** Only a fleet repository that can't be read freezes all: what every cluster has stays in force. */
  async #freezeAll(failure: AppError | undefined): Promise<void> {
    const { fleet, log, store } = this.#deps;
    const reason = failure === undefined ? `branch ${fleet.branch} has no commit` : formatError(failure);
    const message = `the fleet repository can't be read, so that everything stays as it is: ${reason}`;
    this.#fleetProblem = { code: 'fleet-unreadable', message };
    await tellWaiting(store, message);
    const { url } = parseGitAddress(fleet.url, []);
    log.warn({ url, branch: fleet.branch, reason }, 'the fleet repository cannot be read');
  }

  async #fetch(asked: 'all' | ReadonlySet<string>): Promise<void> {
    await this.#fetchSome(
      this.#wanted(),
      (url) => asked === 'all' || asked.has(normaliseGitUrl(repoURLOf(url))),
    );
  }

  /** Of the last pass, with what its charts are made of. */
  #wanted(): ReadonlyMap<string, readonly string[]> {
    const own = revisionsOf(this.#deps.fleet, this.#resolution.assignments);
    const parts = addRevisions(this.#dependencies.revisions(), own);
    return new Map([...own, ...parts]);
  }

  /** Repositories and revisions that this commit names for the first time. */
  async #fetchNew(assignments: readonly Assignment[]): Promise<void> {
    const own = revisionsOf(this.#deps.fleet, assignments);
    await this.#fetchSome(own, () => false);
    const parts = await this.#dependencies.find(assignments);
    await this.#fetchSome(addRevisions(parts, own), () => false);
  }

  /**
   * Fetches what was asked for or never read. The fleet repository is waited for; any other only for a while, so that
   * one that doesn't answer delays none: its result gets a pass of its own.
   */
  async #fetchSome(
    wanted: ReadonlyMap<string, readonly string[]>,
    isAsked: (url: string) => boolean,
  ): Promise<void> {
    let isWaiting = true;
    const others: Promise<void>[] = [];
    let fleet: Promise<void> | undefined;
    for (const [url, revisions] of wanted) {
      const reason = isAsked(url) ? 'asked' : 'unread';
      if (reason === 'unread' && revisions.every((revision) => this.#sources.knows(url, revision))) continue;
      const fetched = this.#sources.fetch(url, revisions, reason, this.#abort.signal)?.then(() => {
        if (!isWaiting) this.wake();
      });
      if (url === this.#deps.fleet.url) fleet = fetched;
      else if (fetched !== undefined) others.push(fetched);
    }
    await Promise.all([fleet, withPatience(others)]);
    isWaiting = false;
    this.#sources.takeUp();
  }

  async #save(
    commit: Commit,
    files: FleetFiles,
    assembled: Assembled,
    contents: PassContents,
  ): Promise<void> {
    const nothing =
      files.changed.length + files.removed.length + assembled.applications.length + assembled.heads.size ===
        0 && assembled.removedApplications.length === 0;
    if (nothing && this.#commit?.id === commit.id) {
      this.#files = files;
      return;
    }
    await this.#deps.store.saveGeneration({
      fleetCommit: commit,
      files: files.changed,
      removedFiles: files.removed,
      applications: assembled.applications,
      removedApplications: assembled.removedApplications,
      heads: assembled.heads,
      blobs: new Map([...contents.blobs, ...(assembled.heads.size === 0 ? [] : assembled.blobs)]),
      renders: contents.renders,
    });
    const records = new Map(this.#records);
    for (const record of assembled.applications) records.set(record.application, record);
    for (const application of assembled.removedApplications) records.delete(application);
    this.#commit = commit;
    this.#files = files;
    this.#records = records;
    this.#heads = new Map([...this.#heads, ...assembled.heads]);
  }
}
