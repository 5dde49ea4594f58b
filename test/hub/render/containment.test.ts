import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { HelmOptions } from '../../../hub/catalog/documents.ts';
import type { RenderPort, RenderResult } from '../../../hub/ports.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { ensureBinaries } from '../../clusters/binaries.ts';
import { recordLog } from '../../support/record-log.ts';
import { manifestsOf, problemTexts, renderNow, renderRequest } from '../../support/render-request.ts';
import { type SourceFile, sourceTreeOf } from '../../support/source-tree.ts';

/** What a source must never reach: files of the hub, and what listens on its host. */
let dir: string;
let secretFile: string;
let server: Server;
let address: string;
let requests: string[] = [];
let port: RenderPort;

beforeAll(async () => {
  const { helm, kustomize } = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  dir = await mkdtemp(join(tmpdir(), 'fairlead-containment-'));
  secretFile = join(dir, 'secret.yaml');
  await writeFile(secretFile, 'leak: hub-secret\n');
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fetched}\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  port = await openRender({
    helm: helm.path,
    kustomize: kustomize.path,
    tmpDir: join(dir, 'render'),
    log: recordLog(),
  });
}, 600_000);

beforeEach(() => {
  requests = [];
});

afterAll(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});

type Files = Record<string, SourceFile>;

const chart: Files = {
  'app/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'app/values.yaml': 'leak: none\n',
  'app/templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  leak: {{ .Values.leak | toJson | quote }}
  files: {{ (.Files.Glob "**").AsConfig | quote }}
`,
};

function helm(files: Files, options: Partial<HelmOptions>): Promise<RenderResult> {
  const all = { valueFiles: [], ignoreMissingValueFiles: false, parameters: [], skipCrds: false, ...options };
  return renderNow(port, renderRequest(sourceTreeOf(files), { tool: { type: 'helm', options: all } }));
}

function kustomize(files: Files): Promise<RenderResult> {
  return renderNow(port, renderRequest(sourceTreeOf(files), { tool: { type: 'detect' } }));
}

function expectRefused(result: RenderResult): void {
  expect(JSON.stringify(result)).not.toContain('hub-secret');
  expect(result.type).toBe('problems');
}

test('a release name that looks like an option is none', async () => {
  expectRefused(await helm(chart, { releaseName: `--set-file=leak=${secretFile}` }));
});

test('a value file with a comma in its path is one file', async () => {
  const path = `x,${secretFile}`;
  const result = await helm(
    { ...chart, 'app/x': 'leak: first\n', [`app/${path}`]: 'leak: own\n' },
    { valueFiles: [path] },
  );
  expect(JSON.stringify(result)).not.toContain('hub-secret');
  expect(JSON.stringify(result)).toContain('own');
});

test('a link in a folder that a chart links to may not leave the repository', async () => {
  expectRefused(
    await helm(
      { ...chart, 'app/files': { symlink: '../shared' }, 'shared/outside': { symlink: secretFile } },
      {},
    ),
  );
});

const generator = (url: string) => `apiVersion: builtin
kind: ConfigMapGenerator
metadata: {name: made}
files: [page=${url}]
`;

test.for<readonly [string, (url: string) => Files]>([
  ['resource', (url) => ({ 'app/kustomization.yaml': `resources: [${url}]\n` })],
  ['resource in another spelling', (url) => ({ 'app/kustomization.yaml': `Re\u017fourceS: [${url}]\n` })],
  [
    'file in another spelling',
    (url) => ({ 'app/kustomization.yaml': `configMapGenerator: [{name: a, Files: [${url}]}]\n` }),
  ],
  ['patch of the old form', (url) => ({ 'app/kustomization.yaml': `patches: [${url}]\n` })],
  [
    'file of a generator',
    (url) => ({ 'app/kustomization.yaml': 'generators: [made.yaml]\n', 'app/made.yaml': generator(url) }),
  ],
  [
    'file of an inline generator',
    (url) => ({ 'app/kustomization.yaml': `generators: [${JSON.stringify(generator(url))}]\n` }),
  ],
  [
    'resource that has a folder of the same name',
    (url) => ({
      'app/kustomization.yaml': `resources: [${url}]\n`,
      [`app/${url.replace('//', '/')}`]: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n',
    }),
  ],
])('kustomize fetches no %s', async ([, filesOf]) => {
  expectRefused(await kustomize(filesOf(`http://${address}/a.yaml`)));
  expect(requests).toEqual([]);
});

