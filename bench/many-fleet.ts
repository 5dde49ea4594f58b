import type { FileChanges } from '../test/support/git-repo.ts';
import { manyNamespaces, objectsOf } from './many-objects.ts';

/** The name of an application of many objects, and the key by which the hub knows it. */
export function manyName(index: number): string {
  return `many-${String(index).padStart(3, '0')}`;
}

export function manyKey(index: number): string {
  return `argocd/${manyName(index)}`;
}

/** A catalog of one cluster and one project whose applications keep what they are given, and only report drift. */
export function manyCatalog(repoURL: string, applications: number): FileChanges {
  const files: Record<string, string> = {
    'fleet/fleet.yaml': json('fairlead.dev/v1alpha1', 'Fleet', 'bench', {
      environments: [{ name: 'bench' }],
    }),
    'fleet/cluster.yaml': json('fairlead.dev/v1alpha1', 'Cluster', 'bench', { environment: 'bench' }),
    'fleet/project.yaml': json('argoproj.io/v1alpha1', 'AppProject', 'bench', {
      sourceRepos: [repoURL],
      destinations: manyNamespaces('fairlead').map((namespace) => ({ name: 'bench', namespace })),
      clusterResourceWhitelist: [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }],
    }),
  };
  return { ...files, ...manyApplicationFiles(repoURL, 0, applications) };
}

/** The applications from one number on, up to another, with their objects: 25 of 20 kinds each. */
export function manyApplicationFiles(repoURL: string, from: number, to: number): FileChanges {
  const files: Record<string, string> = {};
  const namespaces = manyNamespaces('fairlead');
  for (let index = from; index < to; index += 1) {
    const name = manyName(index);
    files[`applications/${name}.yaml`] = json('argoproj.io/v1alpha1', 'Application', name, {
      project: 'bench',
      source: { repoURL, targetRevision: 'main', path: `apps/${name}` },
      destination: { name: 'bench', namespace: namespaces[index % namespaces.length] ?? '' },
      syncPolicy: { automated: { prune: true } },
    });
    const objects = objectsOf('fairlead', index, 1).map((object) => JSON.stringify(object));
    files[`apps/${name}/objects.yaml`] = objects.join('\n---\n');
  }
  return files;
}

/** JSON is YAML. */
function json(apiVersion: string, kind: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion, kind, metadata: { name }, spec }, null, 2);
}
