import { type DesiredApplication, manifestsDigest, policyOf } from '../../core/desired.ts';
import type { Digest } from '../../core/digest.ts';
import type { DriftEnd } from '../../core/drift.ts';
import { AppError } from '../../core/error.ts';
import type { Gate } from '../../core/gate.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ObjectRef, parseRef } from '../../core/object-ref.ts';
import { isExcludedKind } from '../../core/resource-filter.ts';
import { retryDelayMs } from '../plan/back-off.ts';
import type { Permission } from '../plan/plan-application.ts';
import type { PreparedApplication } from '../plan/prepare-application.ts';
import type { ApplicationHooks } from './application-hooks.ts';
import { noteUids, writeAhead } from './application-inventory.ts';
import { carryOutPass, type PassSubject } from './application-pass.ts';
import { ApplicationRemoval } from './application-removal.ts';
import { ApplicationSync } from './application-sync.ts';
import { awaitWatches } from './await-watches.ts';
import { DegradedWatch } from './degraded-watch.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectOwner, OwnedWork } from './object-owner.ts';
import { ObjectWork } from './object-work.ts';
import { carryOutRemoval } from './removal-pass.ts';
import { WakeTimer } from './wake-timer.ts';
import { WritePermit } from './write-permit.ts';

/** What the engine does for its applications. */
export interface ApplicationHost {
  /** The application that keeps an object that several declare. */
  winnerOf(key: string): string | undefined;
  /** One object has one work, whoever has it. */
  register(key: string, work: ObjectWork): void;
  unregister(key: string, work: ObjectWork): void;
  onChanged(application: ApplicationWork): void;
}

/**
 * One application on this cluster. It works in passes: each looks at the facts, plans, carries the plan out and ends;
 * what has to be waited for (health, a hook, a retry) starts another pass and holds nothing meanwhile. A new desired
 * state ends the pass of the old one.
 */
