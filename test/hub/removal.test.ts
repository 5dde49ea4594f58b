import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

let tmpDir: string;
let render: RenderPort;
let rig: LoopRig;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-removal-'));
  render = await openRender({ helm: undefined, kustomize: undefined, tmpDir, log: recordLog() });
});

afterAll(() => rm(tmpDir, { recursive: true, force: true }));

beforeEach(async () => {
  rig = await openLoopRig({ render, repositories: ['apps.git', 'other.git'] });
  for (const name of ['apps.git', 'other.git']) {
    await rig.repo(name).commit({
      'web/config.yaml': configMapText('web', name),
      'api/config.yaml': configMapText('api', name),
    });
  }
  const repoURL = rig.url('apps.git');
  await rig.commit({
    ...administration,
    'applications/web.yaml': applicationText('web', { repoURL }),
    'applications/api.yaml': applicationText('api', { repoURL, finalizer: 'resources' }),
  });
  expect([...(await rig.head('one')).entries.keys()]).toEqual(['argocd/api', 'argocd/web']);
});

afterEach(() => rig.close());

/** What each cluster is told of an application: its objects' count, or how it ends there. */
async function told(name: string): Promise<Readonly<Record<string, string | number>>> {
  const answers: Record<string, string | number> = {};
  for (const cluster of ['one', 'two']) {
    const desired = await rig.desired(cluster, name);
    if (desired !== undefined) answers[cluster] = desired.removal ?? desired.manifests.length;
  }
  return answers;
}

test('without the finalizer its objects are released, with it they are deleted, until the agent is done', async () => {
  await rig.commit({ 'applications/web.yaml': null, 'applications/api.yaml': null });
  expect(await told('web')).toEqual({ one: 'release' });
  expect(await told('api')).toEqual({ one: 'delete' });
  // Its hooks that name no namespace are for this one.
  expect((await rig.desired('one', 'api'))?.namespace).toBe('team-a');
  expect(await rig.record('api')).toMatchObject({ removal: 'delete', gates: [] });

  await rig.restart();
  await rig.pass();
  expect(await told('api')).toEqual({ one: 'delete' });

  await rig.finishRemoval('one', 'api');
  expect(await told('api')).toEqual({});
  expect(await rig.record('api')).toBeUndefined();
  expect(await told('web')).toEqual({ one: 'release' });
  await rig.finishRemoval('one', 'web');
  expect((await rig.head('one')).entries.size).toBe(0);
});

test("the agent's word counts also where the hub stopped before it acted on it", async () => {
  await rig.commit({ 'applications/api.yaml': null });
  const status = {
    application: 'argocd/api',
    digest: (await rig.head('one')).entries.get('argocd/api') ?? '',
    sync: 'Synced',
    health: { status: 'Healthy', message: '' },
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
    removal: 'done',
  } as const;
  await rig.store.saveReports('one', [{ sequence: 1, report: { type: 'application', status } }]);
  await rig.restart();
  expect(await told('api')).toEqual({});
  expect(await rig.record('api')).toBeUndefined();
});

test('an application that comes back while it is being removed runs again, and its next removal is a new one', async () => {
  const text = applicationText('api', { repoURL: rig.url('apps.git'), finalizer: 'resources' });
  await rig.commit({ 'applications/api.yaml': null });
  await rig.commit({ 'applications/api.yaml': text });
  expect(await told('api')).toEqual({ one: 1 });
  expect((await rig.record('api'))?.removal).toBeUndefined();
  await rig.commit({ 'applications/api.yaml': null });
  await rig.finishRemoval('one', 'api');
  await rig.commit({ 'applications/api.yaml': text });
  await rig.repo('fleet.git').commit({ 'applications/api.yaml': null });
  await rig.restart();
  expect(await told('api')).toEqual({ one: 'delete' });
});

test('an application that was never applied leaves without a trace', async () => {
  await rig.commit({
    'applications/new.yaml': applicationText('new', { repoURL: rig.url('apps.git'), path: 'nowhere' }),
  });
  expect(await rig.record('new')).toMatchObject({ gates: [{ kind: 'frozen' }] });
  await rig.commit({ 'applications/new.yaml': null });
  expect(await rig.record('new')).toBeUndefined();
  expect(await told('new')).toEqual({});
});

test('a refused or frozen application can be removed', async () => {
  await rig.commit({
    'applications/api.yaml': applicationText('api', {
      repoURL: rig.url('apps.git'),
      finalizer: 'resources',
      namespace: 'kube-system',
    }),
    'applications/web.yaml': applicationText('web', { repoURL: rig.url('apps.git'), path: 'nowhere' }),
  });
  expect(await told('api')).toEqual({ one: 1 });
  expect(await told('web')).toEqual({ one: 1 });
  await rig.commit({ 'applications/api.yaml': null, 'applications/web.yaml': null });
  expect(await told('api')).toEqual({ one: 'delete' });
  expect(await told('web')).toEqual({ one: 'release' });
});

test('an application that moves to another cluster is released on the old one, never deleted', async () => {
  const repoURL = rig.url('apps.git');
  await rig.commit({
    'applications/api.yaml': applicationText('api', { repoURL, cluster: 'two', finalizer: 'resources' }),
  });
  expect(await told('api')).toEqual({ one: 'release', two: 1 });
  await rig.pass();
  await rig.restart();
  expect(await told('api')).toEqual({ one: 'release', two: 1 });
  await rig.finishRemoval('one', 'api');
  expect(await told('api')).toEqual({ two: 1 });
  await rig.pass();
  expect(await told('api')).toEqual({ two: 1 });
});

test('an application that moves and comes back before the old cluster has answered runs there again', async () => {
  const repoURL = rig.url('apps.git');
  const text = (cluster: string): string =>
    applicationText('api', { repoURL, cluster, finalizer: 'resources' });
  await rig.commit({ 'applications/api.yaml': text('two') });
  await rig.commit({ 'applications/api.yaml': text('one') });
  expect(await told('api')).toEqual({ one: 1, two: 'release' });
});

test('an application that moves to another project or repository is changed in place', async () => {
  await rig.commit({
    'applications/api.yaml': applicationText('api', {
      repoURL: rig.url('apps.git'),
      project: 'shop',
      finalizer: 'resources',
    }),
  });
  expect(await told('api')).toEqual({ one: 1 });
  expect(await rig.desired('one', 'api')).toMatchObject({ project: 'shop' });
  const generation = (await rig.head('one')).generation;
  await rig.commit({
    'applications/api.yaml': applicationText('api', {
      repoURL: rig.url('other.git'),
      project: 'shop',
      finalizer: 'resources',
    }),
  });
  expect(await told('api')).toEqual({ one: 1 });
  expect((await rig.head('one')).generation).toBe(generation + 1);
  expect((await rig.desired('one', 'api'))?.manifests[0]?.object).toMatchObject({
    data: { value: 'other.git' },
  });
  expect(await rig.record('api')).toMatchObject({ project: 'shop', repoURL: rig.url('other.git') });
});

test('an application keeps running when its document moves to another file', async () => {
  const before = await rig.heads();
  await rig.commit({
    'applications/api.yaml': null,
    'teams/a/api.yaml': applicationText('api', { repoURL: rig.url('apps.git'), finalizer: 'resources' }),
  });
  expect(await rig.heads()).toEqual(before);
  expect((await rig.record('api'))?.location.file).toBe('teams/a/api.yaml');
});
