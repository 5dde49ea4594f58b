import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { packChart } from '../support/chart-archive.ts';
import { type ChartServer, startChartServer } from '../support/chart-server.ts';
import { administration, applicationText } from '../support/fleet-texts.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { type OciServer, startOciServer } from '../support/oci-server.ts';
import { recordLog } from '../support/record-log.ts';

let tmpDir: string;
let render: RenderPort;
let rig: LoopRig;
let repository: ChartServer;
let registry: OciServer;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-charts-'));
  const { helm } = await ensureBinaries(['helm'], { log: (line) => process.stderr.write(`${line}\n`) });
  render = await openRender({ helm: helm.path, kustomize: undefined, tmpDir, log: recordLog() });
}, 300_000);

afterAll(() => rm(tmpDir, { recursive: true, force: true }));

beforeEach(async () => {
  [repository, registry] = [await startChartServer(), await startOciServer()];
  rig = await openLoopRig({ render, repositories: ['values.git', 'umbrella.git'] });
});

afterEach(async () => {
  await rig.close();
  await repository.stop();
  await registry.stop();
});

/** An application whose sources are these, in YAML's short form. */
function withSources(name: string, ...sources: readonly string[]): string {
  const list = sources.map((source) => `    - ${source}\n`).join('');
  return applicationText(name, { repoURL: 'x' }).replace(/ {2}source:\n(?: {4}.*\n)+/, `  sources:\n${list}`);
}

async function dataOf(name: string): Promise<readonly unknown[]> {
  const desired = await rig.desired('one', name);
  return (desired?.manifests ?? []).map(({ object }) => [object.metadata.name, object['data']]);
}

