import type { ApiResource } from '../ports.ts';

type Place = Pick<ApiResource, 'group' | 'version' | 'plural' | 'namespaced'>;

/** Where a resource's objects are listed and created; all namespaces where `namespace` is ''. Names keep their case. */
export function collectionPath(resource: Place, namespace: string): string {
  const root = resource.group === '' ? '/api' : `/apis/${encodeURIComponent(resource.group)}`;
  const version = encodeURIComponent(resource.version);
  const plural = encodeURIComponent(resource.plural);
  const inNamespace = resource.namespaced && namespace !== '';
  return `${root}/${version}/${inNamespace ? `namespaces/${encodeURIComponent(namespace)}/` : ''}${plural}`;
}

/**
 * Where one object is. `undefined` where no object can be: a DELETE of the path of an empty name would delete the
 * whole collection. Dots are names to us and steps to whoever tidies paths on the way.
 */
export function objectPath(resource: Place, namespace: string, name: string): string | undefined {
  const isStep = (part: string) => part === '' || part === '.' || part === '..';
  if (isStep(name) || (resource.namespaced && isStep(namespace))) return undefined;
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}

/** How metrics and messages call a resource: `deployments.apps`, `configmaps`. */
export function resourceName(resource: Pick<ApiResource, 'group' | 'plural'>): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}
