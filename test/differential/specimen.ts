import type { Json, JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { Path } from './object-path.ts';

/** A field that Git may set or leave out, and that others may change: to one of these values, or away. */
export interface Spot {
  readonly path: Path;
  readonly values: readonly Json[];
}

/** A list that grows, shrinks and is put into another order. */
export interface ListSpot {
  readonly path: Path;
  readonly items: readonly Json[];
}

/** One kind: the least of a valid object, and what may vary of it. */
export interface Specimen {
  readonly apiVersion: string;
  readonly kind: string;
  readonly scope: 'namespaced' | 'cluster';
  /** What has to be there, besides the name. */
  readonly base: JsonObject;
  readonly spots: readonly Spot[];
  readonly lists: readonly ListSpot[];
  /** `strategic`: takes strategic merge patches, as built-in kinds do. */
  readonly patches: 'strategic' | 'plain';
  /** A status that somebody may write. */
  readonly status?: JsonObject;
  /** Where the replicas are that the subresource `scale` sets. */
  readonly scale?: Path;
}

/** Labels and annotations, as every kind has them. */
export const commonSpots: readonly Spot[] = [
  { path: ['metadata', 'labels', 'team'], values: ['a', 'b', 'c'] },
  { path: ['metadata', 'labels', 'example.com/tier'], values: ['web', 'db'] },
  { path: ['metadata', 'annotations', 'note'], values: ['git', 'theirs', ''] },
  { path: ['metadata', 'annotations', 'example.com/owner'], values: ['x', 'y'] },
];

export function manifestOf(specimen: Specimen, name: string, namespace: string): KubeObject {
  const place = specimen.scope === 'cluster' ? {} : { namespace };
  return {
    apiVersion: specimen.apiVersion,
    kind: specimen.kind,
    ...specimen.base,
    metadata: { name, ...place },
  };
}
