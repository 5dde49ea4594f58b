import type { FileChanges } from './git-repo.ts';

/** A fleet of two environments for promotions: each application shows another way to say what runs. */

const registry = 'registry.example';

function application(
  name: string,
  cluster: string,
  repoURL: string,
  path: string,
  rest: { readonly source?: string; readonly revision?: string; readonly labels?: string } = {},
): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  labels: {${rest.labels ?? ''}}
spec:
  project: platform
  source:
    repoURL: ${repoURL}
    targetRevision: ${rest.revision ?? 'main'}
    path: ${path}
${rest.source ?? ''}  destination: { name: ${cluster}, namespace: team-a }
  syncPolicy: { automated: {} }
`;
}

export function deployment(name: string, image: string, rest = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
        - name: web
          image: ${image} # runs
${rest}`;
}

const cluster = (name: string, environment: string) => `apiVersion: fairlead.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec: { environment: ${environment} }
`;

const administration: FileChanges = {
  'fleet/fleet.yaml': `apiVersion: fairlead.dev/v1alpha1
kind: Fleet
metadata: { name: fleet }
spec: { environments: [{ name: staging }, { name: prod }] }
`,
  'fleet/platform.yaml': `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: { name: platform }
spec:
  sourceRepos: ['*']
  destinations: [{ name: '*', namespace: team-a }]
`,
  'fleet/s1.yaml': cluster('s1', 'staging'),
  'fleet/s2.yaml': cluster('s2', 'staging'),
  'fleet/p1.yaml': cluster('p1', 'prod'),
  'fleet/p2.yaml': cluster('p2', 'prod'),
};

const chart = (template: string): FileChanges => ({
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'values.yaml': `image:\n  repository: ${registry}/web\n  tag: "1.0"\n`,
  'templates/web.yaml': template,
});

function below(folder: string, files: FileChanges): FileChanges {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]));
}

const umbrella = (version: string, tag: string): FileChanges => ({
  'Chart.yaml': `apiVersion: v2
name: shop
version: 0.1.0
dependencies:
  # the web part
  - name: web
    version: ${version} # tested together
    repository: https://charts.example.com
`,
  'Chart.lock': `dependencies:\n- name: web\n  version: ${version}\ndigest: sha256:${version}\n`,
  'values.yaml': 'web:\n  replicas: 1\n',
  'charts/web/Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
  'charts/web/values.yaml': `image:\n  repository: ${registry}/web\n  tag: "${tag}"\n`,
  'charts/web/templates/web.yaml': deployment(
    'web',
    '{{ .Values.image.repository }}:{{ .Values.image.tag }}',
    `          args: ['--chart={{ .Chart.Version }}']\n`,
  ),
});

const side = (image: string) => `        - name: side\n          image: ${image}\n`;

const fromValues = deployment('web', '{{ .Values.image.repository }}:{{ .Values.image.tag }}');
const kustomization = (...lines: readonly string[]) => `${['resources:', ...lines].join('\n')}\n`;

