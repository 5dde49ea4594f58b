import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import type { HelmOptions } from '../../../hub/catalog/documents.ts';
import type { RenderPort, RenderRequest, RenderResult } from '../../../hub/ports.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { ensureBinaries } from '../../clusters/binaries.ts';
import { recordLog } from '../../support/record-log.ts';
import { renderNow, renderRequest } from '../../support/render-request.ts';
import { type SourceFile, sourceTreeOf } from '../../support/source-tree.ts';

let dir: string;
let port: RenderPort;

beforeAll(async () => {
  const { helm } = await ensureBinaries(['helm'], { log: () => undefined });
  dir = await mkdtemp(join(tmpdir(), 'fairlead-render-'));
  port = await openRender({ helm: helm.path, kustomize: undefined, tmpDir: dir, log: recordLog() });
}, 600_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

type Files = Record<string, SourceFile>;

const chart: Files = {
  'app/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'app/values.yaml': 'color: red\nlist: ""\nnumber: 1\n',
  'app/templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-settings
  namespace: {{ .Release.Namespace }}
data:
  color: {{ .Values.color | quote }}
  list: {{ .Values.list | toJson | quote }}
  number: {{ kindOf .Values.number }}
`,
  'app/templates/hook.yaml': `apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {helm.sh/hook: pre-install}
`,
  'app/templates/tests/test.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: check
  annotations: {helm.sh/hook: test}
`,
  'app/crds/widget.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
`,
};

const noOptions: HelmOptions = {
  valueFiles: [],
  ignoreMissingValueFiles: false,
  parameters: [],
  skipCrds: false,
};

function request(
  files: Files,
  options: Partial<HelmOptions> = {},
  change: Partial<RenderRequest> = {},
): RenderRequest {
  return renderRequest(sourceTreeOf(files), {
    tool: { type: 'helm', options: { ...noOptions, ...options } },
    ...change,
  });
}

function manifestsOf(result: RenderResult) {
  if (result.type === 'problems') throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.manifests;
}

async function dataOf(files: Files, options: Partial<HelmOptions>): Promise<unknown> {
  const manifests = manifestsOf(await renderNow(port, request(files, options)));
  return manifests.find(({ object }) => object.kind === 'ConfigMap')?.object['data'];
}

async function problemsOf(files: Files, options: Partial<HelmOptions> = {}): Promise<readonly string[]> {
  const result = await renderNow(port, request(files, options));
  return result.type === 'problems' ? result.problems.map(formatProblem) : [];
}

async function keyOf(asked: RenderRequest): Promise<string> {
  const prepared = await port.prepare(asked);
  if (prepared.type === 'problems') throw new Error(prepared.problems.map(formatProblem).join('\n'));
  return prepared.key;
}

test('a chart is detected and rendered with its hooks and definitions, without its tests', async () => {
  const manifests = manifestsOf(await renderNow(port, renderRequest(sourceTreeOf(chart))));
  const places = Object.fromEntries(
    manifests.map(({ object, origin }) => [`${object.kind} ${object.metadata.name}`, origin.file]),
  );
  expect(places).toEqual({
    'ConfigMap web-settings': 'app/templates/config.yaml',
    'CustomResourceDefinition widgets.example.com': 'app/crds/widget.yaml',
    'Job migrate': 'app/templates/hook.yaml',
  });
  expect(manifests.find(({ object }) => object.kind === 'ConfigMap')?.object.metadata.namespace).toBe(
    'payments',
  );
  expect(await readdir(dir)).toEqual([]);
});

test('the release name, the namespace and skipCrds are those of the options', async () => {
  const asked = request(chart, { releaseName: 'other', namespace: 'elsewhere', skipCrds: true });
  const manifests = manifestsOf(await renderNow(port, asked));
  expect(manifests.map(({ object }) => object.kind).sort()).toEqual(['ConfigMap', 'Job']);
  const config = manifests.find(({ object }) => object.kind === 'ConfigMap');
  expect(config?.object.metadata).toMatchObject({ name: 'other-settings', namespace: 'elsewhere' });
});

test('value files, inline values and parameters win over each other in Argo CD’s order', async () => {
  const files: Files = { ...chart, 'app/dev.yaml': 'color: green\n', 'values/all.yaml': 'color: blue\n' };
  expect(await dataOf(files, {})).toMatchObject({ color: 'red' });
  expect(await dataOf(files, { valueFiles: ['dev.yaml'] })).toMatchObject({ color: 'green' });
  expect(await dataOf(files, { valueFiles: ['dev.yaml', '/values/all.yaml'] })).toMatchObject({
    color: 'blue',
  });
  expect(await dataOf(files, { valueFiles: ['../values/all.yaml', 'dev.yaml'] })).toMatchObject({
    color: 'green',
  });
  expect(await dataOf(files, { valueFiles: ['dev.yaml'], values: 'color: white\n' })).toMatchObject({
    color: 'white',
  });
  const both = { values: 'color: white\n', valuesObject: { color: 'black' } };
  expect(await dataOf(files, both)).toMatchObject({ color: 'black' });
  const parameters = [
    { name: 'color', value: 'a,b', forceString: false },
    { name: 'list', value: '{x,y}', forceString: false },
    { name: 'number', value: '7', forceString: true },
  ];
  expect(await dataOf(files, { ...both, parameters })).toEqual({
    color: 'a,b',
    list: '["x","y"]',
    number: 'string',
  });
});

test('the key follows the chart, its value files, its names and its options', async () => {
  const files: Files = {
    ...chart,
    'values/dev.yaml': 'color: green\n',
    'values/prod.yaml': 'color: blue\n',
    'README.md': 'x',
  };
  const asked = request(files, { valueFiles: ['/values/dev.yaml'] });
  const key = await keyOf(asked);
  const at = (change: Files): Promise<string> =>
    keyOf(request({ ...files, ...change }, { valueFiles: ['/values/dev.yaml'] }));
  expect(await at({ 'values/prod.yaml': 'color: black\n', 'README.md': 'y' })).toBe(key);
  expect(await at({ 'values/dev.yaml': 'color: black\n' })).not.toBe(key);
  expect(await at({ 'app/templates/new.yaml': '' })).not.toBe(key);
  expect(await keyOf({ ...asked, applicationName: 'other' })).not.toBe(key);
  expect(await keyOf({ ...asked, namespace: 'other' })).not.toBe(key);
  expect(await keyOf(request(files, { valueFiles: ['/values/prod.yaml'] }))).not.toBe(key);
});

test('capabilities count only where the chart reads them, and then it sees those of the destination', async () => {
  const old = {
    kubernetesVersion: 'v1.30.0',
    apiVersions: ['v1', 'example.com/v1/Widget'],
    clusterScopedKinds: [],
  };
  const young = { ...old, kubernetesVersion: 'v1.37.2', apiVersions: ['v1'] };
  const reading: Files = {
    ...chart,
    'app/templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data:
  minor: {{ .Capabilities.KubeVersion.Minor | quote }}
  widgets: {{ .Capabilities.APIVersions.Has "example.com/v1/Widget" | quote }}
`,
  };
  const keyWith = (files: Files, capabilities: RenderRequest['capabilities']): Promise<string> =>
    keyOf(request(files, {}, { capabilities }));
  expect(await keyWith(chart, old)).toBe(await keyWith(chart, young));
  expect(await keyWith(reading, old)).not.toBe(await keyWith(reading, young));
  const demanding: Files = {
    ...chart,
    'app/Chart.yaml': `${chart['app/Chart.yaml']}kubeVersion: '>=1.20.0-0'\n`,
  };
  expect(await keyWith(demanding, old)).not.toBe(await keyWith(demanding, young));
  const [manifest] = manifestsOf(
    await renderNow(port, request(reading, { skipCrds: true }, { capabilities: old })),
  );
  expect(manifest?.object['data']).toEqual({ minor: '30', widgets: 'true' });
});

