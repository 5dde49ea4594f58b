import { corpusFiles, exampleFleetWithTags, hasCorpus } from './example-fleet.ts';
import type { FileChanges } from './git-repo.ts';

/** A real application that was not written here, with Argo CD's waves and hooks added to it. */
export interface WavedApplication {
  readonly name: string;
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly components: readonly string[];
  /** Deployments that come after everything else, wave after wave. */
  readonly waves: readonly (readonly string[])[];
}

export const wavedApplications: readonly WavedApplication[] = hasCorpus
  ? [
      {
        name: 'podinfo',
        namespace: 'dev',
        resources: ['corpus/podinfo/deploy/overlays/dev'],
        components: [],
        waves: [['cache', 'backend'], ['frontend']],
      },
      {
        name: 'boutique',
        namespace: 'boutique',
        resources: ['corpus/online-boutique/kustomize/base'],
        components: ['corpus/online-boutique/kustomize/components/network-policies'],
        waves: [['cartservice', 'productcatalogservice'], ['checkoutservice'], ['frontend', 'loadgenerator']],
      },
    ]
  : [];

export const hookNames = { before: 'check-before', after: 'check-after' } as const;

/** The example's storefront, with the hook of its chart, and the real applications where they are there, on cluster `prod`. */
export async function wavedFleet(url: string): Promise<FileChanges> {
  const example = await exampleFleetWithTags(
    url,
    (path) => /^(fleet|charts)\//.test(path) || path === 'applications/prod/storefront.yaml',
  );
  const project = document('AppProject', 'corpus', {
    sourceRepos: [url],
    destinations: wavedApplications.map(({ namespace }) => ({ name: 'prod', namespace })),
    clusterResourceWhitelist: [{ group: '', kind: 'Namespace' }],
  });
  const applications = wavedApplications.flatMap((application): [string, string][] => {
    const { name, namespace } = application;
    const path = `waved/${name}`;
    const spec = {
      project: 'corpus',
      source: { repoURL: url, targetRevision: 'main', path },
      destination: { name: 'prod', namespace },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['CreateNamespace=true'],
      },
    };
    return [
      [`applications/${name}.yaml`, document('Application', name, spec)],
      [`${path}/kustomization.yaml`, kustomization(application)],
      [`${path}/before.yaml`, hook(hookNames.before, 'PreSync')],
      [`${path}/after.yaml`, hook(hookNames.after, 'PostSync')],
    ];
  });
  return {
    ...(hasCorpus ? await corpusFiles() : {}),
    ...example,
    'fleet/projects/corpus.yaml': project,
    ...Object.fromEntries(applications),
  };
}

/** The same applications; what somebody changes is left, and told. */
export function inModeSync(files: FileChanges): FileChanges {
  return Object.fromEntries(
    Object.entries(files)
      .filter(([path]) => path.startsWith('applications/'))
      .map(([path, text]) => [path, String(text).replace(/("?selfHeal"?: ?)true/, '$1false')]),
  );
}

/** The kustomization of one application, from the folder `waved/NAME`; `label` changes every Deployment of the last wave. */
export function kustomization(application: WavedApplication, label = 'first'): string {
  const { namespace, resources, components, waves } = application;
  const last = waves.length - 1;
  const patches = waves.flatMap((names, index) =>
    names.map((name) => ({
      patch: JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: {
          name,
          annotations: { 'argocd.argoproj.io/sync-wave': String(index + 1) },
          ...(index === last ? { labels: { version: label } } : {}),
        },
      }),
    })),
  );
  const up = (path: string): string => `../../${path}`;
  return JSON.stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [...resources.map(up), 'before.yaml', 'after.yaml'],
    components: components.map(up),
    patches,
  });
}

function hook(name: string, phase: string): string {
  return JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { 'argocd.argoproj.io/hook': phase } },
    spec: {
      backoffLimit: 0,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'check', image: 'busybox:1.37' }] } },
    },
  });
}

/** JSON is YAML. */
function document(kind: string, name: string, spec: object): string {
  return JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind,
    metadata: { name, namespace: 'argocd' },
    spec,
  });
}