export class ApplicationWork implements ObjectOwner {
  readonly application: string;
  readonly objects = new Map<string, ObjectWork>();
  readonly removal: ApplicationRemoval;
  readonly permit: WritePermit;
  /** What holds a deletion back. */
  gates: readonly Gate[] = [];
  /** Whether a sync is going on: there are objects or hooks that are still to be applied. */
  isApplying = false;
  /** Why nothing of it could be tried, in a sentence. */
  blockedBy: string | undefined;
  readonly #services: EngineServices;
  readonly #host: ApplicationHost;
  #desired: PassSubject['desired'];
  #digest: Digest;
  #prepared: PreparedApplication;
  readonly sync: ApplicationSync;
  readonly #degraded = new DegradedWatch();
  #pass: Promise<void> | undefined;
  #isDirty = false;
  #isClosed = false;
  /** Grows with what there is to do, so that a pass knows that it is outdated. */
  #version = 0;
  #failedPasses = 0;
  readonly #retry: WakeTimer;
  #isWaiting = false;
  #hasRun = false;
  #isPassing = false;
  #hasAdopted = false;

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
    this.#desired = policyOf(desired);
    this.#digest = digest;
    this.#prepared = prepared;
    const syncHost = { wake: () => this.wake(), onChanged: () => host.onChanged(this) };
    const manifests = manifestsDigest(desired);
    this.sync = new ApplicationSync(services, this.application, syncHost, manifests, prepared);
    this.removal = new ApplicationRemoval(services, this);
    this.permit = new WritePermit(services, this);
    this.#retry = new WakeTimer(services.clock, () => this.wake());
  }

  get desired(): PassSubject['desired'] {
    return this.#desired;
  }

  get digest(): Digest {
    return this.#digest;
  }

  get hooks(): ApplicationHooks {
    return this.sync.hooks;
  }

  get prepared(): PreparedApplication {
    return this.#prepared;
  }

  get marks(): 'marked' | 'bare' {
    const isObserved = this.sync.pendingCount === 0 || this.sync.isStopped;
    return this.#desired.mode === 'observe' && isObserved ? 'bare' : 'marked';
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
    return this.#desired.mode === 'observe' && this.sync.isDue;
  }

  get appliedDigest(): Digest | undefined {
    return this.sync.record?.appliedDigest;
  }

  get appliedAt(): string | undefined {
    return this.sync.record?.appliedAt;
  }

  desire(desired: DesiredApplication, digest: Digest, prepared: PreparedApplication): void {
    this.#desired = policyOf(desired);
    this.#digest = digest;
    this.#prepared = prepared;
    this.sync.want(manifestsDigest(desired));
    this.#failedPasses = 0;
  }

  /** Takes the objects that it may have: what it declares and nobody else keeps, and what it owns besides. */
  adopt(): void {
    this.#version += 1;
    const wanted = new Set<string>();
    for (const [key, prepared] of this.#prepared.objects) {
      if (this.#host.winnerOf(key) !== this.application) continue;
      wanted.add(key);
      // One that came by another way than by new manifests was never applied here.
      if (this.#hasAdopted && !this.objects.has(key)) this.sync.gained(key);
      this.#work(key, prepared.ref).desire(prepared);
    }
    this.#hasAdopted = true;
    this.removal.confirmation.retain((key) => !this.#prepared.objects.has(key));
    for (const key of this.#services.inventory.entries(this.application).keys()) {
      const ref = parseRef(key);
      const winner = this.#host.winnerOf(key);
      if (ref === undefined || wanted.has(key) || isExcludedKind(this.desired.resourceRules, ref)) continue;
      if (winner !== undefined && winner !== this.application) continue;
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
    work.close();
    work.drift.close(end);
    this.objects.delete(key);
    this.sync.settled(key);
    this.#host.unregister(key, work);
  }

  /** Applies everything that differs, whatever the mode. */
  syncNow(operation: string): void {
    this.#beginSync(operation);
    for (const work of this.objects.values()) work.trouble.clear();
    this.wake();
  }

  /** Ends the attempt under way: nothing more of it is written, and hooks of it that run are deleted. */
  cancelSync(message: string): void {
    this.#version += 1;
    this.sync.cancel(message);
    this.wake();
  }

  #beginSync(operation?: string): void {
    const works = [...this.objects.values()].filter((work) => work.prepared !== undefined);
    const keys = works.map((work) => work.key);
    this.sync.begin(operation, keys, this.#prepared);
  }

  /** Another pass is due; several wishes of one time make one pass. */
  wake(): void {
    if (this.#isClosed) return;
    this.#isDirty = true;
    this.#pass ??= this.#services.activity
      .track(() => this.#run())
      .finally(() => {
        this.#pass = undefined;
        if (this.#isDirty) this.wake();
      });
  }

  close(): void {
    this.#isClosed = true;
    this.#version += 1;
    for (const work of this.objects.values()) work.close();
    this.#retry.cancel();
    this.hooks.stop();
    this.removal.close();
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
    this.#retry.cancel();
    const startedMs = this.#services.clock.now().getTime();
    this.#isWaiting = false;
    const isRemoval = this.#desired.removal !== undefined;
    if (this.#mayBegin && this.permit.isGiven) this.#beginSync();
    const isPending = this.sync.pendingCount > 0 && !this.sync.isStopped;
    this.isApplying = (this.sync.isOpen || isPending) && this.permit.isGiven;
    this.#host.onChanged(this);
    await awaitWatches(this.#services, [...this.objects.values()]);
    if (!isRemoval && this.mayWrite) {
      await writeAhead(this.#services, this.application, this.objects, (key) => this.#host.winnerOf(key));
    }
    if (version !== this.#version) return;
    this.blockedBy = undefined;
    const pass = this.#passOf(version);
    const result = isRemoval ? await carryOutRemoval(pass) : await carryOutPass(pass);
    this.sync.saveProgress();
    if (version !== this.#version) return;
    this.#hasRun = true;
    if (result === 'done') this.#failedPasses = 0;
    const isLeft = this.sync.pendingCount > 0 && !this.sync.isStopped;
    this.#isWaiting = result === 'waiting' || (result === 'done' && isLeft);
    const isLeaving = result === 'done' && this.removal.isUnderWay && this.permit.isGiven;
    this.isApplying = (this.#isWaiting && this.#isMoving) || isLeaving;
    this.#scheduleRetry(startedMs);
    // Last, since whoever waits has to hear of everything that happens meanwhile.
    if (!isRemoval && this.mayWrite) await noteUids(this.#services, this.application, this.objects);
  }

  /** Whether an attempt begins by itself: for what Git says now, or for the removal. */
  get #mayBegin(): boolean {
    if (this.#desired.removal !== undefined) return this.sync.isDue && !this.isGone;
    return this.#desired.mode !== 'observe' && this.sync.isDue;
  }

  #passOf(version: number): PassSubject {
    return {
      services: this.#services,
      desired: this.#desired,
      digest: this.#digest,
      prepared: this.#prepared,
      objects: this.objects,
      sync: this.sync,
      removal: this.removal,
      mayWrite: this.mayWrite,
      mayTouch: this.permit.isGiven,
      isOverrun: this.permit.isOverrun,
      missingNamespaces: this.#missingNamespaces(),
      degraded: this.#degraded,
      isCurrent: () => version === this.#version,
      wakeIn: (ms) => this.#retry.wakeIn(ms),
      onWaiting: () => {
        this.#isWaiting = true;
      },
      onGates: (gates) => {
        this.gates = gates;
      },
    };
  }

  /** Whether it was removed from Git and nothing of it is left to be done. */
  get isGone(): boolean {
    return this.#desired.removal !== undefined && this.#hasRun && this.sync.isForgotten;
  }

  get mayWrite(): boolean {
    return (this.#desired.mode !== 'observe' || this.sync.isAskedByPerson) && this.permit.isGiven;
  }

  /** Whether anything of the sync that is under way may go on: what is held waits for the end of its hold. */
  get #isMoving(): boolean {
    if (!this.permit.isGiven) return false;
    const pending = [...this.objects.values()].filter((work) => this.sync.hasPending(work.key));
    return pending.length === 0 || pending.some((work) => !this.permit.isHeld(work.ref));
  }

  /** Kinds became known: what failed for want of them, or could not be pruned, is tried at once. */
  tryUnservedAgain(): void {
    const works = [...this.objects.values()];
    const unserved = works.filter((work) => work.trouble.isForUnservedKind);
    for (const work of unserved) work.trouble.clear();
    if (unserved.length > 0 || works.some((work) => work.prepared === undefined)) this.wake();
  }

  #missingNamespaces(): ReadonlySet<string> {
    const { namespace, createNamespace } = this.#desired;
    const isDeclared = this.#host.winnerOf(`/Namespace:/${namespace}`) !== undefined;
    if (!createNamespace || isDeclared || !this.mayWrite || this.#services.knownNamespaces.has(namespace)) {
      return new Set();
    }
    return new Set([namespace]);
  }

  #passFailed(error: AppError): void {
    this.blockedBy = error.message;
    this.isApplying = false;
    this.#failedPasses += 1;
    this.#services.log.warn({ application: this.application, error: error.message }, 'pass failed');
    this.#retry.wakeIn(retryDelayMs('soon', this.#failedPasses, this.#services.random()) ?? 0);
  }

  #scheduleRetry(sinceMs = Number.POSITIVE_INFINITY): void {
    const now = this.#services.clock.now().getTime();
    // One that was due and not tried waits for an event, not for time; one that became due during the pass had no turn.
    const due = [...this.objects.values()]
      .flatMap((work) => work.trouble.retryAt ?? [])
      .concat(this.permit.changesAtMs ?? [])
      .filter((retryAt) => retryAt > Math.min(now, sinceMs));
    if (due.length > 0) this.#retry.wakeIn(Math.min(...due) - now);
  }

  permissionOf({ key, ref }: OwnedWork): Permission {
    const isPending = this.sync.hasPending(key);
    const isLeft = this.#desired.mode !== 'heal' || this.permit.isResting(key);
    if (isPending ? this.sync.isStopped : isLeft) return this.permit.whereLeft(ref);
    const isGiven = isPending ? this.permit.isGiven : this.permit.isGiven && !this.permit.isOverrun;
    return isGiven && !this.permit.isHeld(ref) ? 'apply' : 'wait';
  }

  driftEndOf(key: string): DriftEnd {
    return this.sync.hasPending(key) ? 'synced' : 'healed';
  }

  onSettled(key: string): void {
    // A pass looks at all of it at its end.
    if (this.sync.settled(key) && !this.#isPassing) this.wake();
  }

  onChanged(): void {
    if (this.#isWaiting) this.wake();
    this.#host.onChanged(this);
  }

  /**
   * A pass settles what its sync has still to apply, since waves and hooks may come first, and what isn't in the
   * inventory yet or will be another object than the one that is, since nothing else may be written.
   */
  onSuspect(work: OwnedWork, live: KubeObject | undefined): void {
    const entry = this.#services.inventory.entries(this.application).get(work.key);
    const isListed = entry !== undefined && (live !== undefined || entry.uid === undefined);
    const isUnready = !isListed || this.sync.hasPending(work.key);
    if (isUnready && this.permissionOf(work) === 'apply') this.wake();
    else work.settleLater(live);
  }

  onLeftover(): void {
    this.wake();
  }

  onFailed(): void {
    this.#scheduleRetry();
    this.#host.onChanged(this);
  }
}
