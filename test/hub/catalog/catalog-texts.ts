import { buildCatalog } from '../../../hub/catalog/build-catalog.ts';
import type { Catalog, CatalogFile } from '../../../hub/catalog/catalog.ts';
import { foldFiles } from '../../../hub/catalog/fold-files.ts';

export const fleetText = `apiVersion: fairlead.dev/v1alpha1
kind: Fleet
metadata: {name: test}
spec:
  environments:
    - name: dev
    - {name: staging, mode: heal}
    - {name: prod, mode: sync, deleteLimits: {freeObjects: 2, maxShare: 0.1}}
`;

export function clusterText(name: string, environment = name, rest = ''): string {
  return `apiVersion: fairlead.dev/v1alpha1
kind: Cluster
metadata: {name: ${name}}
spec:
  environment: ${environment}
${rest}`;
}

export const repository = 'https://git.example.com/platform/platform-config.git';

export function projectText(name: string, spec = ''): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: ${name}}
spec:
  sourceRepos: ['${repository}']
${spec === '' ? "  destinations: [{name: '*', namespace: payments}]\n" : spec}`;
}

/** An Application in the style of Argo CD's documentation; `spec` is added to its spec. */
export function applicationText(name: string, cluster = 'dev', spec = '', project = 'platform'): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
spec:
  project: ${project}
  source:
    repoURL: ${repository}
    targetRevision: main
    path: apps/payments/overlays/staging
  destination:
    name: ${cluster}
    namespace: payments
${spec}`;
}

/** A fleet that is right, by path. */
export const goodTexts: Readonly<Record<string, string>> = {
  'fleet/fleet.yaml': fleetText,
  'fleet/clusters/dev.yaml': clusterText('dev'),
  'fleet/clusters/staging.yaml': clusterText(
    'staging',
    'staging',
    '  servers: [https://kubernetes.default.svc]\n',
  ),
  'fleet/clusters/prod.yaml': clusterText('prod'),
  'fleet/projects/platform.yaml': projectText('platform'),
  'applications/payments-dev.yaml': applicationText('payments-dev'),
};

/** Folds texts by path onto earlier files; the text stands for its object id. */
export function foldTexts(
  texts: Readonly<Record<string, string>>,
  previous: readonly CatalogFile[] = [],
): readonly CatalogFile[] {
  return foldFiles(
    previous,
    Object.entries(texts).map(([path, text]) => ({ path, oid: text, text })),
  );
}

export function catalogOf(texts: Readonly<Record<string, string>>): Catalog {
  return buildCatalog(foldTexts(texts));
}
