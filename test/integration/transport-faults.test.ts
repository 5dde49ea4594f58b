import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import {
  closedDoor,
  type FaultProxy,
  is,
  isWatch,
  openFaultProxy,
  statusBody,
} from '../support/fault-proxy.ts';

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-faults-'));
  planes = await startControlPlanes({ names: ['faults'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('faults'), { fieldManager: 'kubectl-edit' });
  proxy = await openFaultProxy(planes.cluster('faults'));
});

afterEach(async () => {
  proxy.clear();
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await proxy?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state?: EngineRig['state']): Promise<EngineRig> {
  const rig = await engineRig(proxy.access, state);
  rigs.push(rig);
  return rig;
}

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function live(name: string) {
  return client.find({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name });
}

describe('an answer that fails', () => {
  it('with 503 once is asked for again and converges', async () => {
    const rig = await openRig();
    const fault = proxy.when(
      is('PATCH', '/configmaps/again'),
      {
        type: 'answer',
        status: 503,
        body: statusBody(503, 'ServiceUnavailable', 'etcdserver: leader changed'),
      },
      1,
    );
    await rig.untilApplied(wantedApplication('again', [configMap('again', { a: '1' })]));
    expect(fault.hits).toBe(1);
    expect(await live('again')).toMatchObject({ data: { a: '1' } });
  });

  it('after the write was taken leaves the object as it was written', async () => {
    const rig = await openRig();
    const fault = proxy.when(is('PATCH', '/configmaps/lost'), { type: 'lose-answer' }, 1);
    await rig.untilApplied(wantedApplication('lost', [configMap('lost', { a: '1' })]));
    expect(fault.hits).toBe(1);
    expect(await live('lost')).toMatchObject({ data: { a: '1' } });
  });

  it('and is cut in the middle is no answer', async () => {
    const rig = await openRig();
    proxy.when(is('PATCH', '/configmaps/half'), { type: 'cut', afterBytes: 40 }, 1);
    await rig.untilApplied(wantedApplication('half', [configMap('half', { a: '1' })]));
    expect(await live('half')).toMatchObject({ data: { a: '1' } });
  });

  it('for one object holds up no other', async () => {
    const rig = await openRig();
    const door = closedDoor();
    proxy.when(is('PATCH', '/configmaps/slow'), { type: 'delay', part: 'request', until: door.opened }, 1);
    rig.want(
      wantedApplication('slow', [configMap('slow', {})]),
      wantedApplication('fast', [configMap('fast', {})]),
    );
    await rig.until('fast', 'is applied', (status) => status.sync === 'Synced');
    expect(await live('slow')).toBeUndefined();
    door.open();
    await rig.until('slow', 'is applied', (status) => status.sync === 'Synced');
    expect(await live('slow')).toBeDefined();
  });
});

describe('a watch', () => {
  it('that is cut in the middle of an event misses nothing', async () => {
    const rig = await openRig();
    await rig.untilApplied(wantedApplication('cut', [configMap('cut', { a: '1' })]));
    const watches = proxy.watches((request) => request.path.endsWith('/configmaps'));
    expect(watches.length).toBeGreaterThan(0);
    for (const watch of watches) watch.hold();
    await client.patch(
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'cut' },
      { data: { a: '2' } },
    );
    for (const watch of watches) watch.cut('{"type":"MODIFIED","object":{"kind":"Conf');
    await expect.poll(() => rig.drifts('cut').at(-1)?.end, { timeout: 30_000 }).toBe('healed');
    expect(await live('cut')).toMatchObject({ data: { a: '1' } });
    expect(proxy.count(isWatch)).toBeGreaterThan(watches.length);
  });
});
