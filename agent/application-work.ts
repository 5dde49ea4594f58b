import { type DesiredApplication, manifestsDigest } from '../core/desired.ts';
import type { Digest } from '../core/digest.ts';
import type { DriftEnd } from '../core/drift.ts';
import { AppError } from '../core/error.ts';
import type { Gate } from '../core/gate.ts';
import { type ObjectRef, parseRef } from '../core/object-ref.ts';
import { ApplicationHooks } from './application-hooks.ts';
import { ApplicationRemoval } from './application-removal.ts';
import type { EngineServices } from './engine-services.ts';
import { type ObjectOwner, ObjectWork } from './object-work.ts';
import { ensureNamespace } from './apply/ensure-namespace.ts';
import { retryDelayMs } from './plan/back-off.ts';
import { planApplication, type Step } from './plan/plan-application.ts';
import type { PreparedApplication } from './plan/prepare-application.ts';
import { gatesWaves } from './health/object-health.ts';
import { definedResources, resolveKind } from './plan/resource-index.ts';

/** What the engine does for its applications. */
export interface ApplicationHost {
  /** The application that keeps an object that several declare. */
  winnerOf(key: string): string | undefined;
  /** One object has one work, whoever has it. */
  register(key: string, work: ObjectWork): void;
  unregister(key: string, work: ObjectWork): void;
  onChanged(application: ApplicationWork): void;
}

type StepResult = 'done' | 'waiting' | 'failed';

/**
 * One application on this cluster. It works in passes: each looks at the facts, plans, carries the plan out and ends;
 * what has to be waited for (health, a hook, a retry) starts another pass and holds nothing meanwhile. A new desired
 * state ends the pass of the old one.
 */
export class ApplicationWork implements ObjectOwner {
  readonly application: string;
  readonly objects = new Map<string, ObjectWork>();
  readonly hooks: ApplicationHooks;
  readonly removal: ApplicationRemoval;
  /** What holds a deletion back. */
  gates: readonly Gate[] = [];
  /** Whether a sync is going on: there are objects or hooks that are still to be applied. */
  isApplying = false;
  /** Why nothing of it could be tried, in a sentence. */
  blockedBy: string | undefined;
  readonly #services: EngineServices;
  readonly #host: ApplicationHost;
  #desired: DesiredApplication;
  #digest: Digest;
  #prepared: PreparedApplication;
  #manifests: Digest;
  /** Objects of the sync that is under way; empty outside one. */
  #pending = new Set<string>();
  #asked: 'by-git' | 'by-operation' = 'by-git';
  #pass: Promise<void> | undefined;
  #isDirty = false;
  #isClosed = false;
  /** Counts desired states, so that a pass knows that it is outdated. */
  #version = 0;
  #failedPasses = 0;
  #retry: { cancel(): void } | undefined;
  #isWaiting = false;
  #hasRun = false;
  #isPassing = false;

  constructor(
    services: EngineServices,
    host: ApplicationHost,
    desired: DesiredApplication,
    digest: Digest,
    prepared: PreparedApplication,
  ) {
    this.#services = services;
    this.#host = host;
    this.application = desired.application;
    this.#desired = desired;
    this.#digest = digest;
    this.#prepared = prepared;
    this.#manifests = manifestsDigest(desired);
    this.hooks = new ApplicationHooks(services, this.application, () => {
      this.saveSync();
      this.wake();
    });
    this.removal = new ApplicationRemoval(services, this);
    this.#resume();
  }

  get desired(): DesiredApplication {
    return this.#desired;
  }

  get digest(): Digest {
    return this.#digest;
  }

  get prepared(): PreparedApplication {
    return this.#prepared;
  }

  get marks(): 'marked' | 'bare' {
    return this.#desired.mode === 'observe' && this.#pending.size === 0 ? 'bare' : 'marked';
  }

  /** Whether a pass is under way or has to be gone on with. */
  get isBusy(): boolean {
    return this.#isDirty || this.isApplying || this.#isPassing;
  }

