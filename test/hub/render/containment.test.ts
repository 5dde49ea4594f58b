import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { HelmOptions } from '../../../hub/catalog/documents.ts';
import type { RenderPort, RenderResult } from '../../../hub/ports.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { ensureBinaries } from '../../clusters/binaries.ts';
import { recordLog } from '../../support/record-log.ts';
import { renderNow, renderRequest } from '../../support/render-request.ts';
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
