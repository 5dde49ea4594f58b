import type { ApplicationPolicy } from '../../core/desired.ts';
import type { DriftEnd } from '../../core/drift.ts';
import type { Gate } from '../../core/gate.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { formatRef } from '../../core/object-ref.ts';
import type { ObjectFailure } from '../../core/status.ts';
import { type DeleteResult, deleteObject, releaseObject } from '../apply/delete-object.ts';
import { observeOnlyProblem } from '../plan/guard.ts';
import { limitPrune } from '../plan/limit-prune.ts';
import { isMetadataOnly } from '../plan/namespace-metadata.ts';
import { type KeptObject, type PrunePlan, planPrune } from '../plan/plan-prune.ts';
import type { PreparedApplication } from '../plan/prepare-application.ts';
import type { ExactObject } from '../plan/prune-gates.ts';
import { protectionsOf } from '../plan/prune-protection.ts';
import { removalLayers } from '../plan/removal-layers.ts';
import type { ApiResource } from '../ports.ts';
import { ApplicationConfirmation } from './application-confirmation.ts';
import type { EngineServices } from './engine-services.ts';
import { LeavingObjects } from './leaving-objects.ts';
import type { ObjectWork } from './object-work.ts';
import { removalCandidate, takesNothingAlong } from './removal-facts.ts';

/** The application whose objects they are. */
export interface RemovalSubject {
  readonly application: string;
  readonly desired: ApplicationPolicy;
  readonly prepared: PreparedApplication;
  readonly objects: ReadonlyMap<string, ObjectWork>;
  /** Whether a removal has nothing left to do. */
  readonly isGone: boolean;
  readonly mayWrite: boolean;
  forget(key: string, work: ObjectWork, end: DriftEnd): void;
  wake(): void;
}

type Scope = 'objects' | 'application';
type Removal = (work: ObjectWork) => Promise<DeleteResult | undefined>;

/** Reasons that hold an object of an application that ends; for every other one it is left without our marks. */
const holding: ReadonlySet<KeptObject['reason']> = new Set([
  'needs-confirmation',
  'unread',
  'unknown-group',
  'brake',
]);

/** What happens to objects that left Git, one by one or with their whole application. */
export class ApplicationRemoval {
  readonly confirmation: ApplicationConfirmation;
  readonly #services: EngineServices;
  readonly #work: RemovalSubject;
  readonly #leaving: LeavingObjects;

  constructor(services: EngineServices, work: RemovalSubject) {
    this.#services = services;
    this.#work = work;
    this.confirmation = new ApplicationConfirmation(services, work.application);
    this.#leaving = new LeavingObjects(services, () => work.wake());
  }

