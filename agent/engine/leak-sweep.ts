import { guardProblem } from '../../core/guard.ts';
import { refOf } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef, parseRef } from '../../core/object-ref.ts';
import { ownerOf, partOfLabel } from '../../core/tracking.ts';
import { resolveKind } from '../plan/resource-index.ts';
import type { ApiResource } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';
import { WakeTimer } from './wake-timer.ts';

type Services = Pick<
  EngineServices,
  'activity' | 'catalog' | 'clock' | 'guard' | 'inventory' | 'kube' | 'log' | 'random' | 'works'
>;

interface Marked {
  readonly owner: string;
  readonly key: string;
  readonly uid: string | undefined;
}

export type OnMarked = (owner: string, key: string, uid: string | undefined) => void;

/** How often each kind is looked through. */
export const defaultLeakSweepMs = 24 * 60 * 60 * 1000;

const pattern = /[*?[{]/;

/**
 * Looks for objects that an application's marks are on and that no inventory has: watches show those of kinds in use;
 * this one looks through every kind that any application here ever had objects of, so that what was lost of a kind that
 * left Git is found too. One kind at a time, spread over the interval with jitter, beginning anywhere, so that a restart
 * of many agents costs nothing at once. What it finds is only told: a part of a list, a failed one and a group that
 * doesn't answer say nothing.
 */
export class LeakSweep {
  readonly #services: Services;
  readonly #onMarked: OnMarked;
  readonly #intervalMs: number;
  readonly #timer: WakeTimer;
  #last: string | undefined;
  #isClosed = false;

  constructor(services: Services, onMarked: OnMarked, intervalMs: number) {
    this.#services = services;
    this.#onMarked = onMarked;
    this.#intervalMs = intervalMs;
    this.#timer = new WakeTimer(services.clock, () => void services.activity.track(() => this.#sweepNext()));
  }

  start(): void {
    this.#wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
  }

  /** Between half and one and a half times an even share. */
  #wait(): void {
    if (this.#isClosed) return;
    const { inventory, random } = this.#services;
    const share = this.#intervalMs / Math.max(1, inventory.kinds().length);
    this.#timer.wakeIn(share * (0.5 + random()));
  }

  async #sweepNext(): Promise<void> {
    const kind = this.#nextKind();
    this.#last = kind;
    if (kind !== undefined) await this.#sweep(kind);
    this.#wait();
  }

  #nextKind(): string | undefined {
    const kinds = this.#services.inventory.kinds();
    if (this.#last === undefined) return kinds[Math.floor(this.#services.random() * kinds.length)];
    const last = this.#last;
    return kinds.find((kind) => kind > last) ?? kinds[0];
  }

  async #sweep(groupKind: string): Promise<void> {
    const slash = groupKind.lastIndexOf('/');
    const [group, kind] = [groupKind.slice(0, slash), groupKind.slice(slash + 1)];
    const found = resolveKind(this.#services.catalog.discovered, group, kind);
    if (found.type !== 'served') return;
    for (const namespace of this.#places(found.resource)) await this.#look(found.resource, namespace);
  }

  async #look(resource: ApiResource, namespace: string): Promise<void> {
    const { kube, log } = this.#services;
    const marked: Marked[] = [];
    const scope = {
      labelSelector: partOfLabel,
      form: 'metadata' as const,
      ...(namespace === '' ? {} : { namespace }),
    };
    const result = await kube.scan(resource, scope, (object) => {
      const ref: ObjectRef = { ...refOf(object), group: resource.group, kind: resource.kind };
      const owner = object.metadata.deletionTimestamp === undefined ? ownerOf(object, ref) : undefined;
      if (owner !== undefined) this.#note(marked, { owner, key: formatRef(ref), uid: object.metadata.uid });
      return this.#isClosed ? 'enough' : 'more';
    });
    if (result.type === 'failed') {
      const { message } = result.failure;
      log.warn({ kind: resource.kind, namespace, error: message }, 'not looked through for lost objects');
    }
    if (result.type !== 'ok' || this.#isClosed) return;
    for (const { owner, key, uid } of marked) this.#onMarked(owner, key, uid);
  }

  /** Most of what is marked is where it belongs: it isn't kept in memory. */
  #note(marked: Marked[], found: Marked): void {
    if (!this.#services.inventory.entries(found.owner).has(found.key)) marked.push(found);
  }

  /** '' for all of the cluster; else the namespaces of the guard that are known by name. */
  #places(resource: ApiResource): readonly string[] {
    const { guard, inventory, works } = this.#services;
    if (guard.namespaces === undefined || !resource.namespaced) return [''];
    const names = new Set(guard.namespaces.filter((name) => !pattern.test(name)));
    for (const { ref } of works()) names.add(ref.namespace);
    for (const entries of inventory.applications().values())
      for (const key of entries.keys()) names.add(parseRef(key)?.namespace ?? '');
    const { group, kind, plural } = resource;
    const isAllowed = (namespace: string): boolean =>
      namespace !== '' && guardProblem(guard, { group, kind, namespace, name: plural }) === undefined;
    return [...names].filter(isAllowed).sort();
  }
}
