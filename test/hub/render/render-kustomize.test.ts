import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import type { KustomizeOptions } from '../../../hub/catalog/documents.ts';
import type { PreparedRender, RenderPort, RenderRequest, RenderResult } from '../../../hub/ports.ts';
import { editKustomization, parseImage } from '../../../hub/render/edit-kustomization.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { ensureBinaries } from '../../clusters/binaries.ts';
import { recordLog } from '../../support/record-log.ts';
import { renderNow, renderRequest } from '../../support/render-request.ts';
import { readFolder, type SourceFile, sourceTreeOf } from '../../support/source-tree.ts';

const corpus = join(import.meta.dirname, '../../../../shared/corpus');
const hasCorpus = existsSync(corpus);
let dir: string;
let port: RenderPort;

beforeAll(async () => {
  const { kustomize } = await ensureBinaries(['kustomize'], { log: () => undefined });
  dir = await mkdtemp(join(tmpdir(), 'fairlead-render-'));
  port = await openRender({ helm: undefined, kustomize: kustomize.path, tmpDir: dir, log: recordLog() });
}, 600_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

type Files = Record<string, SourceFile>;

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com:5000/web:1.0
`;

const fleet: Files = {
  'base/kustomization.yaml':
    'resources:\n- deployment.yaml\nconfigMapGenerator:\n- name: settings\n  files: [app.conf=settings.conf]\n',
  'base/deployment.yaml': deployment,
  'base/settings.conf': 'level=info\n',
  'base/README.md': 'not read\n',
  'overlays/dev/kustomization.yaml':
    'namePrefix: dev-\nresources:\n- ../../base\npatches:\n- path: replicas.yaml\n',
  'overlays/dev/replicas.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n',
  'overlays/prod/kustomization.yaml': 'resources: [../../base]\n',
};

function prepare(files: Files, change: Partial<RenderRequest> = {}): Promise<PreparedRender> {
  return port.prepare(renderRequest(sourceTreeOf(files), { path: 'overlays/dev', ...change }));
}

async function problemsOf(files: Files, change: Partial<RenderRequest> = {}): Promise<readonly string[]> {
  const result = await renderNow(
    port,
    renderRequest(sourceTreeOf(files), { path: 'overlays/dev', ...change }),
  );
  return result.type === 'problems' ? result.problems.map(formatProblem) : [];
}

function manifestsOf(result: RenderResult) {
  if (result.type === 'problems') throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.manifests;
}

async function keyOf(files: Files): Promise<string> {
  const prepared = await prepare(files);
  if (prepared.type === 'problems') throw new Error(prepared.problems.map(formatProblem).join('\n'));
  return prepared.key;
}

test('an overlay is built from its base, and each object names the file it comes from', async () => {
  const manifests = manifestsOf(
    await renderNow(port, renderRequest(sourceTreeOf(fleet), { path: 'overlays/dev' })),
  );
  const places = Object.fromEntries(manifests.map(({ object, origin }) => [object.kind, origin.file]));
  expect(places).toEqual({ ConfigMap: 'base/kustomization.yaml', Deployment: 'base/deployment.yaml' });
  const web = manifests.find(({ object }) => object.kind === 'Deployment')?.object;
  expect(web).toMatchObject({ metadata: { name: 'dev-web' }, spec: { replicas: 3 } });
  expect(web?.metadata.annotations).toBeUndefined();
  expect(await readdir(dir)).toEqual([]);
});

test('the key follows what the overlay reads, through its bases, and nothing else', async () => {
  const key = await keyOf(fleet);
  const outside = [
    'base/README.md',
    'overlays/prod/kustomization.yaml',
    'overlays/dev/unused.yaml',
    'other.yaml',
  ];
  for (const path of outside) expect(await keyOf({ ...fleet, [path]: 'resources: []\n' }), path).toBe(key);
  const inside: readonly [string, string][] = [
    ['base/settings.conf', 'level=debug\n'],
    ['base/deployment.yaml', deployment.replace('1.0', '1.1')],
    ['overlays/dev/replicas.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n'],
    ['overlays/dev/kustomization.yaml', 'resources: [../../base]\n'],
  ];
  for (const [path, content] of inside)
    expect(await keyOf({ ...fleet, [path]: content }), path).not.toBe(key);
});

test('only the kustomizations are read to prepare, and each version of one once', async () => {
  const source = sourceTreeOf({
    ...fleet,
    'overlays/dev/kustomization.yaml': 'namePrefix: once-\nresources: [../../base]\n',
  });
  await port.prepare(renderRequest(source, { path: 'overlays/dev' }));
  const first = source.reads();
  await port.prepare(renderRequest(source, { path: 'overlays/dev' }));
  expect(first).toBeLessThanOrEqual(2);
  expect(source.reads()).toBe(first);
});

test.each<[string, Files, string]>([
  [
    'a missing base',
    { 'overlays/dev/kustomization.yaml': 'resources:\n- ../../bases\n' },
    'overlays/dev/kustomization.yaml:2: ../../bases is not in the repository (bases) (resources[0]). There are base, overlays',
  ],
  [
    'a missing file in a base',
    { 'base/kustomization.yaml': 'resources:\n- deploymnt.yaml\n' },
    'base/kustomization.yaml:2: deploymnt.yaml is not in the repository (base/deploymnt.yaml) (resources[0]). There are base/deployment.yaml',
  ],
  [
    'a missing generator file',
    { 'base/kustomization.yaml': 'configMapGenerator:\n- name: x\n  files:\n  - a.conf=gone.conf\n' },
    'base/kustomization.yaml:4: gone.conf is not in the repository',
  ],
  [
    'a base that is no kustomization',
    { 'docs/a.md': 'x', 'overlays/dev/kustomization.yaml': 'resources: [../../docs]\n' },
    'overlays/dev/kustomization.yaml:1: docs holds no kustomization.yaml',
  ],
  [
    'a remote base',
    { 'overlays/dev/kustomization.yaml': 'resources:\n- https://github.com/org/repo//base?ref=v1\n' },
    'overlays/dev/kustomization.yaml:2: https://github.com/org/repo//base?ref=v1 is fetched from elsewhere, which is not allowed yet',
  ],
  [
    'a short remote base',
    { 'overlays/dev/kustomization.yaml': 'resources: [github.com/org/repo/base]\n' },
    'is fetched from elsewhere',
  ],
  [
    'a path out of the repository',
    { 'overlays/dev/kustomization.yaml': 'resources: [../../../etc]\n' },
    'overlays/dev/kustomization.yaml:1: ../../../etc leads out of the repository',
  ],
  [
    'an absolute path',
    { 'overlays/dev/kustomization.yaml': 'resources: [/etc/passwd]\n' },
    'leads out of the repository',
  ],
  [
    'a link out of the repository',
    {
      'overlays/dev/link.yaml': { symlink: '/etc/passwd' },
      'overlays/dev/kustomization.yaml': 'resources: [link.yaml]\n',
    },
    'overlays/dev/kustomization.yaml:1: overlays/dev/link.yaml: the link points out of the repository, to /etc/passwd',
  ],
  [
    'a circle',
    { 'base/kustomization.yaml': 'resources: [../overlays/dev]\n' },
    'base/kustomization.yaml:1: kustomizations refer to each other in a circle: overlays/dev → base → overlays/dev',
  ],
  [
    'a syntax error',
    { 'base/kustomization.yaml': 'resources:\n- a.yaml\nfoo: ]\n' },
    "base/kustomization.yaml:3: this kustomization can't be read",
  ],
  [
    'a chart inside',
    { 'overlays/dev/kustomization.yaml': 'namePrefix: x\nhelmCharts:\n- name: x\n' },
    'overlays/dev/kustomization.yaml:3: the chart x is not in the repository (overlays/dev/charts/x)',
  ],
  [
    'what only kustomize finds',
    { 'overlays/dev/replicas.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: other\n' },
    "overlays/dev/kustomization.yaml: kustomize can't build this: no resource matches strategic merge patch",
  ],
])('%s is a problem with its place', async (_, change, expected) => {
  const [first] = await problemsOf({ ...fleet, ...change });
  expect(first).toContain(expected);
  expect(first).not.toContain(dir);
});

test('two references to one base are no circle, and a linked folder is followed', async () => {
  const files: Files = {
    ...fleet,
    current: { symlink: 'base' },
    'overlays/dev/kustomization.yaml': 'resources: [../../current]\n',
  };
  expect(
    manifestsOf(await renderNow(port, renderRequest(sourceTreeOf(files), { path: 'overlays/dev' }))),
  ).toHaveLength(2);
  expect(
    manifestsOf(await renderNow(port, renderRequest(sourceTreeOf(diamond), { path: 'overlays/dev' }))),
  ).toHaveLength(4);
});

test('files that a transformer names are part of what is read', async () => {
  const files: Files = {
    ...fleet,
    'overlays/dev/kustomization.yaml': 'resources: [../../base]\ntransformers: [patcher.yaml]\n',
    'overlays/dev/patcher.yaml':
      'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: replicas.yaml\n',
  };
  const manifests = manifestsOf(
    await renderNow(port, renderRequest(sourceTreeOf(files), { path: 'overlays/dev' })),
  );
  expect(manifests.find(({ object }) => object.kind === 'Deployment')?.object).toMatchObject({
    spec: { replicas: 3 },
  });
  expect(await keyOf({ ...files, 'overlays/dev/replicas.yaml': deployment })).not.toBe(await keyOf(files));
});

/** Twice the base's objects from little more text. */
const diamond: Files = {
  ...fleet,
  'a/kustomization.yaml': 'resources: [../base]\nnamePrefix: a-\n',
  'b/kustomization.yaml': 'resources: [../base]\nnamePrefix: b-\n',
  'overlays/dev/kustomization.yaml': 'resources: [../../a, ../../b]\n',
};

const noOptions: KustomizeOptions = { images: [], commonLabels: {}, commonAnnotations: {} };

test("an Application's options replace and add to the kustomization's own, as with Argo CD", async () => {
  const options: KustomizeOptions = {
    namePrefix: 'x-',
    nameSuffix: '-y',
    namespace: 'shop',
    images: ['registry.example.com:5000/web=registry.example.com:5000/shop:2.0'],
    commonLabels: { team: 'true' },
    commonAnnotations: { note: 'a: "b"' },
  };
  const request = renderRequest(sourceTreeOf(fleet), {
    path: 'overlays/dev',
    tool: { type: 'kustomize', options },
  });
  const web = manifestsOf(await renderNow(port, request)).find(
    ({ object }) => object.kind === 'Deployment',
  )?.object;
  expect(web?.metadata).toMatchObject({
    name: 'x-web-y',
    namespace: 'shop',
    labels: { team: 'true' },
    annotations: { note: 'a: "b"' },
  });
  expect(JSON.stringify(web)).toContain('registry.example.com:5000/shop:2.0');
  const plain = await prepare(fleet, { tool: { type: 'kustomize', options: noOptions } });
  const changed = await port.prepare(request);
  expect(plain.type === 'ready' && changed.type === 'ready' && plain.key !== changed.key).toBe(true);
});

test.each([
  ['web:2', { name: 'web', newTag: '2' }],
  ['web=shop', { name: 'web', newName: 'shop' }],
  ['web=host:5000/shop:2', { name: 'web', newName: 'host:5000/shop', newTag: '2' }],
  ['host:5000/web@sha256:ab', { name: 'host:5000/web', digest: 'sha256:ab' }],
  ['web=*:3', { name: 'web', newName: '*', newTag: '3' }],
  ['web:1@sha256:ab', { name: 'web', newTag: '1', digest: 'sha256:ab' }],
])('image %s is read as kustomize edit set image reads it', (text, image) => {
  expect(parseImage(text)).toEqual(image);
});

test('an image option replaces the entry of the same name, and other texts stay as they are', () => {
  const { text } = editKustomization(
    "images:\n- name: web\n  newTag: '1'\n- name: db\n  newTag: '007'\non: yes # kept\n",
    {
      ...noOptions,
      images: ['web:2'],
    },
  );
  expect(text).toBe(
    'images:\n- name: "web"\n  newTag: "2"\n- name: db\n  newTag: \'007\'\non: yes # kept\nbuildMetadata:\n- originAnnotations\n'
      .replace(/^- /gm, '  - ')
      .replace(/^ {2}newTag/gm, '    newTag'),
  );
});

test('asked for by name, a folder without a kustomization is a problem at the application', async () => {
  const tool = { type: 'kustomize', options: noOptions } as const;
  expect(await problemsOf({ 'app/a.yaml': deployment }, { path: 'app', tool })).toEqual([
    expect.stringContaining('apps/web.yaml:9: app holds no kustomization.yaml'),
  ]);
});

test('a render that is cancelled, and one beyond its limits, end as problems and leave nothing behind', async () => {
  const prepared = await prepare(fleet);
  const result = prepared.type === 'ready' ? await prepared.render(AbortSignal.abort()) : prepared;
  expect(result.type === 'problems' && result.problems[0]?.code).toBe('render-cancelled');
  const { kustomize } = await ensureBinaries(['kustomize'], { log: () => undefined });
  const common = { helm: undefined, kustomize: kustomize.path, tmpDir: dir, log: recordLog() };
  const codeOf = async (limited: RenderPort): Promise<string | undefined> => {
    const limit = await renderNow(limited, renderRequest(sourceTreeOf(diamond), { path: 'overlays/dev' }));
    return limit.type === 'problems' ? limit.problems[0]?.code : undefined;
  };
  expect(await codeOf(await openRender({ ...common, maxOutputBytes: 100 }))).toBe('render-too-large');
  expect(await codeOf(await openRender({ ...common, maxOutputBytes: 900 }))).toBe('render-too-large');
  expect(await codeOf(await openRender({ ...common, maxOutputBytes: 9_000 }))).toBeUndefined();
  expect(await codeOf(await openRender({ ...common, timeoutMs: 1 }))).toBe('render-timeout');
  expect(await readdir(dir)).toEqual([]);
});

test.skipIf(!hasCorpus)('podinfo: each overlay gives 25 objects (needs ../shared/corpus)', async () => {
  const source = sourceTreeOf(await readFolder(join(corpus, 'podinfo')));
  for (const overlay of ['dev', 'staging', 'production']) {
    const request = renderRequest(source, { path: `deploy/overlays/${overlay}` });
    const manifests = manifestsOf(await renderNow(port, request));
    expect(manifests).toHaveLength(25);
    expect(manifests.every(({ origin }) => source.tree.has(origin.file))).toBe(true);
  }
});

test.skipIf(!hasCorpus)(
  'Online Boutique with its NetworkPolicies gives 48 objects (needs ../shared/corpus)',
  async () => {
    const files = await readFolder(join(corpus, 'online-boutique'));
    const kustomization =
      'resources: [../kustomize/base]\ncomponents: [../kustomize/components/network-policies]\n';
    const source = sourceTreeOf({ ...files, 'shop/kustomization.yaml': kustomization });
    const manifests = manifestsOf(await renderNow(port, renderRequest(source, { path: 'shop' })));
    expect(manifests).toHaveLength(48);
    const policies = manifests.filter(({ object }) => object.kind === 'NetworkPolicy');
    expect(policies).toHaveLength(13);
    expect(JSON.stringify(policies)).toContain('"from"');
  },
);
