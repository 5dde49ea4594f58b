import type { KubeObject } from '../../core/kube-object.ts';

/** Whether an object says itself that it must stay when it leaves Git (Argo CD's `Prune=false`, Helm's `keep`). */
export function isPruneProtected(object: KubeObject): boolean {
  const annotations = object.metadata.annotations ?? {};
  if (annotations['helm.sh/resource-policy']?.trim() === 'keep') return true;
  const options = annotations['argocd.argoproj.io/sync-options'] ?? '';
  return options.split(',').some((option) => option.trim() === 'Prune=false');
}
