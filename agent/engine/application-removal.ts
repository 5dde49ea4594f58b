import type { DesiredApplication } from '../../core/desired.ts';
import type { DriftEnd } from '../../core/drift.ts';
import type { Gate } from '../../core/gate.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { formatRef } from '../../core/object-ref.ts';
import { type DeleteResult, deleteObject, releaseObject } from '../apply/delete-object.ts';
import { observeOnlyProblem } from '../plan/guard.ts';
import { limitPrune } from '../plan/limit-prune.ts';
import { type Stage, stageOf, stages } from '../plan/order.ts';
import { type PrunePlan, planPrune } from '../plan/plan-prune.ts';
import type { PreparedApplication } from '../plan/prepare-application.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectWork } from './object-work.ts';

/** The application whose objects they are. */
export interface RemovalSubject {
  readonly application: string;
  readonly desired: DesiredApplication;
  readonly prepared: PreparedApplication;
  readonly objects: ReadonlyMap<string, ObjectWork>;
  /** Whether a removal has nothing left to do. */
  readonly isGone: boolean;
  forget(key: string, work: ObjectWork, end: DriftEnd): void;
}

/** What happens to objects that left Git, one by one or with their whole application. */
export class ApplicationRemoval {
  readonly #services: EngineServices;
  readonly #work: RemovalSubject;
  /** Those whose deletion was accepted in the last pass; the watch tells when they are gone. */
  readonly #leaving = new Set<ObjectWork>();

  constructor(services: EngineServices, work: RemovalSubject) {
    this.#services = services;
    this.#work = work;
  }

  /** Only for an application that was removed from Git. */
  get progress(): 'done' | 'pending' | undefined {
    if (this.#work.desired.removal === undefined) return undefined;
    return this.#work.isGone ? 'done' : 'pending';
  }

  /** Whether something is on its way out that Git has not brought back. */
  get isUnderWay(): boolean {
    return [...this.#leaving].some((work) => this.#isDue(work));
  }

  /** Deletes what left Git, inside the brake; what may not or must not go is shown as extra. */
  async prune(): Promise<readonly Gate[]> {
    const leftovers = await this.#leftovers();
    this.#leaving.clear();
    if (leftovers.length === 0) return [];
    if (!this.#work.desired.prune) {
      for (const work of leftovers) work.drift.found('extra', [], undefined);
      return [];
    }
    const free = this.#withoutHeld(leftovers);
    const plan = this.#plan(free, 'objects');
    await this.#remove(plan.remove, (work) => this.#delete(work));
    for (const { ref } of plan.kept) this.#foundExtra(this.#find(ref));
    return plan.gate === undefined ? [] : [plan.gate];
  }

  /** Ends the application here: its objects are deleted or left without our marks. Returns what holds that back. */
  async run(): Promise<readonly Gate[]> {
    if (this.#services.guard.writes === 'never')
      return this.#work.objects.size === 0 ? [] : [observeOnlyGate];
    const leftovers = await this.#leftovers();
    const isRelease = this.#work.desired.removal === 'release';
    const free = this.#withoutHeld(leftovers);
    const plan = this.#plan(free, 'application');
    if (!isRelease && plan.gate !== undefined) return [plan.gate];
    const released = isRelease ? free.map((work) => work.ref) : plan.kept.map((kept) => kept.ref);
    if (!isRelease) await this.#remove(plan.remove, (work) => this.#delete(work));
    await this.#remove(released, (work) => this.#release(work));
    return [];
  }

  /** Objects without a place in Git that are still there and still ours; the others are forgotten. */
  async #leftovers(): Promise<readonly ObjectWork[]> {
    const all = [...this.#work.objects.values()].filter((work) => work.prepared === undefined);
    await Promise.all(all.filter((work) => work.presence === 'unknown').map((work) => work.settle()));
    const lost = all.filter(
      (work) =>
        work.presence === 'missing' ||
        (work.presence === 'live' && work.liveOwner !== this.#work.application),
    );
    await this.#forget(lost);
    return all.filter((work) => !lost.includes(work));
  }

  #plan(leftovers: readonly ObjectWork[], scope: 'objects' | 'application'): PrunePlan {
    const { inventory, catalog, namespace, guard } = this.#services;
    const entries = inventory.entries(this.#work.application);
    const { desired, prepared } = this.#work;
    const plan = planPrune({
      application: this.#work.application,
      candidates: leftovers.map(({ key, ref }) => ({
        ref,
        pruneProtected: entries.get(key)?.pruneProtected ?? false,
        group: catalog.unknownGroups.has(ref.group) ? 'unknown' : 'known',
      })),
      desiredCount: prepared.objects.size,
      scope,
      allowEmpty: desired.allowEmpty,
      deleteLimits: desired.deleteLimits,
      agentNamespace: namespace,
    });
    return limitPrune(guard, this.#work.application, plan);
  }

  /** Stage after stage in the reverse order of applying: what serves others goes after them. */
  async #remove(
    refs: readonly ObjectRef[],
    how: (work: ObjectWork) => Promise<DeleteResult | undefined>,
  ): Promise<void> {
    for (const stage of [...stages].reverse()) {
      const works = refs.filter((ref) => isIn(ref, stage)).flatMap((ref) => this.#find(ref) ?? []);
      const results = await Promise.all(works.map(async (work) => ({ work, result: await how(work) })));
      const gone = results.filter(({ result }) => result?.type === 'gone').map(({ work }) => work);
      await this.#forget(gone);
      for (const { work, result } of results) {
        if (result?.type === 'deleting') this.#leaving.add(work);
        if (result?.type === 'kept') this.#foundExtra(work);
        if (result?.type === 'failed') {
          work.trouble.failed(result.failure, { apiVersion: '', kind: work.ref.kind, metadata: {} });
        }
      }
    }
  }

  async #delete(work: ObjectWork): Promise<DeleteResult | undefined> {
    const resource = work.resource();
    if (resource === undefined || work.trouble.isBlocking) return undefined;
    const uid = work.baseline?.uid;
    const { application } = this.#work;
    const isDue = (live: KubeObject) => this.#mayGo(work, live);
    const result = await this.#services.limiter.run(application, () =>
      deleteObject(this.#services.kube, {
        resource,
        ref: work.ref,
        application,
        isDue,
        ...(uid === undefined ? {} : { uid }),
      }),
    );
    // A protected object of an application that ends is left, like everything that must be confirmed.
    if (result.type !== 'kept' || this.#work.desired.removal === undefined) return result;
    return this.#release(work);
  }

  async #release(work: ObjectWork): Promise<DeleteResult | undefined> {
    const resource = work.resource();
    if (resource === undefined || work.trouble.isBlocking) return undefined;
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

  /** What somebody holds stays until that ends, and is shown as extra meanwhile. */
  #withoutHeld(leftovers: readonly ObjectWork[]): readonly ObjectWork[] {
    const held = leftovers.filter((work) => this.#services.holds.isHeld(work.ref));
    for (const work of held) this.#foundExtra(work);
    return leftovers.filter((work) => !held.includes(work));
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
    await this.#services.inventory.remove(
      this.#work.application,
      works.map((work) => work.key),
    );
  }

  #find(ref: ObjectRef): ObjectWork | undefined {
    return this.#work.objects.get(formatRef(ref));
  }
}

const observeOnlyGate: Gate = {
  kind: 'guard',
  reason: observeOnlyProblem,
  remedy: 'Its objects stay as they are until then',
};

function isIn(ref: ObjectRef, stage: Stage): boolean {
  return stageOf(ref) === stage;
}
