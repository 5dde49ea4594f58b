import type { ObjectRef } from '../../core/object-ref.ts';
import type { ApiResource } from '../ports.ts';
import { type ResourceIndex, resolveKind } from './resource-index.ts';

/** A kind to look through for what an application's objects made. */
export interface ChildKind {
  readonly resource: ApiResource;
  /** What of its objects is read. */
  readonly form: 'whole' | 'metadata';
}

/** What Kubernetes' own controllers make of a kind; a kind that isn't here makes nothing, or is somebody's own. */
const makes: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['apps/ReplicaSet'],
  'apps/ReplicaSet': ['/Pod'],
  'apps/StatefulSet': ['/Pod', '/PersistentVolumeClaim', 'apps/ControllerRevision'],
  'apps/DaemonSet': ['/Pod', 'apps/ControllerRevision'],
  '/ReplicationController': ['/Pod'],
  'batch/CronJob': ['batch/Job'],
  'batch/Job': ['/Pod'],
  '/Service': ['discovery.k8s.io/EndpointSlice'],
};

/** What somebody's own kinds make, apart from others of their group. */
const madeByOthers = [
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'batch/CronJob',
  'batch/Job',
  '/Pod',
  '/Service',
  '/ConfigMap',
  '/Secret',
  '/PersistentVolumeClaim',
  'networking.k8s.io/Ingress',
];

/** Their status is worth reading; of others only who owns them is. */
const readWhole: ReadonlySet<string> = new Set([
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'batch/CronJob',
  'batch/Job',
  '/Pod',
  '/PersistentVolumeClaim',
  'networking.k8s.io/Ingress',
]);

const builtIn = /^(|apps|autoscaling|batch|policy|[a-z.]+\.k8s\.io)$/;

type Kind = Pick<ObjectRef, 'group' | 'kind'>;

/** The kinds to look through for what objects of these kinds made, and what that made in turn. */
export function knownChildKinds(roots: readonly Kind[], index: ResourceIndex): readonly ChildKind[] {
  const found = new Set<string>();
  const waiting = roots.flatMap((root) => madeBy(root, index));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...(makes[next] ?? []));
  }
  return [...found].sort().flatMap((key) => childKind(key, index));
}

function madeBy({ group, kind }: Kind, index: ResourceIndex): readonly string[] {
  const known = makes[`${group}/${kind}`];
  if (known !== undefined) return known;
  if (builtIn.test(group)) return [];
  const siblings = [...index.byKind.keys()].filter((key) => key.startsWith(`${group}/`));
  return [...madeByOthers, ...siblings];
}

function childKind(key: string, index: ResourceIndex): readonly ChildKind[] {
  const slash = key.lastIndexOf('/');
  const found = resolveKind(index, key.slice(0, slash), key.slice(slash + 1));
  if (found.type !== 'served' || !isListed(found.resource)) return [];
  const isOwn = !builtIn.test(found.resource.group);
  return [{ resource: found.resource, form: isOwn || readWhole.has(key) ? 'whole' : 'metadata' }];
}

/** Every kind that stands in namespaces, each at one version. Events own nothing and are not owned; metrics are computed. */
export function allChildKinds(index: ResourceIndex): readonly ChildKind[] {
  return [...index.byKind.values()].flatMap(([resource]) => {
    if (resource === undefined || !isListed(resource)) return [];
    if (resource.kind === 'Event' || resource.group.endsWith('metrics.k8s.io')) return [];
    const form = readWhole.has(`${resource.group}/${resource.kind}`) ? 'whole' : 'metadata';
    return [{ resource, form }];
  });
}

function isListed({ namespaced, verbs }: ApiResource): boolean {
  return namespaced && verbs.includes('list');
}
