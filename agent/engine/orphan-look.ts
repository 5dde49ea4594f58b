import { guardProblem } from '../../core/guard.ts';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import { formatGroupKind, formatRef, type ObjectRef, parseRef } from '../../core/object-ref.ts';
import { maxOrphans, type Orphan, type OrphanRules } from '../../core/orphans.ts';
import { isOwnConfigMap } from '../plan/guard.ts';
import { isAutomaticKind, isIgnored, isOrphan, type OrphanFacts, permitsKind } from '../plan/orphans.ts';
import type { ApiResource, KubeFailure } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';

export type OrphanServices = Pick<
  EngineServices,
  'catalog' | 'guard' | 'inventory' | 'kube' | 'namespace' | 'works'
>;

/** What one look through a namespace found, by project. */
export type OrphanLook =
  | {
      readonly type: 'looked';
      readonly byProject: ReadonlyMap<string, Found>;
      readonly unread: readonly string[];
    }
  /** The API server doesn't answer, or it was stopped: nothing is known. */
  | { readonly type: 'broken-off'; readonly why: string };

interface Found {
  readonly objects: readonly Orphan[];
  readonly total: number;
}

/** Every object in a namespace that an application declares or has in its inventory. */
export function knownIn({ works, inventory }: OrphanServices, namespace: string): ReadonlySet<string> {
  const known = new Set<string>();
  for (const { ref } of works()) if (ref.namespace === namespace) known.add(formatRef(ref));
  for (const entries of inventory.applications().values()) {
    for (const key of entries.keys()) if (parseRef(key)?.namespace === namespace) known.add(key);
  }
  return known;
}

/**
 * Looks through one namespace, kind by kind, by lists of metadata of which a page at most is in memory. What the guard
 * forbids isn't asked for, nor kinds that no project here permits.
 */
export async function lookForOrphans(
  services: OrphanServices,
  namespace: string,
  projects: ReadonlyMap<string, OrphanRules>,
  isStopped: () => boolean,
): Promise<OrphanLook> {
  const find = new OrphanFind(services, namespace, projects);
  const unread: string[] = [];
  for (const resource of kindsToList(services, namespace, [...projects.values()])) {
    const result = await services.kube.scan(resource, { namespace, form: 'metadata' }, (object) => {
      find.take(object, { ...refOf(object), group: resource.group, kind: resource.kind });
      return isStopped() ? 'enough' : 'more';
    });
    if (isStopped()) return { type: 'broken-off', why: 'the agent ends' };
    if (result.type !== 'failed') continue;
    if (result.failure.status === 0) return { type: 'broken-off', why: result.failure.message };
    if (!isNoKind(result.failure)) unread.push(formatGroupKind(resource));
  }
  for (const group of services.catalog.unknownGroups) unread.push(`${group}/*`);
  return { type: 'looked', byProject: find.found, unread: unread.sort() };
}

/** One look through one namespace. */
class OrphanFind {
  readonly found: ReadonlyMap<string, { objects: Orphan[]; total: number }>;
  readonly #projects: ReadonlyMap<string, OrphanRules>;
  readonly #facts: OrphanFacts;
  readonly #statefulSets = new Set<string>();
  readonly #isOwnNamespace: boolean;
  /** Uids of those that are named: one object may be served by two groups. */
  readonly #named = new Set<string>();

  constructor(services: OrphanServices, namespace: string, projects: ReadonlyMap<string, OrphanRules>) {
    const known = knownIn(services, namespace);
    this.#projects = projects;
    this.#facts = { isKnown: (ref) => known.has(formatRef(ref)), statefulSets: this.#statefulSets };
    this.#isOwnNamespace = namespace === services.namespace;
    this.found = new Map([...projects.keys()].map((project) => [project, { objects: [], total: 0 }]));
  }

  take(object: KubeObject, ref: ObjectRef): void {
    if (ref.kind === 'StatefulSet') this.#statefulSets.add(ref.name);
    const { uid = '', creationTimestamp } = object.metadata;
    if (this.#named.has(uid) || !isOrphan(object, ref, this.#facts)) return;
    if (this.#isOwnNamespace && isKeptByAgent(ref)) return;
    for (const [project, rules] of this.#projects) {
      if (!permitsKind(rules, ref) || isIgnored(rules, ref)) continue;
      const isNamed = note(this.found.get(project), ref, creationTimestamp);
      if (isNamed && uid !== '') this.#named.add(uid);
    }
  }
}

/** Returns whether it is named rather than only counted. */
function note(
  found: { objects: Orphan[]; total: number } | undefined,
  { group, kind, name }: ObjectRef,
  createdAt: string | undefined,
): boolean {
  if (found === undefined) return false;
  found.total += 1;
  if (found.objects.length >= maxOrphans) return false;
  found.objects.push({ group, kind, name, ...(createdAt === undefined ? {} : { createdAt }) });
  return true;
}

/** Each kind once, at the version that the API server prefers. StatefulSets first: they tell whose claims there are. */
function kindsToList(
  { catalog, guard }: OrphanServices,
  namespace: string,
  rules: readonly OrphanRules[],
): readonly ApiResource[] {
  const isWanted = (resource: ApiResource | undefined): resource is ApiResource => {
    if (resource === undefined || !resource.namespaced || !resource.verbs.includes('list')) return false;
    if (isAutomaticKind(resource) || !rules.some((each) => permitsKind(each, resource))) return false;
    const { group, kind, plural } = resource;
    return guardProblem(guard, { group, kind, namespace, name: plural }) === undefined;
  };
  const kinds = [...catalog.discovered.byKind.values()].map(([resource]) => resource).filter(isWanted);
  const rankOf = (resource: ApiResource): string =>
    `${resource.kind === 'StatefulSet' ? 0 : 1} ${formatGroupKind(resource)}`;
  return kinds.sort((left, right) => (rankOf(left) < rankOf(right) ? -1 : 1));
}

/** What the agent keeps for itself in its own namespace. */
function isKeptByAgent({ group, kind, name }: ObjectRef): boolean {
  if (group !== '' || (kind !== 'ConfigMap' && kind !== 'Secret')) return false;
  return isOwnConfigMap(name) || (kind === 'Secret' && name.startsWith('fairlead-agent'));
}

function isNoKind({ status }: KubeFailure): boolean {
  return status === 404 || status === 405;
}
