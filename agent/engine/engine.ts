import { keyedDigest } from '../../core/digest.ts';
import type { Drift } from '../../core/drift.ts';
import { AppError, formatError } from '../../core/error.ts';
import type { Hold } from '../../core/hold.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef, parseRef } from '../../core/object-ref.ts';
import type { Report } from '../../core/session.ts';
import { ownerOf } from '../../core/tracking.ts';
import { FairLimiter } from '../apply/fair-limiter.ts';
import type { ObjectEvent } from '../apply/hook-events.ts';
import { InventoryStore } from '../apply/inventory-store.ts';
import { Debouncer } from '../observe/debounce.ts';
import { type LiveNames, type WatchEvents, WatchSet } from '../observe/watch-set.ts';
import { retryDelayMs } from '../plan/back-off.ts';
import { restrictDesired } from '../plan/guard.ts';
import type { LocalHold } from '../plan/hold-until.ts';
import type { Confirmation } from '../plan/prune-gates.ts';
import type { ResourceIndex } from '../plan/resource-index.ts';
import type { RootObject } from '../plan/resource-tree.ts';
import type { ApiResource, Arrival, Baseline, DesiredSet, KubeFailure } from '../ports.ts';
import { Activity } from './activity.ts';
import { reportApplication } from './application-report.ts';
import type { ApplicationWork } from './application-work.ts';
import { CatalogRefresh } from './catalog-refresh.ts';
import { compactBaseline } from './compact-baseline.ts';
import { DesiredWork } from './desired-work.ts';
import type { Engine, EngineOperation, EngineOptions } from './engine-api.ts';
import type { EngineServices, KeptManifests } from './engine-services.ts';
import { FirstLook } from './first-look.ts';
import { HealBudget } from './heal-budget.ts';
import { HealthRules } from './health-rules.ts';
import { HoldBook, type HoldChange } from './hold-book.ts';
import { keepDocuments } from './keep-documents.ts';
import type { LiveEvent } from './object-turn.ts';
import type { ObjectWork } from './object-work.ts';
import { OperationWork } from './operation-work.ts';
import { OutOfSight } from './out-of-sight.ts';
import { ownedObjects } from './owned-objects.ts';
import { PodReader } from './pod-reader.ts';
import { RegularLooks } from './regular-looks.ts';
import { ResourceCatalog } from './resource-catalog.ts';
import { StatusReporter } from './status-reporter.ts';
import type { SyncRecord } from './sync-record.ts';

const requestsInFlight = 32;
const baselineShards = 32;
const clusterStatusMs = 500;

/** Opens the engine of one cluster. It begins at once, and waits for the cluster as long as it takes. */
export function openEngine(options: EngineOptions): Engine {
  const core = new EngineCore(options);
  core.start();
  return core;
}

