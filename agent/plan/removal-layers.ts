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

const waiting: ReadonlySet<Layer> = new Set<Layer>(['definitions', 'namespaces']);

/**
 * In the reverse order of applying, with empty layers left out. Within a layer later waves go first, as with Argo CD,
 * and are gone before the next; across layers the kinds decide, since a wave must not take a namespace before what is
 * in it.
 */
export function removalLayers<T extends { readonly ref: ObjectRef; readonly wave?: number }>(
  objects: readonly T[],
): readonly RemovalLayer<T>[] {
  const hasCustom = objects.some(({ ref }) => layerOf(ref) === 'custom');
  const waits = (layer: Layer) =>
    waiting.has(layer) || (hasCustom && (layer === 'rest' || layer === 'foundations'));
  return order.flatMap((layer) => {
    const members = objects.filter(({ ref }) => layerOf(ref) === layer);
    const waves = [...new Set(members.map(({ wave = 0 }) => wave))].sort((left, right) => right - left);
    return waves.map((wave, index): RemovalLayer<T> => {
      const start = index > 0 || waits(layer) ? 'waits' : 'at-once';
      const ofWave = members.filter((member) => (member.wave ?? 0) === wave);
      return { start, members: ofWave.sort((left, right) => compareRefs(right.ref, left.ref)) };
    });
  });
}

function layerOf(ref: ObjectRef): Layer {
  if (ref.group === 'admissionregistration.k8s.io') return 'webhooks';
  if (!isBuiltInGroup(ref.group)) return 'custom';
  const stage = stageOf(ref);
  return stage === 'interceptors' ? 'rest' : stage;
}
