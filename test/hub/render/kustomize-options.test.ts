import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../../core/kube-object.ts';
import type { KustomizeOptions } from '../../../hub/catalog/documents.ts';
import type { RenderPort, RenderRequest } from '../../../hub/ports.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { ensureBinaries } from '../../clusters/binaries.ts';
import { recordLog } from '../../support/record-log.ts';
import { manifestsOf, problemTexts, renderNow, renderRequest } from '../../support/render-request.ts';
import { sourceTreeOf } from '../../support/source-tree.ts';

let dir: string;
let port: RenderPort;
let kustomize: string;

beforeAll(async () => {
  const binaries = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  kustomize = binaries.kustomize.path;
  dir = await mkdtemp(join(tmpdir(), 'fairlead-kustomize-options-'));
  const tmpDir = join(dir, 'render');
  port = await openRender({ helm: binaries.helm.path, kustomize, tmpDir, log: recordLog() });
}, 600_000);

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;

const none: KustomizeOptions = { images: [], commonLabels: {}, commonAnnotations: {} };

const shop: Files = {
  'app/kustomization.yaml': `namePrefix: old-
resources: [shop.yaml]
images:
- name: web
  newName: registry.example.com/web
  newTag: "1"
replicas:
- name: web
  count: 1
labels:
- includeTemplates: true
  pairs: {tier: front}
commonAnnotations: {owner: shop}
`,
  'app/shop.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}, {name: log, image: "host:5000/log:1"}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: plain, code: "007"}
`,
  'app/patch.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {patched: "yes"}\n',
  'parts/extra/kustomization.yaml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [extra.yaml]\n',
  'parts/extra/extra.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n',
};

function request(options: Partial<KustomizeOptions>, change: Files = {}): RenderRequest {
  const tool = { type: 'kustomize', options: { ...none, ...options } } as const;
  return renderRequest(sourceTreeOf({ ...shop, ...change }), { tool });
}

async function problemsOf(
  options: Partial<KustomizeOptions>,
  change: Files = {},
): Promise<readonly string[]> {
  return problemTexts(await renderNow(port, request(options, change)));
}

async function render(
  options: Partial<KustomizeOptions>,
  change: Files = {},
): Promise<readonly KubeObject[]> {
  return manifestsOf(await renderNow(port, request(options, change))).map(({ object }) => object);
}

/** What Argo CD does: `kustomize edit` on a copy, one command after the other, and `kustomize build`. */
async function editAndBuild(commands: readonly (readonly string[])[], append: string): Promise<string> {
  const folder = await mkdtemp(join(dir, 'edited-'));
  for (const [path, text] of Object.entries(shop)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const cwd = join(folder, 'app');
  for (const command of commands) await promisify(execFile)(kustomize, ['edit', ...command], { cwd });
  await writeFile(join(cwd, 'kustomization.yaml'), append, { flag: 'a' });
  return (await promisify(execFile)(kustomize, ['build', cwd])).stdout;
}

function named(objects: readonly KubeObject[], name: string): KubeObject | undefined {
  return objects.find(({ metadata }) => metadata.name === name);
}

test('every option gives what kustomize edit makes of it', async () => {
  const patches = [
    { path: 'patch.yaml' },
    {
      patch: '- op: replace\n  path: /data/mode\n  value: "on"\n',
      target: { kind: 'ConfigMap', name: 'settings' },
    },
    {
      patch: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: renamed}\n',
      target: { labelSelector: 'app=none' },
      options: { allowNameChange: true as const },
    },
  ];
  const objects = await render({
    namePrefix: 'new-',
    nameSuffix: '-x',
    namespace: 'shop',
    images: ['web=*:2', 'host:5000/log=host:5000/logs@sha256:00'],
    replicas: [{ name: 'web', count: 3 }],
    commonLabels: { team: 'true', track: '007' },
    labelWithoutSelector: true,
    labelIncludeTemplates: true,
    commonAnnotations: { note: 'a: "b"', owner: 'others' },
    forceCommonAnnotations: true,
    patches,
    components: ['../parts/extra', '../parts/gone'],
    ignoreMissingComponents: true,
  });
  const expected = await editAndBuild(
    [
      ['set', 'nameprefix', '--', 'new-'],
      ['set', 'namesuffix', '--', '-x'],
      ['set', 'image', 'web=*:2', 'host:5000/log=host:5000/logs@sha256:00'],
      ['set', 'replicas', 'web=3'],
      ['add', 'label', '--without-selector', '--include-templates', 'team:true', 'track:007'],
      ['add', 'annotation', '--force', 'note:a: "b"', 'owner:others'],
      ['set', 'namespace', '--', 'shop'],
      ['add', 'component', '../parts/extra'],
    ],
    `patches: ${JSON.stringify(patches)}\n`,
  );
  const source = { 'app/shop.yaml': expected };
  const plain = await renderNow(port, renderRequest(sourceTreeOf(source)));
  expect(objects).toEqual(manifestsOf(plain).map(({ object }) => object));
  expect(named(objects, 'new-settings-x')).toMatchObject({
    data: { mode: 'on', code: '007', patched: 'yes' },
    metadata: { labels: { team: 'true', track: '007', tier: 'front' }, namespace: 'shop' },
  });
  expect(JSON.stringify(named(objects, 'new-web-x'))).toContain('registry.example.com/web:2');
});

test('common labels reach selectors, unless the application says otherwise', async () => {
  const selector = { spec: { selector: { matchLabels: { app: 'web', team: 'a' } } } };
  expect(named(await render({ commonLabels: { team: 'a' } }), 'old-web')).toMatchObject(selector);
});

test.each<readonly [string, Partial<KustomizeOptions>, Files, string]>([
  [
    "an annotation that is the kustomization's own",
    { commonAnnotations: { owner: 'others' } },
    {},
    "apps/web.yaml:9: app/kustomization.yaml sets owner itself, so the application's own can't be added to its commonAnnotations",
  ],
  [
    'a component that is missing',
    { components: ['../parts/gone'] },
    {},
    'apps/web.yaml:9: ../parts/gone is not in the repository (parts/gone)',
  ],
  [
    'a component from elsewhere',
    { components: ['https://example.com/parts'] },
    {},
    'apps/web.yaml:9: https://example.com/parts is fetched from elsewhere',
  ],
  [
    'a patch out of the repository',
    { patches: [{ path: '../../etc/passwd' }] },
    {},
    'apps/web.yaml:9: ../../etc/passwd leads out of the repository',
  ],
  [
    'another version of kustomize',
    { version: 'v4.5.7' },
    {},
    'apps/web.yaml:9: the application wants kustomize v4.5.7, and the hub has v',
  ],
  [
    'a chart that would be fetched',
    {},
    {
      'app/kustomization.yaml':
        'helmCharts:\n- name: cache\n  repo: https://charts.example.com\n  version: 1.2.3\n',
    },
    'app/kustomization.yaml:2: the chart cache is not in the repository (app/charts/cache-1.2.3/cache) and is not fetched from https://charts.example.com',
  ],
  [
    'a chart that is not there',
    {},
    { 'app/kustomization.yaml': 'helmGlobals: {chartHome: ../lib}\nhelmCharts:\n- name: cache\n' },
    'app/kustomization.yaml:3: the chart cache is not in the repository (lib/cache)',
  ],
  [
    'a release name that is an option of helm',
    {},
    {
      'app/kustomization.yaml': 'helmCharts:\n- name: cache\n  releaseName: --post-renderer\n',
      'app/charts/cache/Chart.yaml': 'apiVersion: v2\nname: cache\nversion: 1.0.0\n',
    },
    'app/kustomization.yaml:3: releaseName of this chart looks like an option of helm',
  ],
])('%s is a problem with its place', async (_, options, change, expected) => {
  expect((await problemsOf(options, change))[0]).toContain(expected);
});

const inflated: Files = {
  'app/kustomization.yaml': `helmCharts:
- name: cache
  releaseName: shop
  namespace: caches
  valuesFile: values.yaml
  valuesInline: {size: 3}
- name: cache
  version: 1.2.3
  repo: https://charts.example.com
  releaseName: copy
generators: [more.yaml]
`,
  'app/values.yaml': 'colour: red\nsize: 1\n',
  'app/more.yaml':
    'apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: more}\nname: cache\nreleaseName: more\n',
  ...chartAt('app/charts/cache'),
  ...chartAt('app/charts/cache-1.2.3/cache'),
};

function chartAt(folder: string): Files {
  return {
    [`${folder}/Chart.yaml`]: 'apiVersion: v2\nname: cache\nversion: 1.2.3\n',
    [`${folder}/values.yaml`]: 'size: 0\ncolour: blue\n',
    [`${folder}/templates/c.yaml`]: `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-cache, namespace: {{ .Release.Namespace }}}
