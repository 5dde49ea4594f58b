import { digest } from '../../core/digest.ts';
import type { Health } from '../../core/health.ts';
import { canonicalJson, equalJson, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { groupOf, type ObjectRef } from '../../core/object-ref.ts';
import { isBuiltInGroup } from '../../core/scope.ts';
import { asksForPods } from '../health/deepest-reason.ts';
import { judgeHealth } from '../health/object-health.ts';
import { resolveKind, resolveVersion } from '../plan/resource-index.ts';
import type { EngineServices } from './engine-services.ts';
import type { Judge } from './health-rules.ts';
import { WorkloadReason } from './workload-reason.ts';

/** A controller has so long to answer a generation, where its status doesn't say which one it answers. */
const statusGraceMs = 10_000;
/** What is older than this was answered long ago, or never will be, whatever the clocks differ by. */
const oldMs = 5 * 60_000;

/** A generation, and what its status was when it was seen first. */
interface Awaited {
  readonly uid: string;
  readonly generation: number;
  readonly status: string;
  /** Milliseconds since 1970; absent once the status counts. */
  readonly until?: number;
}

/** How one live object is. Judged at each of its versions, and again when time alone changes the verdict. */
export class ObjectHealth implements Judge {
  readonly #services: EngineServices;
  readonly #ref: ObjectRef;
  readonly #onChanged: () => void;
  #health: Health | undefined;
  /** The version that was judged last. */
  #version: { readonly apiVersion: string; readonly resourceVersion: string } | undefined;
  #awaited: Awaited | undefined;
  #timer: { cancel(): void } | undefined;
  /** While its pods may explain it. */
  #reason: WorkloadReason | undefined;

  constructor(services: EngineServices, ref: ObjectRef, onChanged: () => void) {
    this.#services = services;
    this.#ref = ref;
    this.#onChanged = onChanged;
  }

  get value(): Health | undefined {
    return this.#health;
  }

  observe(object: KubeObject): void {
    if (this.#version === undefined) this.#services.healthRules.attach(this.#ref, this);
    const { apiVersion, metadata } = object;
    this.#version = { apiVersion, resourceVersion: metadata.resourceVersion ?? '' };
    this.#awaited = this.#await(object);
    this.#judge(object);
  }

  gone(): void {
    this.#awaited = undefined;
    this.close();
    this.#note(undefined);
  }

  /** The object itself is read again: nobody kept it. A newer version than the one that was judged comes by its watch. */
  judgeAgain(): void {
    const { kube, catalog, limiter, activity } = this.#services;
    const found = resolveVersion(catalog.index, this.#version?.apiVersion ?? '', this.#ref.kind);
    if (found.type !== 'served') return;
    void activity.track(async () => {
      const read = await limiter.run('health rules', () => kube.get(found.resource, this.#ref));
      if (read.type !== 'ok') return;
      if (read.object.metadata.resourceVersion === this.#version?.resourceVersion) this.#judge(read.object);
    });
  }

  close(): void {
    if (this.#version !== undefined) this.#services.healthRules.detach(this.#ref, this);
    this.#version = undefined;
    this.#cancel();
    this.#reason?.close();
    this.#reason = undefined;
  }

  #cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The object is kept only as long as it has to be judged again. */
  #judge(object: KubeObject): void {
    this.#cancel();
    const now = this.#services.clock.now();
    const leftMs = (this.#awaited?.until ?? 0) - now.getTime();
    const rule = this.#services.healthRules.of(this.#ref);
    const judged = judgeHealth(object, { now, status: leftMs > 0 ? 'awaited' : 'standing' }, rule);
    const due = [judged.againInMs, leftMs].filter((ms) => ms !== undefined && ms > 0);
    if (due.length > 0) {
      const waitMs = Math.min(...due.map((ms) => ms ?? 0)) + 1;
      this.#timer = this.#services.clock.setTimer(waitMs, () => this.#judge(object));
    }
    this.#note(this.#explained(object, judged.health));
  }

  #explained(object: KubeObject, health: Health | undefined): Health | undefined {
    if (health === undefined || !asksForPods(object, health)) {
      this.#reason?.close();
      this.#reason = undefined;
      return health;
    }
    this.#reason ??= new WorkloadReason(this.#services, (found) => this.#note(found));
    return this.#reason.observe(object, health);
  }

  /** Custom kinds with a status of their own: what is new waits for it, and what was changed for a newer one. */
  #await(object: KubeObject): Awaited | undefined {
    if (!this.#isAnswered(object)) return undefined;
    const { uid = '', generation = 0 } = object.metadata;
    const status = digest(canonicalJson(object['status'] ?? null));
    const before = this.#awaited;
    if (before?.uid === uid && before.generation === generation) {
      return before.status === status ? before : { uid, generation, status: before.status };
    }
    const now = this.#services.clock.now().getTime();
    const isNew = before !== undefined || isUnansweredAndYoung(object, now);
    return { uid, generation, status, ...(isNew ? { until: now + statusGraceMs } : {}) };
  }

  /** Whether the kind has a status that a controller writes apart from the rest. */
  #isAnswered(object: KubeObject): boolean {
    const group = groupOf(object.apiVersion);
    if (isBuiltInGroup(group)) return false;
    const found = resolveKind(this.#services.catalog.index, group, object.kind);
    return found.type === 'served' && found.resource.hasStatus === true;
  }

  #note(health: Health | undefined): void {
    if (equalJson(health as unknown as Json, this.#health as unknown as Json)) return;
    this.#health = health;
    this.#onChanged();
  }
}

function isUnansweredAndYoung(object: KubeObject, now: number): boolean {
  if (object['status'] !== undefined) return false;
  const ageMs = now - Date.parse(object.metadata.creationTimestamp ?? '');
  return Number.isNaN(ageMs) || ageMs < oldMs;
}