/** Ties the parts together: routes events to objects, desired states to applications, and what they find to reports. */
class EngineCore implements Engine, WatchEvents {
  readonly #options: EngineOptions;
  readonly #services: EngineServices;
  readonly #desired: DesiredWork;
  readonly #operations: OperationWork;
  readonly #statuses: StatusReporter;
  readonly #suspects: Debouncer;
  readonly #catalogRefresh: CatalogRefresh;
  readonly #looks: RegularLooks;
  readonly #listeners = new Map<string, Set<(event: ObjectEvent) => void>>();
  readonly #kept: readonly { close(): Promise<void>; read(): Promise<void> }[];
  #waitingSet: DesiredSet | undefined;
  #waitingHolds: readonly Hold[] | undefined;
  /** Nothing is applied before what is remembered was read: without it every application would look as if never synced. */
  #isRecalled = false;
  #isStarted = false;
  #isClosed = false;
  #startAttempts = 0;
  #generation = 0;
  #hubProblems: readonly string[] = [];
  #clusterTold = '';
  #clusterTimer: { cancel(): void } | undefined;
  #startTimer: { cancel(): void } | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { kube, clock } = options;
    const baselines = keepDocuments<Baseline>(options, 'baselines', baselineShards, compactBaseline());
    const syncs = keepDocuments<SyncRecord>(options, 'synced');
    const drifts = keepDocuments<Drift>(options, 'drifts');
    const confirmations = keepDocuments<Confirmation>(options, 'confirmed');
    const ordered = keepDocuments<Hold>(options, 'hub-holds');
    const local = keepDocuments<LocalHold>(options, 'local-holds');
    const deletionHooks = keepDocuments<KeptManifests>(options, 'deletion-hooks');
    const { maxHoldMs } = options.guard;
    const onChanged = (change: HoldChange): void => this.#holdChanged(change);
    const catalog = new ResourceCatalog(kube, () => this.#catalogChanged());
    this.#services = {
      kube,
      clock,
      random: options.random,
      log: options.log,
      ...(options.people === undefined ? {} : { people: options.people }),
      namespace: options.namespace,
      guard: options.guard,
      report: (report) => this.#report(report),
      seal: (text) => keyedDigest(options.digestKey, text),
      activity: new Activity(),
      limiter: new FairLimiter(requestsInFlight),
      firstLook: new FirstLook(kube, catalog, options.guard),
      catalog,
      podReader: new PodReader(kube, catalog, options.log),
      healthRules: new HealthRules(),
      inventory: new InventoryStore(kube, options.namespace),
      watches: new WatchSet(kube, this),
      outOfSight: new OutOfSight(clock, () => this.#desired.sightChanged()),
      baselines,
      syncs,
      drifts,
      healBudget: new HealBudget(clock, (ref) => this.#holdChanged({ type: 'object', ref })),
      holds: new HoldBook({ clock, maxHoldMs, ordered, local, onChanged }),
      deletionHooks,
      confirmations,
      works: () => this.#desired.works(),
      subscribeObject: (key, listener) => this.#subscribe(key, listener),
      respectsOwner: (owner, key) => this.#desired.respectsOwner(owner, key),
      yieldTo: (owner, key) => this.#desired.yieldTo(owner, key),
      knownNamespaces: new Set(),
    };
    this.#catalogRefresh = new CatalogRefresh(this.#services);
    this.#suspects = new Debouncer(clock);
    this.#statuses = new StatusReporter(clock, (status) => this.#report({ type: 'application', status }));
    this.#desired = new DesiredWork(this.#services, {
      onChanged: (work) => this.#applicationChanged(work),
      onDropped: (application) => {
        this.#statuses.forget(application);
        this.#operations.dropped(application);
      },
    });
    this.#operations = new OperationWork(this.#services, this.#desired);
    this.#looks = new RegularLooks(this.#services, this.#desired, options, (work) => this.#settleLost(work));
    const own = [baselines, syncs, drifts, ordered, local, deletionHooks, confirmations];
    this.#kept = [...own, ...this.#looks.documents];
  }

  /** Reads what is remembered and what the cluster is, again and again until it answers; then takes up the desired state. */
  start(): void {
    void this.#services.activity.track(async () => {
      try {
        if (!this.#isRecalled) await Promise.all(this.#kept.map((documents) => documents.read()));
        this.#isRecalled = true;
        this.#services.holds.recall();
        if (this.#waitingHolds !== undefined) this.#services.holds.order(this.#waitingHolds);
        await Promise.all([this.#services.inventory.read(), this.#services.catalog.refresh()]);
      } catch (caught) {
        return this.#startLater(AppError.from(caught));
      }
      if (this.#isClosed) return;
      this.#isStarted = true;
      this.#desired.recall();
      this.#looks.start();
      if (this.#waitingSet !== undefined) this.#take(this.#waitingSet);
      this.#clusterChanged();
    });
  }

  #startLater(error: AppError): void {
    if (this.#isClosed) return;
    this.#startAttempts += 1;
    const delayMs = retryDelayMs('soon', this.#startAttempts, this.#options.random()) ?? 0;
    this.#options.log.warn({ error: formatError(error), retryInMs: delayMs }, 'the engine cannot start yet');
    this.#startTimer = this.#options.clock.setTimer(delayMs, () => this.start());
  }

  setDesired(desired: DesiredSet): void {
    if (this.#isClosed) return;
    this.#waitingSet = desired;
    if (this.#isStarted) this.#take(desired);
  }

  #take(desired: DesiredSet): void {
    this.#generation = desired.generation;
    this.#desired.take(restrictDesired(this.#options.guard, desired));
    this.#operations.retry();
    this.#looks.desiredChanged();
    this.#clusterChanged();
  }

  setProblems(problems: readonly string[]): void {
    this.#hubProblems = problems;
    this.#clusterChanged();
  }

  setHolds(holds: readonly Hold[]): void {
    if (this.#isRecalled) this.#services.holds.order(holds);
    else this.#waitingHolds = holds;
  }

  #holdChanged(change: HoldChange): void {
    this.#desired.wakeHeld(change);
    this.#clusterChanged();
  }

  runOperation(operation: EngineOperation): void {
    this.#operations.run(operation);
  }

  cancelOperation(id: string): void {
    this.#operations.cancel(id);
  }

  objectsOf(application: string): readonly RootObject[] | undefined {
    if (this.#desired.application(application) === undefined) return undefined;
    return ownedObjects(this.#services, this.#desired.works(), application);
  }

  served(): ResourceIndex {
    return this.#services.catalog.discovered;
  }

  async whenIdle(): Promise<void> {
    const { activity, watches, outOfSight } = this.#services;
    for (;;) {
      await activity.idle();
      await watches.allReady();
      await new Promise<void>((resolve) => this.#options.clock.setTimer(0, resolve));
      const isQuiet = this.#suspects.isQuiet && this.#statuses.isQuiet && outOfSight.isQuiet;
      if (activity.isIdle && isQuiet) return;
      if (activity.isIdle) await new Promise<void>((resolve) => this.#options.clock.setTimer(5, resolve));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#startTimer?.cancel();
    this.#clusterTimer?.cancel();
    this.#catalogRefresh.close();
    this.#looks.close();
    this.#services.healBudget.close();
    this.#desired.close();
    this.#services.holds.close();
    this.#services.watches.close();
    this.#services.outOfSight.close();
    this.#suspects.close();
    this.#statuses.close();
    await this.#services.activity.idle();
    await Promise.all(this.#kept.map((documents) => documents.close()));
  }

  #applicationChanged(work: ApplicationWork): void {
    this.#operations.changed(work);
    if (!work.hasRun && !work.isApplying) return;
    this.#statuses.changed(work.application, work.isApplying ? 'passing' : 'standing', () => {
      const current = this.#desired.application(work.application);
      return current === undefined
        ? undefined
        : reportApplication(current, (key) => this.#desired.winnerOf(key));
    });
  }

  onObject(resource: ApiResource, object: KubeObject, arrival: Arrival): void {
    this.#route(resource, object, arrival);
  }

  onDeleted(resource: ApiResource, object: KubeObject): void {
    this.#route(resource, object, 'deleted');
  }

  #route(resource: ApiResource, object: KubeObject, how: Arrival | 'deleted'): void {
    const ref = { ...refOf(object), group: resource.group, kind: resource.kind };
    const key = formatRef(ref);
    // Items of a list come without kind and version.
    const whole = object.kind === undefined ? withKind(resource, object) : object;
    if (how !== 'deleted') this.#services.holds.note(ref, whole);
    else this.#services.holds.forget(ref);
    const event: ObjectEvent =
      how !== 'deleted' ? { type: 'live', object: whole } : { type: 'gone', last: whole };
    for (const listener of this.#listeners.get(key) ?? []) listener(event);
    const work = this.#desired.work(key);
    if (work === undefined) {
      if (how !== 'deleted') this.#adopt(key, ref, whole);
      return;
    }
    // The same object comes at every version that is watched; its fields are those of one.
    if ((work.resource() ?? resource).version !== resource.version) return;
    const seen: LiveEvent =
      how === 'deleted' ? { type: how, object: whole } : { type: 'object', object: whole, arrival: how };
    if (work.observe(seen) === 'fine') return;
    this.#suspects.run(key, () => this.#settle(key, work, how !== 'deleted' ? whole : undefined));
  }

  #settle(key: string, work: ObjectWork, live: KubeObject | undefined): void {
    if (this.#desired.work(key) !== work || this.#isClosed) return;
    this.#desired.settle(work, live);
  }

  #adopt(key: string, ref: ObjectRef, object: KubeObject): void {
    if (object.metadata.deletionTimestamp !== undefined) return;
    const owner = ownerOf(object, ref);
    if (owner !== undefined) this.#desired.adoptLost(owner, key, object.metadata.uid);
  }

  onSynced(resource: ApiResource, namespace: string, { names, resourceVersion }: LiveNames): void {
    const isLost = (ref: ObjectRef | undefined): boolean =>
      ref?.group === resource.group &&
      ref.kind === resource.kind &&
      (namespace === '' || ref.namespace === namespace) &&
      !names.has(`${ref.namespace}/${ref.name}`);
    for (const work of this.#desired.works()) {
      if (isLost(work.ref)) work.loseAt(resourceVersion, () => this.#desired.settle(work, undefined));
    }
    for (const [key, listeners] of this.#listeners) {
      if (isLost(parseRef(key))) for (const listener of listeners) listener({ type: 'gone' });
    }
  }

  #settleLost(work: ObjectWork): void {
    work.lose();
    this.#desired.settle(work, undefined);
  }

  /** A watch that runs again proves that the API server answers: who waits for that waits no longer. */
  onProblem(_resource: ApiResource, failure: KubeFailure | undefined): void {
    this.#clusterChanged();
    if (failure === undefined) this.#desired.retryUnanswered();
  }

  #subscribe(key: string, listener: (event: ObjectEvent) => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(key, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  #catalogChanged(): void {
    if (this.#isStarted) this.#desired.prepareAgain();
    if (this.#isStarted) this.#looks.desiredChanged();
    this.#catalogRefresh.schedule();
    this.#looks.noteVersion(this.#services.catalog.capabilities().kubernetesVersion);
    this.#clusterChanged();
  }

  /** One report for everything of a moment; none where nothing changed. */
  #clusterChanged(): void {
    if (!this.#isStarted || this.#isClosed) return;
    this.#clusterTimer ??= this.#options.clock.setTimer(clusterStatusMs, () => {
      this.#clusterTimer = undefined;
      const { catalog, watches } = this.#services;
      const unknown = [...catalog.unknownGroups]
        .sort()
        .map((group) => `the API of group ${group} does not answer`);
      const problems = [...this.#hubProblems, ...unknown, ...watches.problems()];
      const { guard } = this.#options;
      const [capabilities, holds] = [catalog.capabilities(), this.#services.holds.active()];
      const status = { capabilities, problems, generation: this.#generation, guard, holds };
      const text = canonicalJson(status as unknown as Json);
      if (text === this.#clusterTold) return;
      this.#clusterTold = text;
      this.#report({ type: 'cluster', status });
    });
  }

  #report(report: Report): void {
    void this.#services.activity.track(async () => {
      try {
        await this.#options.report(report);
      } catch (caught) {
        this.#options.log.error(
          { report: report.type, error: AppError.from(caught).message },
          'report not kept',
        );
      }
    });
  }
}

function withKind(resource: ApiResource, object: KubeObject): KubeObject {
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  return { ...object, apiVersion, kind: resource.kind };
}