/** A packed chart, as `helm package` makes it. */
function packed(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([path, file]) => {
    const content = Buffer.from(file as Uint8Array);
    const header = Buffer.alloc(512);
    header.write(path);
    header.write('0000644\0', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0        0ustar\x0000', 136);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const schemaOf = (reference: string): string => JSON.stringify({ $ref: reference });

test.for<readonly [string, (url: string) => Files, string]>([
  [
    'an address',
    (url) => ({ 'app/values.schema.json': schemaOf(url) }),
    'app/values.schema.json: a schema refers to http://',
  ],
  [
    "a file of the hub's host",
    () => ({ 'app/values.schema.json': schemaOf(`file://${secretFile}`) }),
    'app/values.schema.json: a schema refers to file:///',
  ],
  [
    'a file beside it, which Helm looks for at the root of the host',
    () => ({ 'app/values.schema.json': schemaOf('etc/hostname') }),
    'app/values.schema.json: a schema refers to etc/hostname',
  ],
  [
    'an address by its dialect',
    (url) => ({ 'app/charts/sub/values.schema.json': JSON.stringify({ $schema: url }) }),
    'app/charts/sub/values.schema.json: a schema refers to http://',
  ],
  [
    'an address in a packed dependency',
    (url) => ({
      'app/charts/sub-1.0.0.tgz': packed({
        'sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
        'sub/values.schema.json': schemaOf(url),
      }),
    }),
    'app/charts/sub-1.0.0.tgz: a schema refers to http://',
  ],
  [
    'an address in a dependency that is packed twice',
    (url) => ({
      'app/charts/sub-1.0.0.tgz': packed({
        'sub/charts/x.tgz': packed({ 'x/values.schema.json': schemaOf(url) }),
      }),
    }),
    'app/charts/sub-1.0.0.tgz:',
  ],
  [
    'what can not be unpacked',
    () => ({ 'app/charts/sub-1.0.0.tgz': 'no archive' }),
    "app/charts/sub-1.0.0.tgz: this packed chart can't be looked into",
  ],
])('a schema of values that refers to %s is a problem', async ([, filesOf, expected]) => {
  const result = await helm({ ...chart, ...filesOf(`http://${address}/s.json`) }, {});
  expectRefused(result);
  expect(problemTexts(result)[0]).toContain(expected);
  expect(requests).toEqual([]);
});

test('a schema that is not read may refer to anything', async () => {
  const files = { ...chart, 'app/values.schema.json': schemaOf(`http://${address}/s.json`) };
  expect((await helm(files, { skipSchemaValidation: true })).type).toBe('rendered');
  expect(requests).toEqual([]);
});

test('a schema that refers to itself, and a packed dependency, are rendered', async () => {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    definitions: { text: { type: 'string' } },
    properties: { leak: { $ref: '#/definitions/text' } },
  };
  const sub = {
    'sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
    'sub/values.schema.json': JSON.stringify(schema),
    'sub/templates/c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\n',
  };
  const files = {
    ...chart,
    'app/values.schema.json': JSON.stringify(schema),
    'app/charts/sub-1.0.0.tgz': packed(sub),
  };
  expect(manifestsOf(await helm(files, {})).map(({ object }) => object.metadata.name)).toContain('sub');
});

test.for<readonly [string, string]>([
  ['values of another place', 'valuesFile: SECRET'],
  ['more values of another place', 'additionalValuesFiles: [SECRET]'],
  ['charts of another place', 'chartHome: FOLDER'],
  ['an option in its release name', 'releaseName: --set-file=leak=SECRET'],
  ['an option in its namespace', 'namespace: --set-file=leak=SECRET'],
  ['an option in a list of versions', 'apiVersions: [--set-file=leak=SECRET]'],
])('a chart inside a kustomization gets no %s', async ([, line]) => {
  const text = line.replace('SECRET', secretFile).replace('FOLDER', dir);
  const generator = `apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: shop\n${text}\n`;
  const files = Object.fromEntries(
    Object.entries(chart).map(([path, content]) => [path.replace('app/', 'app/charts/shop/'), content]),
  );
  // Hidden from who only reads the files, as what another kustomization makes.
  const hidden = {
    ...files,
    'app/kustomization.yaml': 'generators: [gen]\nhelmCharts: [{name: shop, releaseName: first}]\n',
    'app/gen/kustomization.yaml': 'resources: [made.yaml]\n',
    'app/gen/made.yaml': generator,
  };
  expectRefused(await kustomize(hidden));
  expectRefused(
    await kustomize({
      ...files,
      'app/kustomization.yaml': 'generators: [a.yaml]\n',
      'app/a.yaml': generator,
    }),
  );
});

const endless: Files = {
  ...chart,
  'app/templates/config.yaml': '{{ range until 100000000 }}{{ end }}{{ range until 100000000 }}{{ end }}',
};

test.skipIf(process.platform !== 'linux')(
  'a tool ends at its memory, and with it all that it started',
  async () => {
    const binaries = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
    const limited = await openRender({
      helm: binaries.helm.path,
      kustomize: binaries.kustomize.path,
      tmpDir: join(dir, 'limited'),
      maxMemoryBytes: 128 * 1024 * 1024,
      log: recordLog(),
    });
    const inside = Object.fromEntries(
      Object.entries(endless).map(([path, content]) => [path.replace('app/', 'app/charts/shop/'), content]),
    );
    const files = { ...inside, 'app/kustomization.yaml': 'helmCharts: [{name: shop, releaseName: x}]\n' };
    const result = await renderNow(limited, renderRequest(sourceTreeOf(files)));
    expect(problemTexts(result)).toEqual([
      'app/kustomization.yaml: kustomize used more than 128 MiB of memory. Make what it renders smaller, or allow more memory',
    ]);
    await expect.poll(() => commandsWith(join(dir, 'limited')), { timeout: 30_000 }).toEqual([]);
  },
);

/** Processes whose command line mentions a text. */
async function commandsWith(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text));
}