const downloads = () =>
  [...repository.take(), ...registry.take()].filter(({ path }) => /\/archives\/|\/blobs\//.test(path)).length;

async function publish(version: string): Promise<void> {
  repository.publish('web', version, await packChart('web', version));
  registry.push('charts/api', version, await packChart('api', version));
}

const fromRepository = () => `{ repoURL: '${repository.url}', chart: web, targetRevision: 1.x }`;
const fromRegistry = () => `{ repoURL: '${registry.host}/charts', chart: api, targetRevision: 1.0.0 }`;

test('charts of a repository and of a registry are rendered, with values of Git', async () => {
  await publish('1.0.0');
  await rig.repo('values.git').commit({ 'prod/web.yaml': 'greeting: good evening\n' });
  const web = `{ repoURL: '${repository.url}', chart: web, targetRevision: ^1.0, helm: { valueFiles: [$v/prod/web.yaml] } }`;
  const artifact = `{ repoURL: 'oci://${registry.host}/charts/api', targetRevision: '*', helm: { releaseName: other } }`;
  await rig.commit({
    ...administration,
    'web.yaml': withSources('web', web, `{ repoURL: ${rig.url('values.git')}, ref: v }`),
    'api.yaml': withSources('api', fromRegistry(), artifact),
  });
  expect(await dataOf('web')).toEqual([['web-web', { version: '1.0.0', greeting: 'good evening' }]]);
  expect(await dataOf('api')).toEqual([
    ['api-api', { version: '1.0.0', greeting: 'hello' }],
    ['other-api', { version: '1.0.0', greeting: 'hello' }],
  ]);
  expect(await rig.record('web')).toMatchObject({
    repoURL: repository.url,
    chart: 'web',
    targetRevision: '^1.0',
    commit: { subject: 'web', version: '1.0.0' },
  });
});

test('one version is downloaded once for all applications, and a hub that starts again renders nothing and downloads nothing', async () => {
  await publish('1.0.0');
  const applications = ['a', 'b', 'c'].map((name) => [
    `${name}.yaml`,
    withSources(name, fromRepository(), fromRegistry()),
  ]);
  await rig.commit({ ...administration, ...Object.fromEntries(applications) });
  expect(await dataOf('c')).toHaveLength(2);
  expect(repository.take().map(({ path }) => path)).toEqual(['/index.yaml', '/archives/web-1.0.0.tgz']);
  expect(registry.take()).toHaveLength(2);
  rig.takeRenders();
  const heads = await rig.heads();
  await rig.restart();
  expect(rig.takeRenders()).toEqual([]);
  expect(await rig.heads()).toEqual(heads);
  expect(repository.take().map(({ status }) => status)).toEqual([304]);
  expect(registry.take().map(({ method }) => method)).toEqual(['HEAD']);
});

test('a new version in the range comes with the next poll; applications of other charts are left alone', async () => {
  await publish('1.0.0');
  await rig.commit({
    ...administration,
    'web.yaml': withSources('web', fromRepository()),
    'api.yaml': withSources('api', fromRegistry()),
  });
  rig.takeRenders();
  await publish('1.1.0');
  await rig.pass();
  expect(await dataOf('web')).toEqual([['web-web', { version: '1.1.0', greeting: 'hello' }]]);
  expect(rig.takeRenders()).toEqual(['web']);
});

test('a repository that is down freezes what is made of its charts, and nothing else', async () => {
  await publish('1.0.0');
  await rig.commit({
    ...administration,
    'web.yaml': withSources('web', fromRepository()),
    'api.yaml': withSources('api', fromRegistry()),
  });
  const heads = await rig.heads();
  await repository.stop();
  await rig.pass();
  expect(await rig.heads()).toEqual(heads);
  expect(await rig.record('web')).toMatchObject({
    gates: [{ kind: 'frozen' }],
    problems: [
      {
        code: 'source-unreadable',
        field: 'spec.sources[0].repoURL',
        message: expect.stringMatching(/\/index\.yaml: it gives no answer \(\w+\)$/),
        location: { file: 'web.yaml', line: 8 },
        remedy: 'What runs stays as it is; the hub tries again at every poll',
      },
    ],
  });
  expect(await rig.record('api')).toMatchObject({ gates: [], problems: [] });
  await repository.start();
  downloads();
  await rig.pass();
  expect(await rig.record('web')).toMatchObject({ gates: [], problems: [] });
  expect(downloads()).toBe(0);
});

test('a version that was published anew is held at what it was', async () => {
  await publish('1.0.0');
  await rig.commit({ ...administration, 'api.yaml': withSources('api', fromRegistry()) });
  const heads = await rig.heads();
  const changed = { 'Chart.yaml': 'apiVersion: v2\nname: api\nversion: 1.0.0\n' };
  registry.push('charts/api', '1.0.0', await packChart('api', '1.0.0', changed));
  await rig.pass();
  expect(await rig.heads()).toEqual(heads);
  expect(await rig.record('api')).toMatchObject({
    problems: [
      {
        field: 'spec.sources[0].targetRevision',
        message: expect.stringContaining('1.0.0 was published anew with other content'),
        remedy: expect.stringContaining('Publish the change as a new version'),
      },
    ],
  });
});

test('a project that allows one registry allows no other, however that is spelled', async () => {
  await publish('1.0.0');
  const project = administration['fleet/projects/platform.yaml'];
  await rig.commit({
    ...administration,
    'fleet/projects/platform.yaml': String(project).replace("'*'", `'${registry.host}/charts'`),
    'api.yaml': withSources('api', fromRegistry()),
    'oci.yaml': withSources('oci', fromRegistry().replace("'", "'oci://")),
    'web.yaml': withSources('web', fromRepository()),
  });
  expect(await dataOf('api')).toHaveLength(1);
  expect(await dataOf('oci')).toHaveLength(1);
  expect(await rig.record('web')).toMatchObject({
    gates: [{ kind: 'refusal', reason: expect.stringContaining("doesn't allow the repository") }],
  });
  expect(repository.take()).toEqual([]);
});

const umbrella = () => [
  'apiVersion: v2',
  'name: shop',
  'version: 0.1.0',
  'dependencies:',
  `- { name: web, version: 1.x, repository: '${repository.url}' }`,
  `- { name: api, version: ^1.0, repository: 'oci://${registry.host}/charts', alias: backend }`,
  '- { name: common, version: 0.x, repository: file://../common }',
  '',
];

async function openUmbrella(files: Readonly<Record<string, string>> = {}): Promise<void> {
  await publish('1.0.0');
  await publish('1.1.0');
  await rig.repo('umbrella.git').commit({
    'shop/Chart.yaml': umbrella().join('\n'),
    'shop/values.yaml': 'web: { greeting: welcome }\n',
    'common/Chart.yaml': 'apiVersion: v2\nname: common\nversion: 0.3.0\n',
    'common/templates/map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: common }\n',
    ...files,
  });
  const source = `{ repoURL: ${rig.url('umbrella.git')}, path: shop }`;
  await rig.commit({ ...administration, 'shop.yaml': withSources('shop', source) });
}

async function versionsOf(name: string): Promise<readonly string[]> {
  const desired = await rig.desired('one', name);
  return (desired?.manifests ?? []).map(({ object }) =>
    JSON.stringify(object['data'] ?? object.metadata.name),
  );
}

test('a chart in Git is rendered with the newest of the charts that it depends on, polled as any', async () => {
  await openUmbrella();
  expect((await versionsOf('shop')).toSorted()).toEqual([
    '"common"',
    '{"greeting":"hello","version":"1.1.0"}',
    '{"greeting":"welcome","version":"1.1.0"}',
  ]);
  await publish('1.2.0');
  await rig.pass();
  expect(String(await versionsOf('shop'))).toMatch(/1\.2\.0.*1\.2\.0/);
  rig.takeRenders();
  downloads();
  await rig.restart();
  expect(rig.takeRenders()).toEqual([]);
  expect(downloads()).toBe(0);
});

test('with Chart.lock, it has the versions that stand there', async () => {
  const lock = `dependencies:
- { name: web, repository: '${repository.url}', version: 1.0.0 }
- { name: api, repository: 'oci://${registry.host}/charts', version: 1.0.0 }
- { name: common, repository: file://../common, version: 0.3.0 }
`;
  await openUmbrella({ 'shop/Chart.lock': lock });
  expect(String(await versionsOf('shop'))).toMatch(/1\.0\.0.*1\.0\.0/);
});

test('what it depends on and can not be had is told at its line, and freezes it', async () => {
  await openUmbrella();
  const heads = await rig.heads();
  await repository.stop();
  await rig.pass();
  expect(await rig.heads()).toEqual(heads);
  expect(await rig.record('shop')).toMatchObject({
    problems: [
      {
        code: 'missing-dependency',
        message: expect.stringMatching(
          /^the chart web that this one depends on can't be read: http:.*no answer/,
        ),
        location: { file: 'shop/Chart.yaml', line: 5 },
      },
    ],
  });
  await repository.start();
  await rig.repo('fleet.git').commit({
    'fleet/projects/platform.yaml': String(administration['fleet/projects/platform.yaml']).replace(
      "'*'",
      `'${rig.url('umbrella.git')}', '${registry.host}/charts'`,
    ),
  });
  repository.take();
  await rig.pass();
  expect(await rig.record('shop')).toMatchObject({
    problems: [
      {
        message: expect.stringContaining(`project platform doesn't allow the repository ${repository.url}`),
        remedy: expect.stringContaining('Allow it in sourceRepos at fleet/projects/platform.yaml:'),
      },
    ],
  });
});

test('a repository whose charts are sources and parts of others tells of each what is wrong with it', async () => {
  await openUmbrella();
  await rig.repo('fleet.git').commit({
    'web.yaml': withSources('web', fromRepository().replace('1.x', '9.0.0')),
    'other.yaml': withSources('other', fromRepository().replace('chart: web', 'chart: wep')),
  });
  repository.take();
  await rig.pass();
  const problemOf = async (name: string) => (await rig.record(name))?.problems[0]?.message;
  expect(await problemOf('web')).toContain('web: there is no version 9.0.0: there are 1.1.0, 1.0.0');
  expect(await problemOf('other')).toContain('has no chart wep');
  expect(await problemOf('shop')).toBeUndefined();
  expect(repository.take().length).toBeLessThanOrEqual(2);
  await rig.pass();
  expect(await problemOf('web')).toContain('there is no version 9.0.0');
  expect(repository.take().map(({ path }) => path)).toEqual(['/index.yaml']);
});
