import type { FileChanges } from '../test/support/git-repo.ts';

/** How many applications, of one ConfigMap of about 2 KB each. */
export const applicationCount = 500;
export const namespace = 'bench';

/** Two kilobytes that differ per object and version, and don't compress to nothing. */
export function payload(name: string, version: string): string {
  let text = `${name} ${version}\n`;
  let seed = [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
  while (text.length < 2000) {
    seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
    text += seed.toString(36);
  }
  return text;
}

export function applicationName(index: number): string {
  return `app-${String(index).padStart(4, '0')}`;
}

export function configMap(name: string, version: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { version, payload: payload(name, version) },
  };
}

/** The content of one application at a version. */
export function contentOf(index: number, version: string): FileChanges {
  const name = applicationName(index);
  return { [`apps/${name}/configmap.yaml`]: JSON.stringify(configMap(name, version), null, 2) };
}

/** The content of all applications at a version: one commit. */
export function allContents(version: string): FileChanges {
  return Object.assign(
    {},
    ...Array.from({ length: applicationCount }, (_, index) => contentOf(index, version)),
  );
}

/** The catalog: one cluster, one project, all applications, healing. */
export function catalogOf(repoURL: string): FileChanges {
  const documents: Record<string, string> = {
    'fleet/fleet.yaml': yaml('fairlead.dev/v1alpha1', 'Fleet', 'bench', {
      environments: [{ name: 'bench' }],
    }),
    'fleet/cluster.yaml': yaml('fairlead.dev/v1alpha1', 'Cluster', 'bench', { environment: 'bench' }),
    'fleet/project.yaml': yaml('argoproj.io/v1alpha1', 'AppProject', 'bench', {
      sourceRepos: [repoURL],
      destinations: [{ name: 'bench', namespace }],
    }),
  };
  for (let index = 0; index < applicationCount; index += 1) {
    const name = applicationName(index);
    documents[`applications/${name}.yaml`] = yaml('argoproj.io/v1alpha1', 'Application', name, {
      project: 'bench',
      source: { repoURL, targetRevision: 'main', path: `apps/${name}` },
      destination: { name: 'bench', namespace },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    });
  }
  return documents;
}

/** JSON is YAML. */
function yaml(apiVersion: string, kind: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion, kind, metadata: { name }, spec }, null, 2);
}
