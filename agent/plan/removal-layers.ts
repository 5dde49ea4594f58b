import type { ObjectRef } from '../../core/object-ref.ts';
import { isBuiltInGroup } from '../../core/scope.ts';
import { compareRefs, stageOf } from './order.ts';

/**
 * Objects that are deleted together. What comes before a layer that `waits` must be gone, not only accepted: custom
 * objects need their operator, with all that it stands on, for their finalizers (argo-cd#9296, kubernetes#60538), and
 * definitions and namespaces take everything that is in them along.
 */
export interface RemovalLayer<T> {
  readonly start: 'at-once' | 'waits';
  readonly members: readonly T[];
}

const order = ['webhooks', 'custom', 'rest', 'foundations', 'definitions', 'namespaces'] as const;
type Layer = (typeof order)[number];

const waiting: ReadonlySet<Layer> = new Set<Layer>(['rest', 'definitions', 'namespaces']);

/** In the reverse order of applying, with empty layers left out. */
export function removalLayers<T extends { readonly ref: ObjectRef }>(
  objects: readonly T[],
): readonly RemovalLayer<T>[] {
  const layers = new Map<Layer, T[]>(order.map((layer) => [layer, []]));
  for (const object of objects) layers.get(layerOf(object.ref))?.push(object);
  return [...layers]
    .filter(([, members]) => members.length > 0)
    .map(([layer, members]) => ({
      start: waiting.has(layer) ? 'waits' : 'at-once',
      members: members.sort((left, right) => compareRefs(right.ref, left.ref)),
    }));
}

function layerOf(ref: ObjectRef): Layer {
  if (ref.group === 'admissionregistration.k8s.io') return 'webhooks';
  if (!isBuiltInGroup(ref.group)) return 'custom';
  const stage = stageOf(ref);
  return stage === 'interceptors' ? 'rest' : stage;
}
