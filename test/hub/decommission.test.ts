import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DecommissionRequest, Operation } from '../../core/operation.ts';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { administration, applicationText, configMapText, fleetText } from '../support/fleet-texts.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

let tmpDir: string;
let render: RenderPort;
let rig: LoopRig;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-decommission-'));
  render = await openRender({ helm: undefined, kustomize: undefined, tmpDir, log: recordLog() });
});

afterAll(() => rm(tmpDir, { recursive: true, force: true }));

beforeEach(async () => {
  rig = await openLoopRig({ render, repositories: ['apps.git'] });
  await rig.repo('apps.git').commit({
    'web/config.yaml': configMapText('web', '1'),
    'api/config.yaml': configMapText('api', '1'),
    'mail/config.yaml': configMapText('mail', '1'),
  });
  const repoURL = rig.url('apps.git');
  await rig.commit({
    ...administration,
    'applications/web.yaml': applicationText('web', { repoURL }),
    'applications/api.yaml': applicationText('api', { repoURL, finalizer: 'resources' }),
    'applications/mail.yaml': applicationText('mail', { repoURL, cluster: 'two' }),
  });
  await rig.store.saveEnrolled({
    cluster: 'one',
    certificateFingerprint: 'f1',
    enrolledAt: '2026-11-03T10:00:00.000Z',
    certificateExpiresAt: '2027-11-03T10:00:00.000Z',
  });
});

afterEach(() => rig.close());

async function ask(objects: DecommissionRequest['objects'], cluster = 'one'): Promise<Operation> {
  const request = { type: 'decommission', objects } as const;
  const operation = await rig.store.createOperation({ application: '', cluster, request, requestedBy: 'm' });
  await settle();
  return operation;
}

async function settle(): Promise<void> {
  rig.loop.wake();
  await rig.loop.whenIdle();
}

/** What a cluster is told of each application: how many objects, or how it ends there. */
async function told(cluster: string): Promise<Readonly<Record<string, string | number>>> {
  const answers: Record<string, string | number> = {};
  for (const name of ['web', 'api', 'mail', 'late']) {
    const desired = await rig.desired(cluster, name);
    if (desired !== undefined) answers[name] = desired.removal ?? desired.manifests.length;
  }
  return answers;
}

async function operation(id: string): Promise<Operation | undefined> {
  return rig.store.readOperation(id);
}

test('all that a cluster has is deleted, finalizer or not, and nothing new is sent; other clusters are left alone', async () => {
  const { id } = await ask('delete');
  expect(await told('one')).toEqual({ web: 'delete', api: 'delete' });
  expect(await told('two')).toEqual({ mail: 1 });
  expect((await rig.record('web'))?.gates[0]).toMatchObject({ kind: 'decommission', owner: 'm' });
  expect(await operation(id)).toMatchObject({ phase: 'Running' });

  const late = applicationText('late', { repoURL: rig.url('apps.git'), path: 'web' });
  await rig.commit({ 'applications/late.yaml': late });
  expect(await told('one')).toEqual({ web: 'delete', api: 'delete' });
  expect((await rig.record('late'))?.gates[0]?.kind).toBe('decommission');
});

test('it goes on where the hub was stopped, and ends with the last word of the agent', async () => {
  const { id } = await ask('release');
  await rig.finishRemoval('one', 'web');
  expect(await told('one')).toEqual({ api: 'release' });
  await rig.restart();
  await settle();
  expect(await told('one')).toEqual({ api: 'release' });
  expect(await operation(id)).toMatchObject({ phase: 'Running' });

  await rig.finishRemoval('one', 'api');
  expect(await operation(id)).toMatchObject({ phase: 'Succeeded' });
  expect((await operation(id))?.message).toContain('counts no longer: its objects are released');
  expect(await rig.store.listEnrolled()).toEqual([]);
  expect((await rig.store.readEnrolled('one'))?.decommissionedAt).toBeDefined();
  expect([...(await rig.store.listDecommissioned()).keys()]).toEqual(['one']);
});

