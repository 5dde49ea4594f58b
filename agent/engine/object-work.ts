import type { DriftEnd } from '../../core/drift.ts';
import type { Health } from '../../core/health.ts';
import { equalJson, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { Inspection } from '../apply/inspect-object.ts';
import { isCurable } from '../apply/write-object.ts';
import { baselineAt, baselineOf, isOtherLeftover, type Seen } from '../plan/judge-live.ts';
import { ownedFields } from '../plan/managed-fields.ts';
import { decideObject, type ObjectFacts } from '../plan/plan-application.ts';
import type { PreparedObject } from '../plan/prepared-object.ts';
import type { ApiResource, Baseline, KubeFailure } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';
import { ObjectDrift } from './object-drift.ts';
import { holdFields } from './object-fields.ts';
import { confirmLeftover } from './object-leftover.ts';
import { type LiveView, ObjectLive } from './object-live.ts';
import type { ObjectOwner } from './object-owner.ts';
import {
  type Known,
  noteDefinition,
  requestInspection,
  requestWrite,
  resourceOf,
  type Subject,
} from './object-requests.ts';
import { ObjectTrouble } from './object-trouble.ts';
import { type LiveEvent, ObjectTurn } from './object-turn.ts';

/**
 * One object of one application, and the one place where it is written. Everything that asks the API server about it
 * runs one after another; events wait meanwhile, so that our own write is never taken for somebody else's.
 */
export class ObjectWork {
  readonly key: string;
  readonly ref: ObjectRef;
  readonly drift: ObjectDrift;
  readonly trouble: ObjectTrouble;
  /** Absent for what left Git and is still in the inventory. */
  prepared: PreparedObject | undefined;
  /** The application whose mark keeps us off it. */
  foreignOwner: string | undefined;
  readonly #services: EngineServices;
  readonly #owner: ObjectOwner;
  readonly #live: ObjectLive;
  readonly #turn: ObjectTurn;
  #isClosed = false;

  constructor(services: EngineServices, owner: ObjectOwner, key: string, ref: ObjectRef) {
    this.#services = services;
    this.#owner = owner;
    this.key = key;
    this.ref = ref;
    this.drift = new ObjectDrift(services, owner.application, ref, key, (kind) => this.#live.personOf(kind));
    this.trouble = new ObjectTrouble(services, ref);
    this.#turn = new ObjectTurn(services.activity, (events) => this.#replay(events));
    this.#live = new ObjectLive(services, ref, () => this.#healthChanged());
  }

  get presence(): 'live' | 'missing' | 'unknown' {
    return this.#live.presence;
  }

  get seen(): Seen | undefined {
    return this.#live.seen;
  }

  get health(): Health | undefined {
    return this.#live.health;
  }

  get baseline(): Baseline | undefined {
    const baseline = this.#services.baselines.get(this.key);
    return baseline?.application === this.#owner.application ? baseline : undefined;
  }

  /** What Git says now; a new content forgets the failures of the old. */
  desire(prepared: PreparedObject | undefined): void {
    if (prepared?.digest !== this.prepared?.digest) {
      this.trouble.clear();
      this.#live.doubtOwnership();
    }
    if (!equalJson(prepared?.ignored as Json | undefined, this.prepared?.ignored as Json | undefined)) {
      this.drift.doubt();
      this.#live.isUnknown();
    }
    if (prepared !== undefined && this.drift.open?.kind === 'extra') this.drift.close('adopted');
    this.prepared = prepared;
  }

  facts(prepared: PreparedObject): ObjectFacts {
    const applied = this.baseline?.applied;
    const permission = this.#owner.permissionOf(this);
    const isDrifted = this.drift.isAgainst(prepared.digest);
    return {
      prepared,
      live: this.#live.factOf(this.#view(prepared), isDrifted ? 'drifted' : permission),
      permission,
      blocked: this.trouble.isBlocking,
      established: this.health?.status === 'Healthy',
      ...(applied === undefined ? {} : { applied }),
    };
  }

  #view({ digest: desired }: PreparedObject): LiveView {
    return { application: this.application, marks: this.#owner.marks, desired, baseline: this.baseline };
  }

  /** Its application no longer has it: whatever still waits for its turn does nothing. */
  close(): void {
    this.#isClosed = true;
    this.#live.close();
  }

  get application(): string {
    return this.#owner.application;
  }

  /** The watch no longer has it, so whether it is gone is asked for; or a list of all names lacks what nobody has looked at. */
  lose(presence: 'unknown' | 'absent' = 'unknown'): void {
    if (!this.#turn.isTaken) this.#live.lose(presence);
  }

  /** A list lacks it: `next` once that is noted, where it was there. An answer that is waited for may be of before the list. */
  loseAt(resourceVersion: string, next: () => void): void {
    if (this.#turn.isTaken) {
      void this.#turn.take(async () => this.#live.loseBefore(resourceVersion, next));
    } else if (this.presence === 'live') this.#live.lose('unknown', next);
  }

  /** Whether it is as Git says, as far as is known. */
  get isSynced(): boolean | undefined {
    if (this.prepared === undefined) return false;
    const facts = this.facts(this.prepared);
    if (facts.live === 'unknown' && !this.trouble.isOpen) return undefined;
    return facts.live === 'at-baseline' && facts.applied === this.prepared.digest && !this.trouble.isOpen;
  }

  /** One event of the watch. Returns whether it makes the object a suspect that has to be settled. */
  observe(event: LiveEvent): 'suspect' | 'fine' {
    this.#live.follow(event, this.baseline);
    if (this.#turn.isTaken) {
      this.#turn.defer(event);
      return 'fine';
    }
    if (event.type === 'object') return this.#observeObject(event.object);
    this.trouble.doubt();
    return this.#live.observeDeletion();
  }

  #observeObject(object: KubeObject): 'suspect' | 'fine' {
    const before = this.seen;
    if (this.#live.observe(object, this.baseline) === 'nothing') {
      this.drift.learn(this.#live);
      return this.trouble.mayPassWith(object);
    }
    this.drift.doubt();
    this.trouble.doubt();
    if (this.prepared === undefined && isOtherLeftover(before, this.seen)) this.#owner.onLeftover();
    if (this.prepared === undefined) return 'fine';
    if (this.#live.isAsLeft(this.#view(this.prepared))) this.#settled('reverted');
    else if (object.metadata.deletionTimestamp === undefined) return 'suspect';
    return 'fine';
  }

  #leave(object: KubeObject, baseline: Baseline): void {
    this.#services.baselines.set(this.key, baseline);
    this.#live.leave(object, baseline);
  }

  /** A failure that somebody else mended leaves nothing to try again. */
  forgetMendedFailure(): void {
    const { prepared, trouble } = this;
    if (prepared && trouble.isOpen && this.#live.isAsLeft(this.#view(prepared))) this.#settled('reverted');
  }

  /** Brings it to what is desired, or finds out that it may not. `live` saves the read where it is the newest. */
  settle(live?: KubeObject): Promise<void> {
    return this.#turn.take(() => this.#settle(live));
  }

  /** What an apply would change; nothing is written and nothing remembered. */
  inspect(): Promise<Inspection | undefined> {
    return this.ask(({ resource }) => this.#inspect(resource, undefined));
  }

  /** In its turn, so that nothing of ours is written meanwhile; `undefined` where there is nothing to ask about. */
  ask<T>(question: (subject: Subject, known: Known) => Promise<T>): Promise<T | undefined> {
    return this.#turn.ask(async () => {
      const [prepared, resource] = [this.prepared, this.prepared && this.resource()];
      return prepared && resource && question(this.#subject(prepared, resource), this.#remembered);
    });
  }

  /** How to reach it; `undefined` with the trouble noted where that isn't known. */
  resource(): ApiResource | undefined {
    return resourceOf(this.#services, this.ref, this.prepared);
  }

  /** Ours, and then it is known already, or somebody else's. */
  #replay(events: readonly LiveEvent[]): void {
    for (const passed of events) this.#live.follow(passed, this.baseline);
    const event = events.at(-1);
    if (event === undefined || this.observe(event) !== 'suspect') return;
    this.#owner.onSuspect(this, event.type === 'object' ? event.object : undefined);
  }

  /** Settles it without anybody waiting for it. */
  settleLater(live: KubeObject | undefined): void {
    this.settle(live).catch((error: unknown) => {
      this.#services.log.error({ object: this.key, error: String(error) }, 'object not settled');
    });
  }

  async #settle(live: KubeObject | undefined): Promise<void> {
    const { prepared } = this;
    if (this.#isClosed) return;
    if (prepared === undefined) {
      const { ref, trouble, baseline } = this;
      const parts = { owner: this.#owner, ref, trouble, live: this.#live, baseline };
      return confirmLeftover(this.#services, parts, this.resource());
    }
    const decision = this.#decide(prepared);
    if (decision === 'none') return this.#settleWithoutAsking(prepared);
    const resource = this.resource();
    if (resource === undefined) {
      this.trouble.unresolved(prepared.apiVersion);
      return this.#owner.onFailed();
    }
    if (decision === 'apply') {
      if (this.#live.type === 'absent' && this.baseline?.applied === prepared.digest) {
        this.drift.found('missing', [], prepared.digest);
      }
      return this.#apply(prepared, resource);
    }
    const known = live ?? this.#live.takeListed();
    const isNewest = known?.metadata.resourceVersion === this.seen?.resourceVersion;
    const found = await this.#inspect(resource, isNewest ? known : undefined);
    if (!this.#isOutdated(prepared)) await this.#conclude(prepared, resource, found);
  }

  /** What is ignored is as it is live. With another version of the API, what is counted as ours has to be looked at before anything is written. */
  #decide(prepared: PreparedObject): ReturnType<typeof decideObject> {
    const decision = decideObject(this.facts(prepared));
    const version = this.baseline?.version ?? prepared.apiVersion;
    const isOther = version !== prepared.apiVersion || prepared.ignored !== undefined;
    return decision === 'apply' && isOther && this.#live.type === 'seen' ? 'inspect' : decision;
  }

  /** Git said something else, or gave it to another application, while the API server was asked: the answer counts for nothing. */
  #isOutdated(prepared: PreparedObject): boolean {
    return this.#isClosed || this.prepared?.digest !== prepared.digest;
  }

  #settleWithoutAsking(prepared: PreparedObject): void {
    if (this.#live.type === 'absent' && !this.trouble.isBlocking) {
      this.drift.found('missing', [], prepared.digest);
      this.#owner.onChanged();
    } else if (this.#live.isAsLeft(this.#view(prepared))) this.#settled('reverted');
  }

  #inspect(resource: ApiResource, live: KubeObject | undefined): Promise<Inspection> {
    const { prepared } = this;
    if (prepared === undefined) return Promise.resolve({ type: 'absent' });
    const isObserved = this.#owner.marks === 'bare';
    return requestInspection(this.#services, this.#subject(prepared, resource, live), {
      marks: this.#owner.marks,
      ifAllowed: isObserved ? 'dry-run-if-allowed' : 'dry-run',
      ...this.#remembered,
    });
  }

  #subject(prepared: PreparedObject, resource: ApiResource, live?: KubeObject): Subject {
    const { application } = this.#owner;
    return { application, key: this.key, resource, prepared, ...(live === undefined ? {} : { live }) };
  }

  async #conclude(prepared: PreparedObject, resource: ApiResource, found: Inspection): Promise<void> {
    this.foreignOwner = undefined;
    switch (found.type) {
      case 'absent':
        return this.#concludeAbsent(prepared, resource);
      case 'foreign':
        this.#live.see(found.live, this.baseline);
        this.foreignOwner = found.owner;
        this.drift.found('unowned', [], prepared.digest);
        this.#owner.onChanged();
        this.#services.yieldTo(found.owner, this.key);
        return;
      case 'terminating':
        return this.#leaving(found.live);
      case 'equal':
        return this.#concludeEqual(prepared, resource, found);
      case 'differs':
        return this.#concludeDifferent(prepared, resource, found);
      case 'failed':
        if (found.live !== undefined) this.#live.glimpse(found.live);
        // Only a write finds out whether something can be done about what an apply would meet.
        if (this.#owner.permissionOf(this) === 'apply' && isCurable(found.failure))
          return this.#apply(prepared, resource);
        return this.#failed(prepared, found.failure);
    }
  }

  async #concludeAbsent(prepared: PreparedObject, resource: ApiResource): Promise<void> {
    this.#live.isAbsent();
    const mayApply = this.#owner.permissionOf(this) === 'apply';
    if (!mayApply || this.baseline?.applied === prepared.digest)
      this.drift.found('missing', [], prepared.digest);
    if (mayApply) return this.#apply(prepared, resource);
    this.#owner.onChanged();
  }

  async #concludeEqual(
    prepared: PreparedObject,
    resource: ApiResource,
    found: Extract<Inspection, { type: 'equal' }>,
  ): Promise<void> {
    const wanted = ownedFields(found.predicted);
    this.#live.see(found.live, this.baseline);
    const subject = { ...this.#subject(prepared, resource), live: found.live };
    const how = { ...this.#remembered, wanted, permission: this.#owner.permissionOf(this) };
    const live = await holdFields(this.#services, subject, how);
    if (live === 'to-be-applied') return this.#apply(prepared, resource, found.live);
    if (this.#isOutdated(prepared)) return;
    // The event of that write may bring nothing but status, and would be no reason to look.
    if (live === 'outrun') return this.settleLater(undefined);
    const what = { key: this.key, application: this.#owner.application, applied: prepared.digest };
    this.#leave(live, baselineAt(live, wanted, { ...what, verdict: found.verdict }, this.#services.seal));
    if (ownedFields(live) !== wanted) this.#live.acceptOwnership();
    this.#settled(this.drift.endWithoutUs(prepared.digest));
  }

  async #concludeDifferent(
    prepared: PreparedObject,
    resource: ApiResource,
    found: Extract<Inspection, { type: 'differs' }>,
  ): Promise<void> {
    this.#live.see(found.live, this.baseline);
    const mayApply = this.#owner.permissionOf(this) === 'apply';
    // A difference to what was never applied is a sync that is due, not a drift.
    if (!mayApply || this.baseline?.applied === prepared.digest) {
      this.drift.found('changed', found.fields, prepared.digest, found.verdict);
    }
    if (mayApply) return this.#apply(prepared, resource, found.live);
    this.#owner.onChanged();
  }

  /** `live` where it may not be as we left it. */
  async #apply(prepared: PreparedObject, resource: ApiResource, live?: KubeObject): Promise<void> {
    const end = this.#owner.driftEndOf(this.key);
    const answer = await requestWrite(this.#services, this.#subject(prepared, resource, live), {
      ...this.#remembered,
      desired: this.#owner.desired,
      isDue: (found) => {
        if (found !== undefined) this.#services.holds.note(this.ref, found);
        return !this.#isOutdated(prepared) && this.#owner.permissionOf(this) === 'apply';
      },
    });
    if (answer.type === 'undue' || this.#isClosed) return;
    if (answer.type === 'failed') return this.#failed(prepared, answer.failure);
    if (answer.type === 'leaving') return this.#leaving(answer.live);
    const what = { key: this.key, application: this.#owner.application, applied: prepared.digest };
    this.#leave(answer.object, baselineOf(answer.object, what, this.#services.seal));
    if (!this.#isOutdated(prepared)) this.#settled(end);
    noteDefinition(this.#services, this.ref, this.health);
  }

  get #remembered(): Known {
    const isAtBaseline = this.#live.seen?.atBaseline ?? false;
    return { baseline: this.baseline, isAtBaseline, journal: () => this.#live.journal };
  }

  /** On its way out, and wanted: a new one is made when the watch says that it is gone. */
  #leaving(live: KubeObject): void {
    this.trouble.clear();
    this.#live.see(live, this.baseline);
    this.#owner.onChanged();
  }

  #healthChanged(): void {
    noteDefinition(this.#services, this.ref, this.health);
    this.#owner.onChanged();
  }

  #settled(end: DriftEnd): void {
    this.trouble.clear();
    this.foreignOwner = undefined;
    this.drift.close(end);
    this.#live.rest();
    this.#owner.onSettled(this.key);
    this.#owner.onChanged();
  }

  #failed(prepared: PreparedObject, failure: KubeFailure): void {
    if (this.#isOutdated(prepared)) return;
    this.trouble.failed(failure, prepared.object);
    this.#owner.onFailed();
  }
}
