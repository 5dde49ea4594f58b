import type { KubeObject } from '../../core/kube-object.ts';
import { syncOptionsOf } from './sync-options.ts';

/** Whether an object says itself that it must stay when it leaves Git (Argo CD's `Prune=false`, Helm's `keep`). */
export function isPruneProtected(object: KubeObject): boolean {
  const annotations = object.metadata.annotations ?? {};
  if (annotations['helm.sh/resource-policy']?.trim() === 'keep') return true;
  return syncOptionsOf(object).get('Prune') === 'false';
}