test('a file that is too large is never asked for as a whole, and is a problem of its own', async () => {
  const source = sourceTreeOf({ 'app/a.yaml': chart['app/values.yaml'] ?? '', 'app/huge.yaml': 'huge' });
  const huge = source.tree.get('app/huge.yaml')?.oid ?? '';
  // As every Git port does with one of more than 16 MiB.
  const read = async (oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> =>
    new Map([...(await source.read(oids))].filter(([oid]) => oid !== huge));
  const result = await renderNow(port, renderRequest({ tree: source.tree, read }));
  expect(problemTexts(result)).toEqual([
    "app/huge.yaml: this can't be rendered: this file is larger than 16 MiB. Keep it out of the source, or split the application",
  ]);
});

test('many large files are read in small groups, until they are too much together', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`app/${index}.yaml`, `a: ${index}`]),
  );
  const source = sourceTreeOf(files);
  let asked = 0;
  const read = async (oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> => {
    asked += oids.length;
    return new Map(oids.map((oid) => [oid, Buffer.alloc(3 * 1024 * 1024)]));
  };
  const result = await renderNow(port, renderRequest({ tree: source.tree, read }));
  expect(problemTexts(result)[0]).toContain('the files of this source together are larger than 32 MiB');
  expect(asked).toBeLessThan(40);
});
