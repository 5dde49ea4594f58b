import type { FileChanges } from './git-repo.ts';

/** Documents of a small fleet and its sources, as texts. */

export function fleetText(environments: readonly string[] = ['test']): string {
  return `apiVersion: fairlead.dev/v1alpha1
kind: Fleet
metadata: { name: fleet }
spec:
  environments: [${environments.map((name) => `{ name: ${name} }`).join(', ')}]
`;
}

export function clusterText(name: string, servers: readonly string[] = []): string {
  return `apiVersion: fairlead.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec:
  environment: test
  servers: [${servers.join(', ')}]
`;
}

export function projectText(name: string, rest = ''): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: { name: ${name} }
spec:
  sourceRepos: ['*']
  destinations: [{ name: '*', namespace: 'team-*' }]
${rest}`;
}

export interface ApplicationText {
  readonly repoURL: string;
  readonly path?: string;
  readonly cluster?: string;
  readonly server?: string;
  readonly project?: string;
  readonly revision?: string;
  readonly namespace?: string;
  /** With Argo CD's resources finalizer. */
  readonly finalizer?: 'resources';
}

export function applicationText(name: string, text: ApplicationText): string {
  const finalizers =
    text.finalizer === undefined ? '' : '  finalizers: [resources-finalizer.argocd.argoproj.io]\n';
  const target = text.server === undefined ? `name: ${text.cluster ?? 'one'}` : `server: ${text.server}`;
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
${finalizers}spec:
  project: ${text.project ?? 'platform'}
  source:
    repoURL: ${text.repoURL}
    targetRevision: ${text.revision ?? 'main'}
    path: ${text.path ?? name}
  destination:
    ${target}
    namespace: ${text.namespace ?? 'team-a'}
  syncPolicy: { automated: { prune: true, selfHeal: true } }
`;
}

export function configMapText(name: string, value: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name} }
data: { value: '${value}' }
`;
}

/** Fleet, projects `platform` and `shop`, clusters `one` and `two`. */
export const administration: FileChanges = {
  'fleet/fleet.yaml': fleetText(),
  'fleet/projects/platform.yaml': projectText('platform'),
  'fleet/projects/shop.yaml': projectText('shop'),
  'fleet/clusters/one.yaml': clusterText('one'),
  'fleet/clusters/two.yaml': clusterText('two'),
};
