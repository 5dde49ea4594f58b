import type { Json, JsonObject } from './json.ts';
import { groupOf, type ObjectRef } from './object-ref.ts';
import type { Location } from './problem.ts';

export interface ObjectMetadata extends JsonObject {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly ownerReferences?: readonly JsonObject[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly JsonObject[];
}

/** Any Kubernetes object as data. Nothing of it is dropped, renamed or defaulted. */
export interface KubeObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
}

/** One desired object, with the place in Git that it came from. */
export interface Manifest {
  readonly object: KubeObject;
  readonly origin: Location;
}

/** The identity of an object as it is written; scope is not considered (see `core/scope.ts`). */
export function refOf(object: KubeObject): ObjectRef {
  return {
    group: groupOf(object.apiVersion),
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
  };
}

/** Whether a value has the shape of a Kubernetes object: an `apiVersion`, a `kind` and `metadata`. */
export function isKubeObject(value: Json | undefined): value is KubeObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const candidate = value as JsonObject;
  const metadata = candidate['metadata'];
  return (
    typeof candidate['apiVersion'] === 'string' &&
    typeof candidate['kind'] === 'string' &&
    metadata !== null &&
    typeof metadata === 'object' &&
    !Array.isArray(metadata)
  );
}