test('a report about an older removal ends nothing', async () => {
  await rig.commit({ 'applications/web.yaml': null });
  expect(await told('one')).toEqual({ web: 'release', api: 1 });
  await rig.finishRemoval('one', 'web');
  await rig.commit({
    'applications/web.yaml': applicationText('web', { repoURL: rig.url('apps.git') }),
  });
  expect(await told('one')).toEqual({ web: 1, api: 1 });
  await ask('delete');
  expect(await told('one')).toEqual({ web: 'delete', api: 'delete' });
  await settle();
  expect(await told('one')).toEqual({ web: 'delete', api: 'delete' });
});

test('cancelled, everything is sent again as Git says, what was done by then too', async () => {
  const { id } = await ask('delete');
  await rig.finishRemoval('one', 'web');
  await rig.store.cancelOperation(id, 'r');
  await settle();
  expect(await told('one')).toEqual({ web: 1, api: 1 });
  expect((await rig.record('web'))?.gates).toEqual([]);
  expect(await operation(id)).toMatchObject({ phase: 'Failed' });
  expect((await operation(id))?.message).toContain('cancelled by r');
});

test('cancelled, an application whose source is broken has its last good content back', async () => {
  await rig.repo('apps.git').commit({ 'web/config.yaml': 'a: [' });
  await rig.pass();
  const { id } = await ask('delete');
  expect(await told('one')).toEqual({ web: 'delete', api: 'delete' });
  await rig.store.cancelOperation(id, 'r');
  await settle();
  expect(await told('one')).toEqual({ web: 1, api: 1 });
});

test('removing the document of a cluster freezes what it has; the decommission still ends it, and its records go', async () => {
  await rig.commit({
    'fleet/clusters/one.yaml': null,
    'applications/web.yaml': null,
    'applications/api.yaml': null,
  });
  expect(await told('one')).toEqual({ web: 1, api: 1 });
  await ask('release');
  expect(await told('one')).toEqual({ web: 'release', api: 'release' });
  await rig.finishRemoval('one', 'web');
  await rig.finishRemoval('one', 'api');
  expect(await told('one')).toEqual({});
  expect(await rig.record('web')).toBeUndefined();
  expect(await rig.record('api')).toBeUndefined();
});

test('an application that would move there stays where it is until the cluster has left', async () => {
  await ask('delete');
  const moved = applicationText('mail', { repoURL: rig.url('apps.git'), cluster: 'one' });
  await rig.commit({ 'applications/mail.yaml': moved });
  expect(await told('two')).toEqual({ mail: 1 });
  expect(await told('one')).toEqual({ web: 'delete', api: 'delete' });
  expect((await rig.record('mail'))?.gates[0]?.kind).toBe('decommission');
});

test('abandoned, it ends at once and nothing is asked of its agent', async () => {
  const { id } = await ask('abandon');
  expect(await operation(id)).toMatchObject({ phase: 'Succeeded' });
  expect((await operation(id))?.message).toContain('its agent was not asked');
  expect(await rig.store.listEnrolled()).toEqual([]);
});

test('cancelled or replaced in the very moment of its end, the cluster stays', async () => {
  const request = { type: 'decommission', objects: 'release' } as const;
  const asked = { application: '', cluster: 'one', request, requestedBy: 'm' };
  const first = await rig.store.createOperation(asked);
  await rig.store.cancelOperation(first.id, 'r');
  expect(await rig.store.finishDecommission(first.id, 'one', 'it has left')).toBe('stays');
  const second = await rig.store.createOperation(asked);
  const third = await rig.store.createOperation(asked);
  expect(await rig.store.finishDecommission(second.id, 'one', 'it has left')).toBe('stays');
  expect((await rig.store.readEnrolled('one'))?.decommissionedAt).toBeUndefined();
  await rig.store.saveProgress(second.id, { phase: 'Failed', message: 'replaced' });
  expect(await rig.store.finishDecommission(third.id, 'one', 'it has left')).toBe('left');
});

