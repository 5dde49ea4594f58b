import type { DesiredApplication } from '../../core/desired.ts';
import { guardProblem } from '../../core/guard.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { formatGroupKind, formatRef, type ObjectRef, parseRef } from '../../core/object-ref.ts';
import { isExcludedKind } from '../../core/resource-filter.ts';
import type { WatchedKind, WatchScope } from '../observe/watch-set.ts';
import { resolveClaim } from '../plan/claims.ts';
import { type PreparedApplication, prepareApplication } from '../plan/prepare-application.ts';
import { definedResources, type Resolution, resolveKind, resolveVersion } from '../plan/resource-index.ts';
import type { DesiredSet } from '../ports.ts';
import { type ApplicationHost, ApplicationWork } from './application-work.ts';
import { withDeletionHooks } from './deletion-hooks.ts';
import type { EngineServices } from './engine-services.ts';
import type { HoldChange } from './hold-book.ts';
import { LostObjects } from './lost-objects.ts';
import { namespaceWatch } from './namespace-watch.ts';
import type { ObjectWork } from './object-work.ts';

export interface DesiredHost {
  onChanged(work: ApplicationWork): void;
  onDropped(application: string): void;
}

/** For as long as it is being prepared. */
function unpacked(desired: Entry['desired']): DesiredApplication {
  return { ...desired, manifests: [...desired.manifests] };
}

interface VersionedRef {
  readonly ref: ObjectRef;
  readonly apiVersion: string;
}

type Entry = DesiredSet['applications'] extends ReadonlyMap<string, infer E> ? E : never;

/** The desired state in force: which applications there are, and which of them has which object. */
export class DesiredWork implements ApplicationHost {
  readonly #services: EngineServices;
  readonly #host: DesiredHost;
  readonly #applications = new Map<string, ApplicationWork>();
  readonly #works = new Map<string, ObjectWork>();
  /** Every application that declares an object. */
  readonly #claims = new Map<string, readonly string[]>();
  /** Which application has an object: it keeps it as long as it declares it. */
  readonly #owners = new Map<string, string>();
  #entries = new Map<string, Entry>();
  /** Kinds of which something is out of sight of what carries our label. */
  #blindKinds: ReadonlySet<string> = new Set();
  readonly #lost: LostObjects;

  constructor(services: EngineServices, host: DesiredHost) {
    this.#services = services;
    this.#lost = new LostObjects(services, (application) => this.#tookIn(application));
    this.#host = host;
  }

  /** Ownership as the inventory knows it from earlier. */
  recall(): void {
    for (const [application, entries] of this.#services.inventory.applications()) {
      for (const key of entries.keys()) this.#owners.set(key, application);
    }
  }

  application(name: string): ApplicationWork | undefined {
    return this.#applications.get(name);
  }

  applications(): Iterable<ApplicationWork> {
    return this.#applications.values();
  }

  work(key: string): ObjectWork | undefined {
    return this.#works.get(key);
  }