  /** Whether anything can be said of it yet. */
  get hasRun(): boolean {
    return this.#hasRun;
  }

  /** Whether what Git says was never asked to be applied here. */
  get isWaitingForSync(): boolean {
    return this.#desired.mode === 'observe' && this.#record?.manifests !== this.#manifests;
  }

  get #record() {
    return this.#services.syncs.get(this.application);
  }

  get appliedDigest(): Digest | undefined {
    return this.#record?.appliedDigest;
  }

  get appliedAt(): string | undefined {
    return this.#record?.appliedAt;
  }

  /** Continues a sync that an earlier process began. */
  #resume(): void {
    const record = this.#record;
    if (record?.manifests !== this.#manifests) return;
    this.#pending = new Set(record.pending.filter((key) => this.#prepared.objects.has(key)));
    this.hooks.resume(record.hooksDone, this.#prepared.hooks);
  }

  desire(desired: DesiredApplication, digest: Digest, prepared: PreparedApplication): void {
    this.#version += 1;
    this.#desired = desired;
    this.#digest = digest;
    this.#prepared = prepared;
    const manifests = manifestsDigest(desired);
    if (manifests !== this.#manifests) {
      // A sync that somebody asked for was of the manifests they saw.
      this.#asked = 'by-git';
      this.#pending.clear();
    }
    this.#manifests = manifests;
    this.#failedPasses = 0;
  }

  /** Takes the objects that it may have: what it declares and nobody else keeps, and what it owns besides. */
  adopt(): void {
    const wanted = new Set<string>();
    for (const [key, prepared] of this.#prepared.objects) {
      if (this.#host.winnerOf(key) !== this.application) continue;
      wanted.add(key);
      this.#work(key, prepared.ref).desire(prepared);
    }
    for (const key of this.#services.inventory.entries(this.application).keys()) {
      const ref = parseRef(key);
      const winner = this.#host.winnerOf(key);
      if (ref === undefined || wanted.has(key) || (winner !== undefined && winner !== this.application)) continue;
      wanted.add(key);
      this.#work(key, ref).desire(undefined);
    }
    for (const [key, work] of this.objects) {
      if (!wanted.has(key)) this.forget(key, work, 'adopted');
    }
  }

  #work(key: string, ref: ObjectRef): ObjectWork {
    const known = this.objects.get(key);
    if (known !== undefined) return known;
    const work = new ObjectWork(this.#services, this, key, ref);
    this.objects.set(key, work);
    this.#host.register(key, work);
    return work;
  }

  /** It is somebody else's now, or gone. */
  forget(key: string, work: ObjectWork, end: DriftEnd): void {
    work.drift.close(end);
    this.objects.delete(key);
    this.#pending.delete(key);
    this.#host.unregister(key, work);
  }

  /** Applies everything that differs, whatever the mode. */
  syncNow(): void {
    this.#beginSync('by-operation');
    for (const work of this.objects.values()) work.trouble.clear();
    this.wake();
  }

  #beginSync(asked: 'by-git' | 'by-operation'): void {
    this.#asked = asked;
    const works = [...this.objects.values()].filter((work) => work.prepared !== undefined);
    this.#pending = new Set(works.map((work) => work.key));
    this.hooks.begin(this.#prepared.hooks);
    this.saveSync();
  }

  /** Another pass is due; several wishes of one time make one pass. */
  wake(): void {
    if (this.#isClosed) return;
    this.#isDirty = true;
    this.#pass ??= this.#services.activity.track(() => this.#run()).finally(() => {
      this.#pass = undefined;
      if (this.#isDirty) this.wake();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#version += 1;
    this.#retry?.cancel();
    this.hooks.close();
  }

  async #run(): Promise<void> {
    // Everything that was set in this turn belongs to this pass.
    await Promise.resolve();
    while (this.#isDirty && !this.#isClosed) {
      this.#isDirty = false;
      this.#isPassing = true;
      try {
        await this.#once(this.#version);
      } catch (error) {
        this.#passFailed(AppError.from(error));
      } finally {
        this.#isPassing = false;
      }
      this.#host.onChanged(this);
    }
  }

  async #once(version: number): Promise<void> {
    this.#isWaiting = false;
    if (this.#desired.removal !== undefined) {
      await this.#awaitWatches();
      await this.removal.run();
      this.#hasRun = true;
      return this.#scheduleRetry();
    }
    if (this.#desired.mode !== 'observe' && this.#record?.manifests !== this.#manifests) this.#beginSync('by-git');
    this.isApplying = this.#pending.size > 0 || this.hooks.isOpen;
    this.#host.onChanged(this);
    await this.#awaitWatches();
    if (this.mayWrite) await this.#writeAhead();
    this.blockedBy = undefined;
    const result = await this.#carryOut(version);
    this.#savePassed();
    if (version !== this.#version) return;
    this.isApplying = result === 'waiting';
    this.#hasRun = true;
    if (result === 'done') await this.#finish();
    this.#scheduleRetry();
  }

  #savePassed(): void {
    if ((this.#record?.pending.length ?? 0) !== this.#pending.size) this.saveSync();
  }

  get mayWrite(): boolean {
    return this.#desired.mode !== 'observe' || this.#asked === 'by-operation';
  }

  /** What was live when we last looked is known once its watch has told; nothing is asked for one by one before. */
  async #awaitWatches(): Promise<void> {
    const { catalog, watches } = this.#services;
    // A kind that isn't served can't be watched; perhaps it is served by now.
    const works = [...this.objects.values()];
    if (works.some((work) => work.trouble.failure?.code === 'not-served')) await catalog.refresh();
    for (const work of works) {
      const isNew = work.baseline === undefined && work.prepared !== undefined;
      const resource = work.presence === 'unknown' && !isNew ? work.resource() : undefined;
      if (resource !== undefined && !watches.isSettled(resource)) await watches.ready(resource);
    }
  }

  async #writeAhead(): Promise<void> {
    const wanted = new Map(
      [...this.objects.values()].flatMap(({ key, prepared }) =>
        prepared === undefined ? [] : [[key, { pruneProtected: prepared.pruneProtected }] as const],
      ),
    );
    await this.#services.inventory.add(this.application, wanted);
  }

  async #carryOut(version: number): Promise<StepResult> {
    const objects = [...this.objects.values()].flatMap((work) =>
      work.prepared === undefined ? [] : [work.facts(work.prepared)],
    );
    for (const { prepared, live, applied } of objects) {
      if (live === 'at-baseline' && applied === prepared.digest) this.#pending.delete(prepared.key);
    }
    const plan = planApplication({
      objects,
      hooks: this.mayWrite ? this.hooks.due : [],
      missingNamespaces: this.#missingNamespaces(),
    });
    for (const stage of plan.stages) {
      const results = await Promise.all(stage.map((step) => this.#carryOutStep(step)));
      if (version !== this.#version || results.includes('failed')) return 'failed';
      if (results.includes('waiting')) {
        this.#isWaiting = true;
        return 'waiting';
      }
    }
    return this.#hasFailures ? 'failed' : 'done';
  }

  get #hasFailures(): boolean {
    if (this.#prepared.failures.length > 0) return true;
    return [...this.objects.values()].some((work) => work.trouble.isOpen || work.foreignOwner !== undefined);
  }

  #missingNamespaces(): ReadonlySet<string> {
    const { namespace, createNamespace } = this.#desired;
    const isDeclared = this.#host.winnerOf(`/Namespace:/${namespace}`) !== undefined;
    if (!createNamespace || isDeclared || !this.mayWrite || this.#services.knownNamespaces.has(namespace)) {
      return new Set();
    }
    return new Set([namespace]);
  }

  async #carryOutStep(step: Step): Promise<StepResult> {
    switch (step.type) {
      case 'create-namespace':
        await ensureNamespace(this.#services.kube, step.namespace);
        this.#services.knownNamespaces.add(step.namespace);
        return 'done';
      case 'apply':
      case 'inspect':
        await this.objects.get(step.key)?.settle();
        return 'done';
      case 'hook':
        return this.hooks.carryOut(step.key);
      case 'wait':
        return this.#isReached(step.until, step.keys);
    }
  }

  /** Nothing waits here: the next event of one of them starts another pass. */
  async #isReached(until: 'established' | 'healthy', keys: readonly string[]): Promise<StepResult> {
    const works = keys.flatMap((key) => this.objects.get(key) ?? []);
    if (until === 'established') {
      const isHeld = works.some((work) => work.health?.status === 'Progressing');
      if (!isHeld) await this.#services.catalog.refresh();
      return isHeld ? 'waiting' : 'done';
    }
    if (works.some((work) => work.trouble.isOpen)) return 'failed';
    const isHeld = works.some(
      (work) => gatesWaves(work.ref) && work.health !== undefined && !isCalm(work.health.status),
    );
    return isHeld ? 'waiting' : 'done';
  }

  /** Everything desired is applied: now, and only now, what left Git may go. */
  async #finish(): Promise<void> {
    if (this.mayWrite && this.#pending.size === 0) {
      this.gates = await this.removal.prune();
      if (this.#record?.appliedDigest !== this.#digest) this.saveSync('applied');
      if (this.#desired.mode === 'observe') this.#asked = 'by-git';
    }
    this.#failedPasses = 0;
  }

  saveSync(outcome: 'under-way' | 'applied' = 'under-way'): void {
    const record = this.#record;
    const applied =
      outcome === 'applied'
        ? { appliedDigest: this.#digest, appliedAt: this.#services.clock.now().toISOString() }
        : {
            ...(record?.appliedDigest === undefined ? {} : { appliedDigest: record.appliedDigest }),
            ...(record?.appliedAt === undefined ? {} : { appliedAt: record.appliedAt }),
          };
    this.#services.syncs.set(this.application, {
      manifests: this.#manifests,
      pending: [...this.#pending],
      hooksDone: this.hooks.done,
      ...applied,
    });
  }

  #passFailed(error: AppError): void {
    this.blockedBy = error.message;
    this.isApplying = false;
    this.#failedPasses += 1;
    this.#services.log.warn({ application: this.application, error: error.message }, 'pass failed');
    this.#wakeIn(retryDelayMs('soon', this.#failedPasses, this.#services.random()) ?? 0);
  }

  #scheduleRetry(): void {
    const due = [...this.objects.values()].flatMap((work) => work.trouble.retryAt ?? []);
    if (due.length > 0) this.#wakeIn(Math.min(...due) - this.#services.clock.now().getTime());
  }

  #wakeIn(ms: number): void {
    this.#retry?.cancel();
    this.#retry = this.#services.clock.setTimer(Math.max(ms, 1), () => this.wake());
  }

  permissionOf(key: string): 'apply' | 'compare' {
    return this.#desired.mode === 'heal' || this.#pending.has(key) ? 'apply' : 'compare';
  }

  driftEndOf(key: string): DriftEnd {
    return this.#pending.has(key) ? 'synced' : 'healed';
  }

  onSettled(key: string): void {
    // A pass saves once at its end.
    if (this.#pending.delete(key) && !this.#isPassing) this.saveSync();
  }

  onChanged(): void {
    if (this.#isWaiting) this.wake();
    this.#host.onChanged(this);
  }

  onLeftover(): void {
    this.wake();
  }

  onFailed(): void {
    this.#scheduleRetry();
    this.#host.onChanged(this);
  }

  /** The kinds that its objects and hooks need to be watched. */
  kinds(): readonly { readonly ref: ObjectRef; readonly work?: ObjectWork }[] {
    return [
      ...[...this.objects.values()].map((work) => ({ ref: work.ref, work })),
      ...this.#prepared.hooks.map((hook) => ({ ref: hook.ref })),
    ];
  }
}

function isCalm(status: string): boolean {
  return status === 'Healthy' || status === 'Suspended';
}
