import type { Health } from '../../core/health.ts';
import { isJsonArray, type Json, jsonAt, numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { judgeHealth } from '../health/object-health.ts';
import type { ApiResource } from '../ports.ts';

/** What is kept of a live object that somebody owns, while a tree is made. */
export interface ChildRecord {
  readonly ref: ObjectRef;
  readonly uid: string;
  /** Uids; the controller first. */
  readonly owners: readonly string[];
  readonly createdAt: string;
  /** An old revision without pods. */
  readonly isIdle: boolean;
  readonly health?: Health;
  readonly images?: readonly string[];
  readonly containers?: readonly string[];
  readonly restarts?: number;
  readonly ready?: string;
}

/** `undefined` for what nobody owns. */
export function childRecord(
  resource: ApiResource,
  object: KubeObject,
  form: 'whole' | 'metadata',
  now: Date,
): ChildRecord | undefined {
  const { metadata } = object;
  const owners = ownerUids(object);
  if (owners.length === 0 || metadata.uid === undefined) return undefined;
  const { group, kind } = resource;
  return {
    ref: { group, kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '' },
    uid: metadata.uid,
    owners,
    createdAt: metadata.creationTimestamp ?? '',
    isIdle: kind === 'ControllerRevision' || isScaledDown(resource, object),
    ...(form === 'whole' ? describe(resource, object, now) : {}),
  };
}

function ownerUids({ metadata }: KubeObject): readonly string[] {
  const references = metadata.ownerReferences ?? [];
  return references
    .toSorted((left, right) => Number(right['controller'] === true) - Number(left['controller'] === true))
    .flatMap((reference) => stringAt(reference, 'uid') ?? []);
}

function isScaledDown({ group, kind }: ApiResource, object: KubeObject): boolean {
  if (group !== 'apps' || kind !== 'ReplicaSet') return false;
  return numberAt(object, 'spec', 'replicas') === 0 && (numberAt(object, 'status', 'replicas') ?? 0) === 0;
}

type Description = Pick<ChildRecord, 'health' | 'images' | 'containers' | 'restarts' | 'ready'>;

function describe({ group, kind }: ApiResource, object: KubeObject, now: Date): Description {
  const { health } = judgeHealth(object, { now, status: 'standing' });
  const judged = health === undefined ? {} : { health };
  if (group === '' && kind === 'Pod') return { ...judged, ...describePod(object) };
  const template = jsonAt(object, 'spec', 'template', 'spec');
  if (template === undefined) return judged;
  const replicas = numberAt(object, 'spec', 'replicas');
  const ready = numberAt(object, 'status', 'readyReplicas') ?? 0;
  return {
    ...judged,
    images: namesOf(template, 'image'),
    ...(replicas === undefined ? {} : { ready: `${ready}/${replicas}` }),
  };
}

function describePod(pod: KubeObject): Description {
  const spec = jsonAt(pod, 'spec');
  const statuses = elements(pod, 'status', 'containerStatuses');
  const restarts = statuses.reduce<number>((sum, each) => sum + (numberAt(each, 'restartCount') ?? 0), 0);
  const ready = statuses.filter((each) => jsonAt(each, 'ready') === true).length;
  const containers = namesOf(spec, 'name');
  return { images: namesOf(spec, 'image'), containers, restarts, ready: `${ready}/${containers.length}` };
}

function namesOf(spec: Json | undefined, field: 'name' | 'image'): readonly string[] {
  const all = elements(spec, 'containers').flatMap((each) => stringAt(each, field) ?? []);
  return [...new Set(all)];
}

function elements(value: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const found = jsonAt(value, ...path);
  return isJsonArray(found) ? found : [];
}