  /** Only for an application that was removed from Git. */
  get progress(): 'done' | 'pending' | undefined {
    if (this.#work.desired.removal === undefined) return undefined;
    return this.#work.isGone ? 'done' : 'pending';
  }

  /** Whether something is on its way out that Git has not brought back. */
  get isUnderWay(): boolean {
    return this.#leaving.keys.some((key) => {
      const work = this.#work.objects.get(key);
      return work !== undefined && this.#isDue(work);
    });
  }

  /** Deletions that don't come to an end. */
  get failures(): readonly ObjectFailure[] {
    return this.#leaving.failures.filter(({ ref }) => this.#work.objects.has(formatRef(ref)));
  }

  close(): void {
    this.#leaving.close();
  }

  /** Deletes what left Git, inside the brake; what may not or must not go is shown as extra. */
  async prune(): Promise<readonly Gate[]> {
    await this.#letGoOfMetadata(await this.#leftovers());
    const leftovers = await this.#leftovers();
    this.#leaving.begin();
    this.confirmation.offer([]);
    if (leftovers.length === 0) return [];
    if (!this.#work.desired.prune) {
      for (const work of leftovers) work.drift.found('extra', [], undefined);
      return [];
    }
    this.#showHeld(leftovers);
    const plan = await this.#plan(leftovers, 'objects');
    await this.#deleteAll(plan.remove, 'objects');
    for (const { ref } of plan.kept) {
      const work = this.#work.objects.get(formatRef(ref));
      // One that could not be read is told as a failure, and looked at again.
      if (work?.trouble.isOpen !== true) this.#foundExtra(work);
    }
    return plan.gates;
  }

  /** What was only its metadata is no object that could go: it is left without our marks, whatever may be pruned. */
  async #letGoOfMetadata(leftovers: readonly ObjectWork[]): Promise<void> {
    const works = leftovers.filter((work) => work.seen?.metadataOnly === true);
    if (this.#work.mayWrite) await this.#remove(works, (work) => this.#release(work));
  }

  /** Ends the application here: its objects are deleted or left without our marks. Returns what holds that back. */
  async run(): Promise<readonly Gate[]> {
    if (this.#services.guard.writes === 'never')
      return this.#work.objects.size === 0 ? [] : [observeOnlyGate];
    const leftovers = await this.#leftovers();
    this.#showHeld(leftovers);
    this.#leaving.begin();
    this.confirmation.offer([]);
    const gates =
      this.#work.desired.removal === 'release'
        ? await this.#releaseAll(leftovers)
        : await this.#end(leftovers);
    if (this.#work.objects.size === 0) this.confirmation.end();
    return gates;
  }

  async #end(leftovers: readonly ObjectWork[]): Promise<readonly Gate[]> {
    const plan = await this.#plan(leftovers, 'application');
    if (plan.gates.some(({ kind }) => kind === 'guard')) return plan.gates;
    if (!(await this.#deleteAll(plan.remove, 'application'))) return plan.gates;
    const left = plan.kept.filter(({ reason }) => !holding.has(reason));
    await this.#releaseAll(left.flatMap(({ ref }) => this.#work.objects.get(formatRef(ref)) ?? []));
    return plan.gates;
  }

  async #releaseAll(works: readonly ObjectWork[]): Promise<readonly Gate[]> {
    await this.#remove(works, (work) => this.#release(work));
    return [];
  }

  /** Objects without a place in Git that are still there and still ours; the others are forgotten. */
  async #leftovers(): Promise<readonly ObjectWork[]> {
    const all = [...this.#work.objects.values()].filter((work) => work.prepared === undefined);
    await Promise.all(all.filter((work) => work.presence === 'unknown').map((work) => work.settle()));
    const lost = all.filter(
      (work) =>
        work.presence === 'missing' ||
        (work.presence === 'live' && work.seen?.owner !== this.#work.application),
    );
    await this.#forget(lost);
    const isLost = new Set(lost);
    return all.filter((work) => !isLost.has(work));
  }

  async #plan(leftovers: readonly ObjectWork[], scope: Scope): Promise<PrunePlan> {
    const { namespace, guard } = this.#services;
    const { application, desired, prepared } = this.#work;
    const candidates = await Promise.all(
      leftovers.map((work) => removalCandidate(this.#services, work, scope, desired.resourceRules)),
    );
    const plan = planPrune({
      application,
      candidates,
      desiredCount: [...prepared.objects.values()].filter(
        ({ annotations }) => !isMetadataOnly({ metadata: { annotations } }),
      ).length,
      scope,
      allowEmpty: desired.allowEmpty,
      deleteLimits: desired.deleteLimits,
      agentNamespace: namespace,
      confirmed: this.confirmation.objects,
    });
    this.confirmation.offer(plan.offers);
    return limitPrune(guard, application, plan);
  }

  /** Layer after layer, in the reverse order of applying. Returns whether all of them had their turn. */
  async #deleteAll(objects: readonly ExactObject[], scope: Scope): Promise<boolean> {
    const waved = objects.map((object) => {
      const wave = this.#work.objects.get(formatRef(object.ref))?.seen?.wave ?? 0;
      return { ...object, wave };
    });
    let isHeldUp = false;
    for (const { start, members } of removalLayers(waved)) {
      isHeldUp ||= this.#leaving.keys.length > 0 || this.failures.length > 0;
      if (start === 'waits' && isHeldUp) return false;
      const uids = new Map(members.map(({ ref, uid }) => [formatRef(ref), uid]));
      const works = [...uids.keys()].flatMap((key) => this.#work.objects.get(key) ?? []);
      await this.#remove(works, (work) => this.#delete(work, uids.get(work.key) ?? '', scope));
      // What was refused, is held or stays after all is still there, and may need what comes next.
      isHeldUp ||= works.some((work) => this.#work.objects.get(work.key) === work);
    }
    return true;
  }

  async #remove(works: readonly ObjectWork[], how: Removal): Promise<void> {
    const results = await Promise.all(works.map(async (work) => ({ work, result: await how(work) })));
    await this.#forget(results.filter(({ result }) => result?.type === 'gone').map(({ work }) => work));
    for (const { work, result } of results) {
      if (result?.type === 'deleting') this.#leaving.note(work.key, work.ref, result.held);
      if (result?.type === 'kept') this.#foundExtra(work);
      if (result?.type === 'failed') {
        work.trouble.failedLeftover(result.failure);
      }
    }
  }

  async #delete(work: ObjectWork, uid: string, scope: Scope): Promise<DeleteResult | undefined> {
    const { application, mayWrite } = this.#work;
    const isConfirmed = this.confirmation.objects.get(work.key) === uid;
    // In mode observe only what a person confirmed goes.
    if (scope === 'objects' && !isConfirmed && !mayWrite) return undefined;
    const resource = this.#reach(work);
    if (resource === undefined || !(await takesNothingAlong(this.#services, work))) return undefined;
    const isDue = (live: KubeObject) => this.#mayGo(work, live);
    const isProtected = (live: KubeObject) => {
      const asked = protectionsOf(live)[scope === 'objects' ? 'prune' : 'remove'];
      return asked === 'keep' || (asked === 'confirm' && !isConfirmed);
    };
    const { ref } = work;
    const result = await this.#services.limiter.run(application, () =>
      deleteObject(this.#services.kube, { resource, ref, application, isDue, uid, isProtected }),
    );
    // A protected object of an application that ends is left.
    if (result.type !== 'kept' || scope === 'objects') return result;
    return this.#release(work);
  }

  async #release(work: ObjectWork): Promise<DeleteResult | undefined> {
    const resource = this.#reach(work);
    if (resource === undefined) return undefined;
    const { application } = this.#work;
    const isDue = (live: KubeObject) => this.#mayGo(work, live);
    return this.#services.limiter.run(application, () =>
      releaseObject(this.#services.kube, { resource, ref: work.ref, application, isDue }),
    );
  }

  /** Whether it is still this application's and without a place in Git: a newer desired state may have come meanwhile. */
  #isDue(work: ObjectWork): boolean {
    return work.prepared === undefined && this.#work.objects.get(work.key) === work;
  }

  /** What somebody holds stays until that ends. It counts for the brake all the same: a hold makes no deletion smaller. */
  #showHeld(leftovers: readonly ObjectWork[]): void {
    for (const work of leftovers) if (this.#services.holds.isHeld(work.ref)) this.#foundExtra(work);
  }

  /** How to reach it, where it may be touched now. */
  #reach(work: ObjectWork): ApiResource | undefined {
    if (work.trouble.isBlocking || this.#services.holds.isHeld(work.ref)) return undefined;
    return work.resource();
  }

  #mayGo(work: ObjectWork, live: KubeObject): boolean {
    this.#services.holds.note(work.ref, live);
    return this.#isDue(work) && !this.#services.holds.isHeld(work.ref);
  }

  #foundExtra(work: ObjectWork | undefined): void {
    if (work !== undefined && this.#isDue(work)) work.drift.found('extra', [], undefined);
  }

  async #forget(lost: readonly ObjectWork[]): Promise<void> {
    const works = lost.filter((work) => this.#isDue(work));
    if (works.length === 0) return;
    for (const work of works) {
      this.#services.baselines.delete(work.key);
      this.#work.forget(work.key, work, 'released');
    }
    const keys = works.map((work) => work.key);
    this.confirmation.retain((key) => !keys.includes(key));
    await this.#services.inventory.remove(this.#work.application, keys);
  }
}

const observeOnlyGate: Gate = {
  kind: 'guard',
  reason: observeOnlyProblem,
  remedy: 'Its objects stay as they are until then',
};
