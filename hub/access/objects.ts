import type { Catalog } from '../catalog/catalog.ts';
import type { ClusterDocument } from '../catalog/documents.ts';
import { ofProjects } from '../catalog/policy-line.ts';

/** Applications outside of it are called with their namespace (Argo CD's `RBACName`). */
const argoNamespace = 'argocd';

/** How a policy calls an application: `PROJECT/NAME`, or `PROJECT/NAMESPACE/NAME`. `application` is its key. */
export function applicationObject(application: string, project: string): string {
  const slash = application.indexOf('/');
  const [namespace, name] = [application.slice(0, Math.max(0, slash)), application.slice(slash + 1)];
  const isPlain = namespace === '' || namespace === argoNamespace;
  return isPlain ? `${project}/${name}` : `${project}/${namespace}/${name}`;
}

/**
 * A cluster goes by its name, and as in Argo CD by the addresses that applications name it by; one that belongs to a
 * project also by `PROJECT/` before each, so that the project's roles may speak of it.
 */
export function clusterObjects(name: string, document: ClusterDocument | undefined): readonly string[] {
  const { servers = [], project } = document ?? {};
  const names = [name, ...servers];
  return project === undefined ? names : [...names, ...names.map((each) => `${project}/${each}`)];
}

/** What somebody means who asks about a resource; without an object, about one of no particular name. */
export function objectsOf(
  resource: string,
  object: string | undefined,
  catalog: Catalog | undefined,
): readonly string[] {
  if (object === undefined || object === '') return [ofProjects.includes(resource) ? '*/*' : '*'];
  return resource === 'clusters' ? clusterObjects(object, catalog?.clusters.get(object)) : [object];
}
