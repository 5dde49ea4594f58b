import type { Gate } from '../../core/gate.ts';
import { type ActiveHold, type Hold, isRunning } from '../../core/hold.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef, parseRef } from '../../core/object-ref.ts';
import type { KeptDocuments } from '../observe/kept-documents.ts';
import { holdAnnotation, holdGate, judgeHold, type LocalHold } from '../plan/hold-until.ts';
import { isOlder } from '../plan/judge-live.ts';
import type { EngineClock } from './engine-clock.ts';
import { WakeTimer } from './wake-timer.ts';

/** What began or ended to be held. */
export type HoldChange =
  | { readonly type: 'object'; readonly ref: ObjectRef }
  | { readonly type: 'namespace'; readonly namespace: string }
  | { readonly type: 'hub' };

export interface HoldBookOptions {
  readonly clock: EngineClock;
  readonly maxHoldMs: number;
  /** Holds of the hub, by id. */
  readonly ordered: KeptDocuments<Hold>;
  /** Holds set with kubectl, by `formatRef`, as long as their annotation stands. */
  readonly local: KeptDocuments<LocalHold>;
  readonly onChanged: (change: HoldChange) => void;
}

/** Longest sleep: timers of the platform end at 24 days. */
const longestSleepMs = 12 * 60 * 60 * 1000;

/** Every hold that this agent knows: kept on disk, so that neither its restart nor an absent hub ends one. */
export class HoldBook {
  readonly #options: HoldBookOptions;
  readonly #expiry: WakeTimer;
  /** The version at which each annotation was read, so that an older event changes nothing. */
  readonly #versions = new Map<string, string>();
  /** Those that held when they were last looked at. */
  #active = new Map<string, HoldChange>();

  constructor(options: HoldBookOptions) {
    this.#options = options;
    this.#expiry = new WakeTimer(options.clock, () => this.#review());
  }

  /** What is remembered was read. */
  recall(): void {
    this.#review();
  }

  /** The hub's holds of this cluster, all of them; the newest word counts. */
  order(holds: readonly Hold[]): void {
    const { ordered } = this.#options;
    const wanted = new Map(holds.map((hold) => [hold.id, hold]));
    for (const [id] of ordered.entries()) if (!wanted.has(id)) ordered.delete(id);
    for (const [id, hold] of wanted) ordered.set(id, hold);
    void ordered.flush();
    this.#review();
  }

  /** One version of a live object: whether it asks to be left alone. */
  note(ref: ObjectRef, object: KubeObject): void {
    const text = object.metadata.annotations?.[holdAnnotation];
    const key = formatRef(ref);
    const known = this.#options.local.get(key);
    if (text === known?.text) return;
    const version = object.metadata.resourceVersion ?? '';
    const before = this.#versions.get(key);
    if (before !== undefined && isOlder(version, before)) return;
    this.#versions.set(key, version);
    const { local, clock } = this.#options;
    if (text === undefined) local.delete(key);
    else local.set(key, { text, seenAt: clock.now().toISOString() });
    this.#review();
  }

  /** It is gone, and its hold with it. */
  forget(ref: ObjectRef): void {
    const key = formatRef(ref);
    if (this.#options.local.get(key) === undefined) return;
    this.#options.local.delete(key);
    this.#review();
  }

  /** Whether nothing may be written to an object, because of itself or its namespace. */
  isHeld(ref: ObjectRef): boolean {
    if (this.#active.size === 0) return false;
    return placesOf(ref).some((key) => this.#verdict(key)?.type === 'holds');
  }

  /** Why some of these objects are held, one gate for each hold. */
  gatesOf(refs: Iterable<ObjectRef>): readonly Gate[] {
    if (this.#active.size === 0) return [];
    const keys = new Set([...refs].flatMap(placesOf));
    return [...keys].sort().flatMap((key) => {
      const hold = this.#options.local.get(key);
      const verdict = this.#verdict(key);
      const ref = parseRef(key);
      if (hold === undefined || ref === undefined || verdict?.type !== 'holds') return [];
      return [holdGate(ref, hold, verdict, this.#options.maxHoldMs)];
    });
  }

  /** The hub's holds of one application, those of its whole cluster too. */
  orderedFor(application: string): readonly Hold[] {
    const nowMs = this.#nowMs;
    return [...this.#options.ordered.entries()]
      .map(([, hold]) => hold)
      .filter((hold) => hold.application === undefined || hold.application === application)
      .filter((hold) => isRunning(hold, nowMs));
  }

  active(): readonly ActiveHold[] {
    const nowMs = this.#nowMs;
    const ordered = [...this.#options.ordered.entries()].flatMap(([id, hold]): ActiveHold[] =>
      isRunning(hold, nowMs) ? [{ type: 'hub', id }] : [],
    );
    const local = [...this.#options.local.entries()].flatMap(([key, hold]): ActiveHold[] => {
      const verdict = this.#verdict(key);
      const ref = parseRef(key);
      if (verdict?.type !== 'holds' || ref === undefined) return [];
      return [{ type: 'kubectl', ref, since: hold.seenAt, until: new Date(verdict.untilMs).toISOString() }];
    });
    return [...ordered, ...local];
  }

  close(): void {
    this.#expiry.cancel();
  }

  get #nowMs(): number {
    return this.#options.clock.now().getTime();
  }

  #verdict(key: string): ReturnType<typeof judgeHold> | undefined {
    const hold = this.#options.local.get(key);
    return hold === undefined ? undefined : judgeHold(hold, this.#options.maxHoldMs, this.#nowMs);
  }

  /** Compares what holds now with what held before, tells of the difference, and sleeps until the next one ends. */
  #review(): void {
    const nowMs = this.#nowMs;
    const active = new Map<string, HoldChange>();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [key] of this.#options.local.entries()) {
      const verdict = this.#verdict(key);
      const ref = parseRef(key);
      if (verdict?.type !== 'holds' || ref === undefined) continue;
      nextMs = Math.min(nextMs, verdict.untilMs);
      active.set(`${key}@${verdict.untilMs}`, changeOf(ref));
    }
    for (const [id, hold] of this.#options.ordered.entries()) {
      if (!isRunning(hold, nowMs)) continue;
      nextMs = Math.min(nextMs, Date.parse(hold.until));
      active.set(`${id}@${hold.until}`, { type: 'hub' });
    }
    const before = this.#active;
    this.#active = active;
    this.#expiry.cancel();
    if (Number.isFinite(nextMs)) this.#expiry.wakeIn(Math.min(nextMs - nowMs + 1, longestSleepMs));
    for (const [key, change] of before) if (!active.has(key)) this.#options.onChanged(change);
    for (const [key, change] of active) if (!before.has(key)) this.#options.onChanged(change);
  }
}

/** Where a hold of an object may stand: on itself, or on its namespace. */
function placesOf(ref: ObjectRef): readonly string[] {
  const own = formatRef(ref);
  return ref.namespace === '' ? [own] : [own, `/Namespace:/${ref.namespace}`];
}

function changeOf(ref: ObjectRef): HoldChange {
  const isNamespace = ref.group === '' && ref.kind === 'Namespace';
  return isNamespace ? { type: 'namespace', namespace: ref.name } : { type: 'object', ref };
}
