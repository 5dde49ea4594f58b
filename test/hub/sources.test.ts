import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

vi.setConfig({ testTimeout: 60_000 });

let tmpDir: string;
let render: RenderPort;
let rig: LoopRig | undefined;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-sources-'));
  const { helm } = await ensureBinaries(['helm'], { log: (line) => process.stderr.write(`${line}\n`) });
  render = await openRender({ helm: helm.path, kustomize: undefined, tmpDir, log: recordLog() });
}, 300_000);

afterAll(() => rm(tmpDir, { recursive: true, force: true }));
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

const template =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: "{{ .Release.Name }}" }\ndata: { v: "{{ .Values.v }}" }\n';

/** A chart, its values in another repository, and plain files in the fleet repository, as one application. */
async function openThree(): Promise<LoopRig> {
  const opened = await openLoopRig({ render, repositories: ['charts.git', 'values.git', 'plain.git'] });
  await opened.repo('charts.git').commit({
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'web/values.yaml': 'v: "chart"\n',
    'web/templates/map.yaml': template,
  });
  await opened.repo('values.git').commit({ 'web/prod.yaml': 'v: "1"\n', 'api/prod.yaml': 'v: "1"\n' });
  await opened.repo('plain.git').commit({ 'extra/a.yaml': configMapText('extra', '1') });
  const other = applicationText('other', { repoURL: opened.url('plain.git'), path: 'extra' });
  await opened.commit({ ...administration, 'web.yaml': withSources(opened), 'other.yaml': other });
  return opened;
}

function withSources(opened: LoopRig, file = '$values/web/prod.yaml'): string {
  return applicationText('web', { repoURL: 'x' }).replace(
    / {2}source:\n(?: {4}.*\n)+/,
    `  sources:
    - { repoURL: ${opened.url('charts.git')}, path: web, helm: { valueFiles: ['${file}'] } }
    - { repoURL: ${opened.url('values.git')}, targetRevision: main, ref: values }
    - { repoURL: ${opened.url('plain.git')}, path: extra, name: extras }
`,
  );
}

async function valuesOf(opened: LoopRig): Promise<readonly unknown[]> {
  const desired = await opened.desired('one', 'web');
  return (desired?.manifests ?? []).map(({ object }) => [object.metadata.name, object['data']]);
}

test('an application of several sources has the objects of all, with values of another repository', async () => {
  rig = await openThree();
  expect(await valuesOf(rig)).toEqual([
    ['web', { v: '1' }],
    ['extra', { value: '1' }],
  ]);
  expect(await rig.record('web')).toMatchObject({
    repoURL: rig.url('charts.git'),
    path: 'web',
    sources: [{ path: 'web' }, { ref: 'values', targetRevision: 'main' }, { name: 'extras' }],
    sourceCommits: [
      { repoURL: rig.url('charts.git'), commit: { subject: expect.any(String) } },
      { repoURL: rig.url('values.git'), targetRevision: 'main' },
      { repoURL: rig.url('plain.git') },
    ],
  });
});

test('a commit to the values alone renders the chart once, and nothing else again', async () => {
  rig = await openThree();
  expect(rig.takeRenders()).toEqual(['other', 'web', 'web']);
  const before = await rig.record('web');
  const commit = await rig.repo('values.git').commit({ 'web/prod.yaml': 'v: "2"\n' });
  await rig.pass('values.git');
  expect(rig.takeRenders()).toEqual(['web']);
  expect(await valuesOf(rig)).toEqual([
    ['web', { v: '2' }],
    ['extra', { value: '1' }],
  ]);
  const after = await rig.record('web');
  expect(after?.commit).toEqual(before?.commit);
  expect(after?.sourceCommits?.map(({ commit: { id } }) => id)).toEqual([
    before?.sourceCommits?.[0]?.commit.id,
    commit,
    before?.sourceCommits?.[2]?.commit.id,
  ]);

  const history = await rig.store.listHistory('argocd/web');
  expect(history.map(({ sources }) => sources)).toEqual([after?.sourceCommits, before?.sourceCommits]);

  await rig.repo('values.git').commit({ 'api/prod.yaml': 'v: "3"\n' });
  await rig.pass('values.git');
  expect(rig.takeRenders()).toEqual([]);
  expect(await rig.record('web')).toEqual(after);

  await rig.restart();
  await rig.pass();
  expect(rig.takeRenders()).toEqual([]);
  expect(await rig.record('web')).toEqual(after);
});

test('a source that a project does not allow refuses the application, whichever it is', async () => {
  rig = await openThree();
  const project = `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: { name: platform }
spec:
  sourceRepos: ['**', '!**/values.git']
  destinations: [{ name: '*', namespace: 'team-*' }]
`;
  await rig.commit({ 'fleet/projects/platform.yaml': project });
  expect((await rig.record('web'))?.gates).toMatchObject([
    { kind: 'refusal', reason: expect.stringContaining('values.git') },
  ]);
  expect((await rig.record('other'))?.gates).toEqual([]);
});

test('a source that can not be read freezes the application at its own line', async () => {
  rig = await openThree();
  await rig.commit({ 'web.yaml': withSources(rig, '$values/web/gone.yaml') });
  expect((await rig.record('web'))?.problems).toMatchObject([
    {
      code: 'missing-file',
      field: 'spec.sources[0].helm.valueFiles[0]',
      location: { file: 'web.yaml', line: 8 },
      remedy: 'There are web/prod.yaml',
    },
  ]);
  await rig.commit({ 'web.yaml': withSources(rig).replace('main, ref', 'gone, ref') });
  expect((await rig.record('web'))?.problems).toMatchObject([
    { code: 'source-unreadable', field: 'spec.sources[1].targetRevision', location: { line: 9 } },
  ]);
  expect(await valuesOf(rig)).toEqual([
    ['web', { v: '1' }],
    ['extra', { value: '1' }],
  ]);
});

test('a range of versions follows its tags, and a commit that is filled in renders again by itself', async () => {
  rig = await openThree();
  const repo = rig.repo('charts.git');
  await repo.tag('v1.0.0');
  const source = applicationText('web', { repoURL: rig.url('charts.git'), revision: "'^1.0'" });
  const parameter = "{ name: v, value: '$ARGOCD_APP_NAME-$ARGOCD_APP_REVISION_SHORT' }";
  const text = source.replace('    path: web\n', `    path: web\n    helm: { parameters: [${parameter}] }\n`);
  await rig.commit({ 'web.yaml': text });
  const first = await repo.head();
  expect(await valuesOf(rig)).toEqual([['web', { v: `web-${first.slice(0, 7)}` }]]);
  expect(await rig.record('web')).toMatchObject({
    targetRevision: '^1.0',
    sourceCommits: [{ resolved: 'v1.0.0', commit: { id: first } }],
  });
  const second = await repo.commit({ 'README.md': 'nothing that it reads' });
  await rig.pass('charts.git');
  expect(await valuesOf(rig)).toEqual([['web', { v: `web-${first.slice(0, 7)}` }]]);
  await repo.tag('v1.1.0');
  await rig.pass('charts.git');
  expect(await valuesOf(rig)).toEqual([['web', { v: `web-${second.slice(0, 7)}` }]]);
  expect(await rig.record('web')).toMatchObject({ sourceCommits: [{ resolved: 'v1.1.0' }] });
});
