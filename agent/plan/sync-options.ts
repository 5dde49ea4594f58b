import type { KubeObject } from '../../core/kube-object.ts';

/** An object's own `Name=value` options of Argo CD's `argocd.argoproj.io/sync-options`. */
export function syncOptionsOf(object: KubeObject): ReadonlyMap<string, string> {
  const text = object.metadata.annotations?.['argocd.argoproj.io/sync-options'] ?? '';
  return new Map(
    text.split(',').map((option): [string, string] => {
      const [name = '', value = ''] = option.split('=', 2);
      return [name.trim(), value.trim()];
    }),
  );
}