/** All of it, at the address of its repository. */
export function promotionFleet(url: string): FileChanges {
  const app = (name: string, on: string, path: string, rest = {}) => application(name, on, url, path, rest);
  return {
    ...administration,
    // Only staging's overlay names a tag.
    'apps/shop.yaml': [app('shop-staging', 's1', 'shop/staging'), app('shop-prod', 'p1', 'shop/prod')].join(
      '---\n',
    ),
    'shop/base/kustomization.yaml': kustomization('  - web.yaml'),
    'shop/base/web.yaml': deployment('web', `${registry}/web:1.0`),
    'shop/staging/kustomization.yaml': kustomization(
      '  - ../base',
      'nameSuffix: -staging',
      'images:',
      `  - name: ${registry}/web`,
      '    newTag: "1.1"',
      `    digest: sha256:${'ab'.repeat(32)}`,
    ),
    'shop/prod/kustomization.yaml': kustomization('  - ../base', 'nameSuffix: -prod', '# the end'),
    // Plain files, two clusters of prod share theirs.
    'apps/plain.yaml': [
      app('plain-s1', 's1', 'plain/staging'),
      app('plain-s2', 's2', 'plain/staging'),
      app('plain-p1', 'p1', 'plain/prod'),
      app('plain-p2', 'p2', 'plain/prod'),
    ].join('---\n'),
    'plain/staging/web.yaml': deployment('web', `${registry}/web:1.1`),
    'plain/prod/web.yaml': deployment('web', `${registry}/web:1.0`),
    // The Applications differ by their own options only.
    'apps/option-staging.yaml': app('option-staging', 's1', 'option', {
      source: `    kustomize:\n      images: ['${registry}/web:1.1']\n`,
    }),
    'apps/option-prod.yaml': app('option-prod', 'p1', 'option', {
      source: `    kustomize:\n      # set by promotion\n      images:\n        - ${registry}/web:1.0\n`,
    }),
    'option/kustomization.yaml': kustomization('  - web.yaml'),
    'option/web.yaml': deployment('web', `${registry}/web:0.9`),
    // A chart that both use; prod has no values of its own.
    'apps/bare.yaml': [
      app('bare-staging', 's1', 'bare', {
        source: '    helm: { releaseName: bare, valueFiles: [staging.yaml] }\n',
      }),
      app('bare-prod', 'p1', 'bare', { source: '    helm: { releaseName: bare }\n' }),
    ].join('---\n'),
    ...below('bare', chart(fromValues)),
    'bare/staging.yaml': 'image: { tag: "1.1" }\n',
    // No value says what runs.
    'apps/fixed.yaml': [
      app('fixed-staging', 's1', 'fixed/staging'),
      app('fixed-prod', 'p1', 'fixed/prod'),
    ].join('---\n'),
    'fixed/staging/web.yaml': deployment('web', `${registry}/web:1.1`),
    ...below('fixed/prod', chart(deployment('web', `${registry}/web:1.0`))),
    'fixed/prod/values.yaml': 'replicas: 1\n',
    // Values in the Application itself, in a block of text.
    'apps/inline.yaml': [
      app('inline-staging', 's1', 'inline', {
        source:
          '    helm:\n      releaseName: inline\n      parameters: [{ name: image.tag, value: "1.1" }]\n',
      }),
      app('inline-prod', 'p1', 'inline', {
        source:
          '    helm:\n      releaseName: inline\n      values: |\n        # of prod\n        replicas: 2\n',
      }),
    ].join('---\n'),
    ...below('inline', chart(fromValues)),
    // Names that say nothing; a label does.
    'apps/label.yaml': [
      app('alpha', 's1', 'label/a', { labels: 'fairlead.dev/application: named' }),
      app('omega', 'p1', 'label/b', { labels: 'fairlead.dev/application: named' }),
    ].join('---\n'),
    'label/a/web.yaml': deployment('web', `${registry}/web@sha256:${'cd'.repeat(32)}`),
    'label/b/web.yaml': deployment('web', `mirror.prod.example/web@sha256:${'12'.repeat(32)}`),
    // A chart per environment, made of another one that is committed with it.
    'apps/umbrella.yaml': [
      app('umbrella-staging', 's1', 'umbrella/staging'),
      app('umbrella-prod', 'p1', 'umbrella/prod'),
    ].join('---\n'),
    ...below('umbrella/staging', umbrella('2.0.0', '1.1')),
    ...below('umbrella/prod', umbrella('1.0.0', '1.0')),
    // A chart that invents a password with every render, and takes another from its values.
    'apps/chance.yaml': [
      app('chance-staging', 's1', 'chance/staging'),
      app('chance-prod', 'p1', 'chance/prod'),
    ].join('---\n'),
    'chance/staging/web.yaml': deployment('web', `${registry}/web:1.1`),
    ...below('chance/prod', chart(fromValues)),
    'chance/prod/templates/secret.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata: { name: web }\nstringData: { password: {{ randAlphaNum 12 }}, pin: {{ .Values.pin }} }\n',
    'chance/prod/values.yaml': `image:\n  repository: ${registry}/web\n  tag: "1.0"\npin: hunter2\n`,
    // A chart in which the tag decides more than the image; and two values of one text.
    'apps/coupled.yaml': [
      app('coupled-staging', 's1', 'coupled/staging'),
      app('coupled-prod', 'p1', 'coupled/prod'),
    ].join('---\n'),
    'coupled/staging/web.yaml': deployment('web', `${registry}/web:1.1`, side(`${registry}/side:1.1`)),
    ...below(
      'coupled/prod',
      chart(
        deployment(
          'web',
          '{{ .Values.image.repository }}:{{ .Values.image.tag }}',
          `${side('{{ .Values.side.image }}')}          stdin: {{ ne (toString .Values.image.tag) "1.0" }}\n`,
        ),
      ),
    ),
    'coupled/prod/values.yaml': `image:\n  repository: ${registry}/web\n  tag: "1.0"\nside:\n  image: ${registry}/side:1.0\n`,
    // Follows main in staging, a tag in prod.
    'apps/pinned.yaml': [
      app('pinned-staging', 's1', 'pinned'),
      app('pinned-prod', 'p1', 'pinned', { revision: 'v1 # released' }),
    ].join('---\n'),
    'pinned/web.yaml': deployment('web', `${registry}/web:1.0`),
  };
}