test('a cluster that has left is sent nothing while its documents are in Git, and nothing stays once they go', async () => {
  await ask('release');
  await rig.finishRemoval('one', 'web');
  await rig.finishRemoval('one', 'api');
  const late = applicationText('late', { repoURL: rig.url('apps.git'), path: 'web' });
  await rig.commit({ 'applications/late.yaml': late });
  expect(await told('one')).toEqual({});
  for (const name of ['web', 'api', 'late']) {
    expect((await rig.record(name))?.gates[0]).toMatchObject({
      kind: 'decommission',
      reason: 'cluster one was decommissioned: nothing is sent to it',
    });
  }
  await rig.restart();
  await settle();
  expect(await told('one')).toEqual({});

  await rig.commit({
    'fleet/clusters/one.yaml': null,
    'applications/web.yaml': null,
    'applications/api.yaml': null,
    'applications/late.yaml': null,
  });
  expect(await told('one')).toEqual({});
  for (const name of ['web', 'api', 'late']) expect(await rig.record(name)).toBeUndefined();
});

test('what a stream that is being ended says of a cluster that has left is kept by nobody', async () => {
  await ask('abandon');
  const at = '2026-11-03T11:00:00.000Z';
  await rig.store.saveContact('one', { agentVersion: '1', generation: 3, at });
  await rig.finishRemoval('one', 'web');
  expect(await rig.store.listClusterStatus()).toEqual([]);
  expect((await rig.store.listDone('one')).size).toBe(0);
});

test('a newer decommission with another end replaces one that waits, and what is left ends its way', async () => {
  const first = await ask('delete');
  await rig.finishRemoval('one', 'web');
  const second = await ask('release');
  expect(await told('one')).toEqual({ api: 'release' });
  expect(await operation(first.id)).toMatchObject({ phase: 'Failed' });
  expect((await operation(first.id))?.message).toContain(second.id);
  await rig.finishRemoval('one', 'api');
  expect(await operation(second.id)).toMatchObject({ phase: 'Succeeded' });
});

test('the same order given again is another one: the end of the first one ends nothing', async () => {
  const first = await ask('delete');
  await rig.finishRemoval('one', 'web');
  await rig.store.cancelOperation(first.id, 'r');
  await settle();
  expect(await told('one')).toEqual({ web: 1, api: 1 });
  const second = await ask('delete');
  await settle();
  expect(await told('one')).toEqual({ web: 'delete', api: 'delete' });
  expect(await operation(second.id)).toMatchObject({ phase: 'Running' });
});

test('one that never had an agent can be given up too, and stays given up', async () => {
  const { id } = await ask('abandon', 'two');
  expect(await operation(id)).toMatchObject({ phase: 'Succeeded' });
  await settle();
  expect(await told('two')).toEqual({});
  expect([...(await rig.store.listDecommissioned()).keys()]).toEqual(['two']);
});

test('enrolled again, the cluster belongs to the fleet again', async () => {
  await ask('abandon');
  await rig.store.saveEnrolled({
    cluster: 'one',
    certificateFingerprint: 'f2',
    enrolledAt: '2026-11-04T10:00:00.000Z',
    certificateExpiresAt: '2027-11-04T10:00:00.000Z',
  });
  await settle();
  expect(await told('one')).toEqual({ web: 1, api: 1 });
  expect((await rig.store.readEnrolled('one'))?.decommissionedAt).toBeUndefined();
});

test('what can be decided by nobody, for want of a catalog, waits and says so until the catalog is back', async () => {
  await rig.commit({ 'fleet/fleet.yaml': null });
  const { id } = await ask('delete');
  expect(await operation(id)).toMatchObject({
    phase: 'Running',
    message: 'waits: the fleet repository has no readable Fleet document',
  });
  expect(await told('one')).toEqual({ web: 1, api: 1 });
  await rig.commit({ 'fleet/fleet.yaml': fleetText() });
  expect(await operation(id)).toMatchObject({ phase: 'Running', message: '' });
  expect(await told('one')).toEqual({ web: 'delete', api: 'delete' });
});