test('files as parameters, a schema that is passed over, versions of its own, and values of another source', async () => {
  const files: Files = {
    ...chart,
    'app/templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data:
  text: {{ .Values.text | toJson }}
  odd: {{ .Values.odd | toJson }}
  color: {{ .Values.color }}
  minor: {{ .Capabilities.KubeVersion.Minor | quote }}
  widgets: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
`,
    'app/values.schema.json': '{"properties": {"color": {"type": "integer"}}}',
    'app/text.txt': 'one, {two}\n',
    // Read as Helm's list of parameters, this would be a file of the host.
    'app/a\\\\,odd=/etc/hostname': 'inside',
  };
  const options: Partial<HelmOptions> = {
    skipCrds: true,
    skipSchemaValidation: true,
    valueFiles: ['$values/web.yaml'],
    kubeVersion: '1.29.0',
    apiVersions: ['example.com/v1'],
    fileParameters: [
      { name: 'text', path: 'text.txt' },
      { name: 'odd', path: 'a\\\\,odd=/etc/hostname' },
    ],
  };
  const refs = new Map([['values', sourceTreeOf({ 'web.yaml': 'color: blue\n' })]]);
  const [manifest] = manifestsOf(await renderNow(port, request(files, options, { refs })));
  expect(manifest?.object['data']).toEqual({
    text: 'one, {two}\n',
    odd: 'inside',
    color: 'blue',
    minor: '29',
    widgets: 'true',
  });
});

test('a vendored dependency is rendered, and its objects name its own files', async () => {
  const files: Files = {
    ...chart,
    'app/Chart.yaml': `${chart['app/Chart.yaml']}dependencies:\n- name: cache\n  version: 1.0.0\n`,
    'app/charts/cache/Chart.yaml': 'apiVersion: v2\nname: cache\nversion: 1.0.0\n',
    'app/charts/cache/templates/a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: cache}\n',
  };
  const manifests = manifestsOf(await renderNow(port, request(files)));
  expect(manifests.find(({ object }) => object.kind === 'Secret')?.origin.file).toBe(
    'app/charts/cache/templates/a.yaml',
  );
});

test.each<[string, Files, Partial<HelmOptions>, string]>([
  [
    'a missing value file',
    { 'app/dev.yaml': 'a: 1\n' },
    { valueFiles: ['values.yaml', 'div.yaml'] },
    'apps/web.yaml:9: value file div.yaml is not in the repository (app/div.yaml) (spec.source.helm.valueFiles[1]). There are app/dev.yaml',
  ],
  ['a value file elsewhere', {}, { valueFiles: ['../../secret.yaml'] }, 'leads out of the repository'],
  ['a value file by URL', {}, { valueFiles: ['https://example.com/values.yaml'] }, 'no web server'],
  [
    'a missing dependency',
    {
      'app/Chart.yaml': `${chart['app/Chart.yaml']}dependencies:\n- name: other\n  version: 1.0.0\n- name: cache\n  version: 1.0.0\n`,
    },
    {},
    'app/Chart.yaml:5: the chart depends on other, cache, which is not in its charts folder',
  ],
  [
    'a failing template',
    { 'app/templates/bad.yaml': 'a: 1\nb: {{ fail "no color" }}\n' },
    {},
    "app/templates/bad.yaml:2: helm can't render this",
  ],
  [
    'a template with a syntax error',
    { 'app/templates/bad.yaml': '# one\n# two\n{{ if }}\n' },
    {},
    'app/templates/bad.yaml:3: helm',
  ],
  [
    'a broken Chart.yaml',
    { 'app/Chart.yaml': 'name: x\nversion: [\n' },
    {},
    "app/Chart.yaml:2: this chart can't be read",
  ],
  [
    'output that is no object',
    { 'app/templates/bad.yaml': 'kind: Secret\nmetadata: {name: x}\n' },
    {},
    'app/templates/bad.yaml: x has no apiVersion',
  ],
  [
    'a link out of the repository',
    { 'app/templates/bad.yaml': { symlink: '/etc/passwd' } },
    {},
    'app/templates/bad.yaml: the link points out',
  ],
  [
    'wrong inline values',
    {},
    { values: 'a: [\n' },
    "apps/web.yaml:9: helm can't render this: failed to parse spec.source.helm.values",
  ],
])('%s is a problem with its place', async (_, change, options, expected) => {
  const [first] = await problemsOf({ ...chart, ...change }, options);
  expect(first).toContain(expected);
  expect(first).not.toContain(dir);
});

test('a missing value file may be ignored where the application says so', async () => {
  const options = { valueFiles: ['gone.yaml'], ignoreMissingValueFiles: true };
  expect(await dataOf(chart, options)).toMatchObject({ color: 'red' });
});

test('a folder that is no chart is a problem at the application', async () => {
  expect((await problemsOf({ 'app/a.yaml': 'x' }))[0]).toMatch(
    /^apps\/web.yaml:9: app holds no readable Chart.yaml/,
  );
});

test('links in a chart to files beside it are followed, and count in the key', async () => {
  const files: Files = {
    ...chart,
    'app/templates/shared.yaml': { symlink: '../../shared/a.yaml' },
    'shared/a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: linked}\n',
  };
  const manifests = manifestsOf(await renderNow(port, request(files)));
  expect(manifests.some(({ object }) => object.metadata.name === 'linked')).toBe(true);
  expect(await keyOf(request({ ...files, 'shared/a.yaml': '' }))).not.toBe(await keyOf(request(files)));
});

test.each(['.argocd-source.yaml', '.argocd-source-web.yaml'])(
  '%s beside a chart would change it, and is a problem',
  async (name) => {
    const result = await renderNow(
      port,
      request({ ...chart, [`app/${name}`]: 'helm: {parameters: [{name: color, value: blue}]}\n' }),
    );
    expect(result).toMatchObject({
      type: 'problems',
      problems: [{ code: 'unsupported', location: { file: `app/${name}` } }],
    });
  },
);

test('the override file of another application changes nothing', async () => {
  const result = await renderNow(port, request({ ...chart, 'app/.argocd-source-other.yaml': 'helm: {}\n' }));
  expect(result.type).toBe('rendered');
});
