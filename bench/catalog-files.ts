import type { FileChanges } from '../test/support/git-repo.ts';

export const projectCount = 100;
export const clusterCount = 50;
/** How many Kustomize applications share a base. */
export const sharedBy = 100;

/**
 * A fleet repository of so many applications, four files each: a third plain YAML, a third Kustomize on shared bases, a
 * third Helm charts of their own; on 50 clusters, in 100 projects.
 */
export function catalogFiles(repoURL: string, count: number): FileChanges {
  const files: Record<string, string> = {
    'fleet/fleet.yaml': ours('Fleet', 'bench', { environments: [{ name: 'bench' }] }),
  };
  for (let index = 0; index < clusterCount; index += 1) {
    files[`fleet/clusters/c${index}.yaml`] = ours('Cluster', `c${index}`, { environment: 'bench' });
  }
  for (let index = 0; index < projectCount; index += 1) {
    Object.assign(files, projectFile(repoURL, index, ''));
  }
  for (let index = 0; index < count; index += 1) {
    Object.assign(files, applicationFile(repoURL, index), sourceFiles(index, 'v0'));
  }
  for (let base = 0; base * sharedBy < Math.ceil(count / 3); base += 1) {
    Object.assign(files, baseFiles(base, 'v0'));
  }
  return files;
}

export function applicationName(index: number): string {
  return `a${String(index).padStart(5, '0')}`;
}

/** A project as it is in the repository, with a description of its own. */
export function projectFile(repoURL: string, index: number, description: string): FileChanges {
  const spec = {
    description,
    sourceRepos: [repoURL],
    destinations: [{ name: 'c*', namespace: `team-${index}` }],
  };
  return { [`fleet/projects/p${index}.yaml`]: argo('AppProject', `p${index}`, spec) };
}

/** Takes away what the project's applications need of it: they're decided anew. */
export function narrowedProjectFile(repoURL: string, index: number): FileChanges {
  const spec = { sourceRepos: [repoURL], destinations: [{ name: 'c*', namespace: `nobody-${index}` }] };
  return { [`fleet/projects/p${index}.yaml`]: argo('AppProject', `p${index}`, spec) };
}

function applicationFile(repoURL: string, index: number): FileChanges {
  const name = applicationName(index);
  const spec = {
    project: `p${index % projectCount}`,
    source: { repoURL, targetRevision: 'main', path: `apps/${name}` },
    destination: { name: `c${index % clusterCount}`, namespace: `team-${index % projectCount}` },
    syncPolicy: { automated: { prune: true } },
  };
  return { [`applications/${name}.yaml`]: argo('Application', name, spec) };
}

/** The three files of an application's source, at a version. */
export function sourceFiles(index: number, version: string): FileChanges {
  const folder = `apps/${applicationName(index)}`;
  switch (index % 3) {
    case 0:
      return {
        [`${folder}/config.yaml`]: configMap('config', version),
        [`${folder}/service.yaml`]:
          'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n',
        [`${folder}/account.yaml`]: 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: web }\n',
      };
    case 1:
      return {
        [`${folder}/kustomization.yaml`]: `resources: [../../bases/b${baseOf(index)}, config.yaml]\npatches: [{ path: replicas.yaml }]\n`,
        [`${folder}/config.yaml`]: configMap('config', version),
        [`${folder}/replicas.yaml`]:
          'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 2 }\n',
      };
    default:
      return {
        [`${folder}/Chart.yaml`]: `apiVersion: v2\nname: ${applicationName(index)}\nversion: 1.0.0\n`,
        [`${folder}/values.yaml`]: `version: ${version}\n`,
        [`${folder}/templates/config.yaml`]: configMap('config', '{{ .Values.version }}'),
      };
  }
}

/** Which base a Kustomize application stands on. */
export function baseOf(index: number): number {
  return Math.floor(index / 3 / sharedBy);
}

export function baseFiles(base: number, version: string): FileChanges {
  return {
    [`bases/b${base}/kustomization.yaml`]: 'resources: [web.yaml]\n',
    [`bases/b${base}/web.yaml`]: `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'registry.example.com/web:${version}' }] }
`,
  };
}

function configMap(name: string, version: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { version: '${version}' }\n`;
}

/** JSON is YAML. */
function ours(kind: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'fairlead.dev/v1alpha1', kind, metadata: { name }, spec }, null, 2);
}

function argo(kind: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name }, spec }, null, 2);
}
