import { stringAt } from '../../core/json.ts';
import { type Manifest, refOf } from '../../core/kube-object.ts';
import { formatGroupKind, groupOf, type ObjectRef } from '../../core/object-ref.ts';
import { isBuiltInClusterScoped, isBuiltInGroup } from '../../core/scope.ts';

export type Scope = 'cluster' | 'namespaced' | 'unknown';

/**
 * Whether an object stands in a namespace: by Kubernetes' own kinds, by what the destination's agent reported
 * (`clusterScopedKinds`, `group/Kind`; `undefined` before its first report), or by the definitions among the manifests.
 */
export function scopeIn(
  manifests: readonly Manifest[],
  clusterScopedKinds: readonly string[] | undefined,
): (ref: ObjectRef) => Scope {
  const scopes = definedScopes(manifests);
  const reported = clusterScopedKinds === undefined ? undefined : new Set(clusterScopedKinds);
  return (ref) => {
    const kind = formatGroupKind(ref);
    // First, since a definition may add a kind to one of Kubernetes' own groups.
    if (reported?.has(kind) === true || scopes.get(kind) === 'cluster') return 'cluster';
    if (isBuiltInGroup(ref.group)) return isBuiltInClusterScoped(ref) ? 'cluster' : 'namespaced';
    return scopes.get(kind) ?? (reported === undefined ? 'unknown' : 'namespaced');
  };
}

/** Scopes that the set itself brings, by its CustomResourceDefinitions. Of two for one kind, the one that asks for more counts. */
function definedScopes(manifests: readonly Manifest[]): ReadonlyMap<string, Scope> {
  const scopes = new Map<string, Scope>();
  for (const { object } of manifests) {
    if (groupOf(object.apiVersion) !== 'apiextensions.k8s.io' || object.kind !== 'CustomResourceDefinition')
      continue;
    const group = stringAt(object, 'spec', 'group') ?? '';
    const kind = stringAt(object, 'spec', 'names', 'kind') ?? '';
    const scope = stringAt(object, 'spec', 'scope') === 'Cluster' ? 'cluster' : 'namespaced';
    const key = formatGroupKind({ group, kind });
    if (scopes.get(key) !== 'cluster') scopes.set(key, scope);
  }
  return scopes;
}

/** Where an object will stand: in its own namespace, else in its application's, else in none. */
export function placedRef(manifest: Manifest, scope: Scope, namespace: string): ObjectRef {
  const ref = refOf(manifest.object);
  if (scope === 'cluster') return { ...ref, namespace: '' };
  return ref.namespace === '' ? { ...ref, namespace } : ref;
}