data:
  size: {{ .Values.size | quote }}
  colour: {{ .Values.colour }}
  version: {{ .Capabilities.KubeVersion.Version }}
  has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
`,
  };
}

test('charts of the source are rendered inside a kustomization, for the destination', async () => {
  const source = sourceTreeOf(inflated);
  const capabilities = {
    kubernetesVersion: 'v1.33.1',
    apiVersions: ['example.com/v1'],
    clusterScopedKinds: [],
  };
  const result = await renderNow(port, renderRequest(source, { capabilities }));
  const data = manifestsOf(result).map(({ object }) => [object.metadata.name, object['data']]);
  const here = { version: 'v1.33.1', has: 'true' };
  expect(data).toEqual([
    ['shop-cache', { size: '3', colour: 'red', ...here }],
    ['copy-cache', { size: '0', colour: 'blue', ...here }],
    ['more-cache', { size: '0', colour: 'blue', ...here }],
  ]);
  const keyOf = async (change: Partial<RenderRequest>): Promise<string> => {
    const prepared = await port.prepare(renderRequest(source, { capabilities, ...change }));
    return prepared.type === 'ready' ? prepared.key : '';
  };
  const other = { ...capabilities, kubernetesVersion: 'v1.34.0' };
  expect(await keyOf({ capabilities: other })).not.toBe(await keyOf({}));
  const files = await port.prepare(renderRequest(source));
  expect(files.type === 'ready' && files.files()).toContain('app/charts/cache/templates/c.yaml');
});

test('a chart that fails inside a kustomization says why', async () => {
  const template = {
    'app/charts/cache/templates/c.yaml': 'x: {{ required "size is missing" .Values.none }}\n',
  };
  const result = await renderNow(port, renderRequest(sourceTreeOf({ ...inflated, ...template })));
  const [problem = ''] = problemTexts(result);
  expect(problem).toContain('size is missing');
  expect(problem).not.toContain(dir);
});
