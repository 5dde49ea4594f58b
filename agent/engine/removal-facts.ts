import { refOf } from '../../core/kube-object.ts';
import { displayRef, formatRef, type ObjectRef, parseRef } from '../../core/object-ref.ts';
import { isExcludedKind, type ResourceRules } from '../../core/resource-filter.ts';
import type { PruneCandidate } from '../plan/plan-prune.ts';
import { protectionsOf, strongest } from '../plan/prune-protection.ts';
import { resolveKind } from '../plan/resource-index.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectWork } from './object-work.ts';

/** What is known of an object that left Git, for the decision whether it may go. */
export async function removalCandidate(
  services: EngineServices,
  work: ObjectWork,
  scope: 'objects' | 'application',
  rules?: ResourceRules,
): Promise<PruneCandidate> {
  const { key, ref, application, seen, baseline } = work;
  const entry = services.inventory.entries(application).get(key);
  const aspect = scope === 'objects' ? 'prune' : 'remove';
  const remembered = entry?.protections[aspect] ?? 'none';
  const inUse = await findUse(services, work, rules);
  return {
    ref,
    uid: inUse.type === 'unread' ? undefined : seen?.uid,
    knownUids: [entry?.uid, baseline?.uid].filter((uid) => uid !== undefined),
    protection: strongest(remembered, seen?.protections[aspect] ?? 'none'),
    group: services.catalog.unknownGroups.has(ref.group) ? 'unknown' : 'known',
    ...(inUse.type === 'used' ? { inUse: inUse.reason } : {}),
  };
}

type Use = { readonly type: 'free' | 'unread' } | { readonly type: 'used'; readonly reason: string };

const free: Use = { type: 'free' };
const shownAtMost = 5;

/** What would go along with a namespace or a definition. */
async function findUse(
  services: EngineServices,
  work: ObjectWork,
  rules: ResourceRules | undefined,
): Promise<Use> {
  const { ref, seen } = work;
  if (seen?.terminating === true) return free;
  if (ref.group === '' && ref.kind === 'Namespace') return namespaceUse(services, work);
  if (isDefinition(ref)) return definitionUse(services, work, rules);
  return free;
}

/** Objects that anybody's desired state or inventory has in it; its own leftovers go first, by order (argo-cd#22607). */
function namespaceUse(services: EngineServices, work: ObjectWork): Use {
  const isInside = (ref: ObjectRef | undefined): boolean => ref?.namespace === work.ref.name;
  const users = new Set<string>();
  for (const other of services.works()) {
    if (isInside(other.ref) && other.prepared !== undefined) users.add(other.application);
  }
  for (const [application, entries] of services.inventory.applications()) {
    if (application === work.application) continue;
    if ([...entries.keys()].some((key) => isInside(parseRef(key)))) users.add(application);
  }
  if (users.size === 0) return free;
  const names = [...users].sort();
  return {
    type: 'used',
    reason: `${displayRef(work.ref)} left Git and stays, since objects of ${listed(names)} are in it`,
  };
}

/**
 * Objects of its kind that stay: those of others, and those of this application that are in Git,
 * protected or excluded. Deleting
 * the definition would delete them. Asked of the API server as it is now; where it can't be told, the definition stays.
 */
async function definitionUse(
  services: EngineServices,
  work: ObjectWork,
  rules: ResourceRules | undefined,
): Promise<Use> {
  const live = await objectsOfDefinition(services, work);
  if (live === undefined) return { type: 'unread' };
  const own = services.inventory.entries(work.application);
  const wanted = new Set(
    services.works().flatMap(({ ref, prepared }) => (prepared === undefined ? [] : [formatRef(ref)])),
  );
  const staying = live.filter(({ ref, object }) => {
    const entry = own.get(formatRef(ref));
    if (entry === undefined || wanted.has(formatRef(ref)) || isExcludedKind(rules, ref)) return true;
    return strongest(entry.protections.prune, protectionsOf(object).prune) === 'keep';
  });
  if (staying.length === 0) return free;
  const names = listed(staying.map(({ ref }) => displayRef(ref)));
  return {
    type: 'used',
    reason: `${displayRef(work.ref)} left Git and stays, since ${staying.length} of its objects stay or don't belong to ${work.application}, and would be deleted with it: ${names}`,
  };
}

/** Everything of the kind that it defines; `undefined` where that can't be told. */
async function objectsOfDefinition(services: EngineServices, work: ObjectWork) {
  const { kube, catalog, limiter } = services;
  await catalog.refresh();
  const kinds = [...catalog.discovered.byKind.values()].map(([resource]) => resource);
  const defined = kinds.find(
    (kind) => kind !== undefined && `${kind.plural}.${kind.group}` === work.ref.name,
  );
  if (defined === undefined) return undefined;
  const { group, kind } = defined;
  const found = resolveKind(catalog.discovered, group, kind);
  if (found.type !== 'served') return undefined;
  const answer = await limiter.run(work.application, () => kube.list(found.resource, {}));
  if (answer.type === 'failed') return undefined;
  return answer.objects.map((object) => ({ object, ref: { ...refOf(object), group, kind } }));
}

/** Whether nothing is left of its kind when a definition goes: what the brake or a person holds must not go along with it. */
export async function takesNothingAlong(services: EngineServices, work: ObjectWork): Promise<boolean> {
  if (!isDefinition(work.ref) || work.seen?.terminating === true) return true;
  const live = await objectsOfDefinition(services, work);
  return live?.length === 0;
}

function isDefinition({ group, kind }: ObjectRef): boolean {
  return group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition';
}

function listed(names: readonly string[]): string {
  const more = names.length - shownAtMost;
  return `${names.slice(0, shownAtMost).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
