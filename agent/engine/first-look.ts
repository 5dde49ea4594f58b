import type { Digest } from '../../core/digest.ts';
import type { Guard } from '../../core/guard.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { decideObject, type ObjectFacts } from '../plan/plan-application.ts';
import type { PreparedObject } from '../plan/prepared-object.ts';
import { resolveVersion } from '../plan/resource-index.ts';
import type { ApiResource, Baseline, KubePort } from '../ports.ts';
import type { ResourceCatalog } from './resource-catalog.ts';

/** Fewer new objects of one kind are read one by one: those that are there have to be anyway. */
const fewestAsked = 5;
/** A name in a list costs about a twentieth of a read: where more is there than that, reading one by one is cheaper. */
const namesPerRead = 20;

/** An object as it is looked for. */
interface Sought {
  readonly ref: ObjectRef;
  readonly prepared: PreparedObject | undefined;
  readonly presence: 'live' | 'missing' | 'unknown';
  readonly baseline: Baseline | undefined;
  facts(prepared: PreparedObject): ObjectFacts;
  lose(presence?: 'unknown' | 'absent'): void;
}

interface Ask {
  readonly work: Sought;
  readonly resource: ApiResource;
  /** '' for all of the cluster. */
  readonly namespace: string;
}

/** Place → the list that is under way there. */
type Lists = ReadonlyMap<string, Promise<void>>;

function placeOf({ resource: { group, version, plural }, namespace }: Ask): string {
  return `${group}/${version}/${plural}@${namespace}`;
}

/**
 * Finds out which new objects are not there yet, by one list of names for each kind (and each namespace, where the guard
 * names them), whichever applications they belong to: an object that is not there is written without having been read.
 * What the list has, and whatever could not be listed, is read one by one as ever. An absence counts for the pass that
 * begins with it; what somebody marks as theirs meanwhile arrives by the watch.
 */
export class FirstLook {
  readonly #kube: KubePort;
  readonly #catalog: ResourceCatalog;
  readonly #guard: Guard;
  #asks: Ask[] = [];
  #round: Promise<Lists> | undefined;
  /** The content that an object was looked for with: later passes read what they reach themselves. */
  readonly #looked = new WeakMap<Sought, Digest>();
  readonly #presumed = new WeakSet<Sought>();

  constructor(kube: KubePort, catalog: ResourceCatalog, guard: Guard) {
    this.#kube = kube;
    this.#catalog = catalog;
    this.#guard = guard;
  }

  /** Passes that begin at one time share the lists; each waits for those of its own kinds alone. Never fails. */
  async look(works: readonly Sought[]): Promise<void> {
    for (const work of works) this.#forget(work);
    const asks = works.flatMap((work) => this.#askFor(work) ?? []);
    if (asks.length === 0) return;
    this.#asks.push(...asks);
    this.#round ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#run());
    const lists = await this.#round;
    await Promise.all(asks.flatMap((ask) => lists.get(placeOf(ask)) ?? []));
  }

  /** What an earlier pass did not come to write may be there by now. */
  #forget(work: Sought): void {
    if (this.#presumed.delete(work) && work.presence === 'missing' && work.baseline === undefined)
      work.lose();
  }

  #askFor(work: Sought): Ask | undefined {
    const { prepared, ref } = work;
    if (prepared === undefined || work.baseline !== undefined || work.presence !== 'unknown')
      return undefined;
    if (this.#looked.get(work) === prepared.digest) return undefined;
    const facts = work.facts(prepared);
    if (facts.permission !== 'apply' || decideObject(facts) !== 'inspect') return undefined;
    const found = resolveVersion(this.#catalog.discovered, prepared.apiVersion, ref.kind);
    if (found.type !== 'served') return undefined;
    this.#looked.set(work, prepared.digest);
    const namespace = this.#guard.namespaces === undefined ? '' : ref.namespace;
    return { work, resource: found.resource, namespace };
  }

  #run(): Lists {
    const places = Map.groupBy(this.#asks, placeOf);
    this.#asks = [];
    this.#round = undefined;
    return new Map([...places].map(([place, asked]) => [place, this.#list(asked)]));
  }

  async #list(asked: readonly Ask[]): Promise<void> {
    const [first] = asked;
    if (first === undefined || asked.length < fewestAsked) return;
    const { resource, namespace } = first;
    const atMost = asked.length * namesPerRead;
    const answer = await this.#kube.listNames(resource, {
      atMost,
      ...(namespace === '' ? {} : { namespace }),
    });
    if (answer.type !== 'ok') return;
    for (const { work } of asked) {
      if (answer.names.has(`${work.ref.namespace}/${work.ref.name}`)) continue;
      work.lose('absent');
      this.#presumed.add(work);
    }
  }
}