  works(): readonly ObjectWork[] {
    return [...this.#works.values()];
  }

  register(key: string, work: ObjectWork): void {
    this.#works.set(key, work);
  }

  unregister(key: string, work: ObjectWork): void {
    if (this.#works.get(key) === work) this.#works.delete(key);
  }

  onChanged(work: ApplicationWork): void {
    this.#host.onChanged(work);
  }

  winnerOf(key: string): string | undefined {
    const claimants = this.#claims.get(key);
    return claimants === undefined ? undefined : resolveClaim(claimants, this.#owners.get(key));
  }

  /** The live object carries the mark of another application that declares it: that one has it. */
  yieldTo(owner: string, key: string): void {
    const claimants = this.#claims.get(key);
    if (claimants === undefined || !claimants.includes(owner) || this.#owners.get(key) === owner) return;
    const affected = new Set<ApplicationWork>();
    this.#owners.set(key, owner);
    this.#decide(key, affected);
    for (const work of affected) work.adopt();
    for (const work of affected) work.wake();
  }

  /** A mark counts while its owner declares the object, or where nobody here knows the owner. */
  respectsOwner(owner: string, key: string): boolean {
    if (!this.#applications.has(owner)) return true;
    return this.#claims.get(key)?.includes(owner) ?? false;
  }

  /** Takes a complete desired state: cost follows what changed in it. */
  take(desired: DesiredSet): void {
    const before = this.#entries;
    this.#entries = new Map(desired.applications);
    const dropped = [...before.keys()].filter((name) => !this.#entries.has(name));
    const changed = [...this.#entries].filter(([name, entry]) => before.get(name)?.digest !== entry.digest);
    this.#services.healthRules.take([...this.#entries.values()].map((entry) => entry.desired));
    let isRedefined = false;
    for (const name of dropped) isRedefined = this.#services.catalog.define(name, []) || isRedefined;
    for (const [name, { desired: application }] of changed) {
      const defined = [...application.manifests].flatMap((manifest) => definedResources(manifest.object));
      isRedefined = this.#services.catalog.define(name, defined) || isRedefined;
    }
    this.#install(changed, dropped);
    if (isRedefined) this.prepareAgain();
  }

  /** Kinds became known or changed: what was prepared or tried without them is taken up again. */
  prepareAgain(): void {
    const uncertain = [...this.#entries].filter(
      ([name]) => this.#applications.get(name)?.prepared.isUncertain === true,
    );
    this.#install(uncertain, []);
    for (const application of this.#applications.values()) application.tryUnservedAgain();
  }

  #install(changed: readonly (readonly [string, Entry])[], dropped: readonly string[]): void {
    const touched = new Set<string>();
    for (const name of dropped) this.#drop(name, touched);
    const affected = new Set<ApplicationWork>();
    for (const [name, entry] of changed) {
      const { catalog, seal, guard, deletionHooks } = this.#services;
      const desired = withDeletionHooks(unpacked(entry.desired), deletionHooks);
      const prepared = prepareApplication(desired, catalog.index, seal, guard);
      this.#claim(name, this.#applications.get(name)?.prepared, prepared, touched);
      affected.add(this.#place(name, { ...entry, desired }, prepared));
    }
    for (const key of touched) this.#decide(key, affected);
    for (const work of affected) work.adopt();
    this.#watch();
    for (const work of affected) work.wake();
  }

  #place(
    name: string,
    entry: Entry & { readonly desired: DesiredApplication },
    prepared: PreparedApplication,
  ): ApplicationWork {
    const known = this.#applications.get(name);
    if (known !== undefined) {
      known.desire(entry.desired, entry.digest, prepared);
      return known;
    }
    const work = new ApplicationWork(this.#services, this, entry.desired, entry.digest, prepared);
    this.#applications.set(name, work);
    return work;
  }

  /** It went without a word: its objects are left as they are. */
  #drop(name: string, touched: Set<string>): void {
    const work = this.#applications.get(name);
    if (work === undefined) return;
    this.#claim(name, work.prepared, undefined, touched);
    work.close();
    for (const [key, object] of work.objects) work.forget(key, object, 'released');
    this.#applications.delete(name);
    this.#host.onDropped(name);
  }

  #claim(
    name: string,
    before: PreparedApplication | undefined,
    after: PreparedApplication | undefined,
    touched: Set<string>,
  ): void {
    for (const key of before?.objects.keys() ?? []) {
      if (after?.objects.has(key) === true) continue;
      touched.add(key);
      const others = this.#claims.get(key)?.filter((claimant) => claimant !== name) ?? [];
      if (others.length === 0) this.#claims.delete(key);
      else this.#claims.set(key, others);
    }
    for (const key of after?.objects.keys() ?? []) {
      if (before?.objects.has(key) === true) continue;
      touched.add(key);
      this.#claims.set(key, [...(this.#claims.get(key) ?? []), name]);
    }
  }

  /** Whoever gains or loses an object looks at what it has again. */
  #decide(key: string, affected: Set<ApplicationWork>): void {
    const owner = this.#owners.get(key);
    const winner = this.winnerOf(key);
    if (winner !== undefined) this.#owners.set(key, winner);
    const claimants = this.#claims.get(key) ?? [];
    for (const name of [...claimants, ...(owner === undefined ? [] : [owner])]) {
      const work = this.#applications.get(name);
      if (work !== undefined) affected.add(work);
    }
  }

  /** A kind is watched as a whole while one of its objects is where only that shows it, and is left there. */
  sightChanged(): void {
    const before = this.#blindKinds;
    if (!isSameSet(before, this.#findBlindKinds())) this.#watch();
  }

  #findBlindKinds(): ReadonlySet<string> {
    const works = [...this.#services.outOfSight.keys].flatMap((key) => this.#works.get(key) ?? []);
    const left = works.filter((work) => {
      const application = this.#applications.get(work.application);
      const isApplied = application?.permissionOf(work) === 'apply' && !work.trouble.isOpen;
      return work.prepared !== undefined && !isApplied;
    });
    return new Set(left.map(({ ref }) => formatGroupKind(ref)));
  }

  /** One watch for each kind that anything desired, owned or run as a hook has; for each namespace where the guard names them. */
  #watch(): void {
    const { catalog, watches, guard } = this.#services;
    this.#blindKinds = this.#findBlindKinds();
    const kinds = new Map<string, WatchedKind>();
    const add = (found: Resolution, ref: ObjectRef, scope: WatchScope): void => {
      if (found.type !== 'served' || guardProblem(guard, ref) !== undefined) return;
      const namespace = guard.namespaces === undefined ? '' : ref.namespace;
      addKind(kinds, { resource: found.resource, scope, namespace });
    };
    const modes = [...this.#applications.values()].map(({ desired }) => desired.mode);
    for (const kind of namespaceWatch(this.#services, modes)) addKind(kinds, kind);
    for (const work of this.#applications.values()) {
      const isObserved = work.desired.mode === 'observe';
      for (const { apiVersion, ref } of wantedKinds(work.prepared)) {
        const scope = isObserved || this.#blindKinds.has(formatGroupKind(ref)) ? 'all' : 'ours';
        add(resolveVersion(catalog.discovered, apiVersion, ref.kind), ref, scope);
      }
      for (const { ref, prepared } of work.objects.values()) {
        if (prepared === undefined) add(resolveKind(catalog.discovered, ref.group, ref.kind), ref, 'ours');
      }
    }
    watches.use([...kinds.values()]);
  }

  settle(work: ObjectWork, live: KubeObject | undefined): void {
    this.#applications.get(work.application)?.onSuspect(work, live);
  }

  /** What got no answer before is due now, whatever its back-off. */
  retryUnanswered(): void {
    for (const application of this.#applications.values()) {
      const unanswered = [...application.objects.values()].filter((work) => work.trouble.isUnanswered);
      for (const work of unanswered) work.trouble.hasten();
      if (unanswered.length > 0) application.wake();
    }
  }

  /** Looks again at every application that a hold touches. */
  wakeHeld(change: HoldChange): void {
    for (const application of this.#applications.values()) {
      if (isTouched(application, change)) application.wake();
    }
  }

  /**
   * Marked as an application's own, but in no inventory: it is taken in again, so that it can be pruned one day. Where it
   * is remembered under another uid it isn't the object that we made, and the uid of that one stays.
   */
  adoptLost(owner: string, key: string, uid: string | undefined): void {
    if (!this.#applications.has(owner) || this.#services.guard.writes === 'never') return;
    if (this.#claims.has(key) || this.#works.has(key)) return;
    const [ref, rules] = [parseRef(key), this.#applications.get(owner)?.desired.resourceRules];
    if (ref === undefined || isExcludedKind(rules, ref)) return;
    this.#lost.note(owner, key, this.#services.baselines.get(key)?.uid ?? uid);
  }

  #tookIn(name: string): void {
    const work = this.#applications.get(name);
    work?.adopt();
    this.#watch();
    work?.wake();
  }

  close(): void {
    for (const work of this.#applications.values()) work.close();
  }
}

function isSameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && left.isSubsetOf(right);
}

function isTouched({ objects, hooks }: ApplicationWork, change: HoldChange): boolean {
  switch (change.type) {
    case 'hub':
      return true;
    case 'object':
      return objects.has(formatRef(change.ref));
    case 'namespace':
      return [...objects.values(), ...hooks.unbegun].some(
        ({ ref }) => ref.namespace === change.namespace || isNamespaceCalled(ref, change.namespace),
      );
  }
}

function wantedKinds({ objects, hooks }: PreparedApplication): readonly VersionedRef[] {
  return [...objects.values(), ...hooks.map(({ ref, object }) => ({ ref, apiVersion: object.apiVersion }))];
}

function isNamespaceCalled(ref: ObjectRef, name: string): boolean {
  return ref.group === '' && ref.kind === 'Namespace' && ref.name === name;
}

/** The wider scope wins: it has everything that the narrower one has. */
function addKind(kinds: Map<string, WatchedKind>, kind: WatchedKind): void {
  const { group, version, plural } = kind.resource;
  const key = `${group}/${version}/${plural}@${kind.namespace}`;
  if (kinds.get(key)?.scope !== 'all') kinds.set(key, kind);
}
