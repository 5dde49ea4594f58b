import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { ApiResource, KubePort } from '../../agent/ports.ts';
import { openGuard } from '../../core/guard.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { type EngineRig, engineRig, type RigOverrides, wantedApplication } from '../support/engine-rig.ts';
import {
  closedDoor,
  type FaultProxy,
  is,
  isWatch,
  type Match,
  openFaultProxy,
  statusBody,
} from '../support/fault-proxy.ts';
import { memoryState } from '../support/memory-state.ts';
import type { ProxiedRequest, ProxiedWatch } from '../support/proxied-watch.ts';

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

async function openRig(overrides: RigOverrides = {}): Promise<EngineRig> {
  const rig = await engineRig(proxy.access, memoryState(), (kube) => kube, openGuard, overrides);
  rigs.push(rig);
  return rig;
}

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function nameOf(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name };
}

function live(name: string) {
  return client.find(nameOf(name));
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

  it('with 429 is asked for again when the API server said, and nobody hears of it', async () => {
    const rig = await openRig();
    const busy = statusBody(429, 'TooManyRequests', 'too many requests, please try again later');
    const fault = proxy.when(
      is('PATCH', '/configmaps/busy'),
      { type: 'answer', status: 429, body: busy, headers: { 'retry-after': '1' } },
      1,
    );
    await rig.untilApplied(wantedApplication('busy', [configMap('busy', { a: '1' })]));
    expect(fault.hits).toBe(1);
    const told = rig.reports.flatMap((report) =>
      report.type === 'application' ? report.status.failures : [],
    );
    expect(told).toEqual([]);
  });

  it('for long is told with its reason, goes on by itself, and holds up no other', async () => {
    const rig = await openRig();
    const body = statusBody(500, 'InternalError', 'etcdserver: request timed out');
    proxy.when(is('PATCH', '/configmaps/down'), { type: 'answer', status: 500, body });
    rig.want(wantedApplication('down', [configMap('down', {}), configMap('beside', {})]));
    const failed = await rig.until('down', 'has failed', (status) => status.failures.length === 1);
    expect(failed.failures).toMatchObject([{ ref: { name: 'down' }, code: 'server-error' }]);
    await expect.poll(() => live('beside'), { timeout: 30_000 }).toBeDefined();
    proxy.clear();
    await rig.until(
      'down',
      'is applied',
      (status) => status.sync === 'Synced' && status.failures.length === 0,
    );
  });

  it('never comes at all: the request ends in time and is sent again', async () => {
    const rig = await openRig({ kube: { requestTimeoutMs: 1_000 } });
    const fault = proxy.when(is('PATCH', '/configmaps/silent'), { type: 'silence' }, 1);
    await rig.untilApplied(wantedApplication('silent', [configMap('silent', { a: '1' })]));
    expect(fault.hits).toBe(1);
  });
});

const ofConfigMaps: Match = (request) => isWatch(request) && request.path.endsWith('/configmaps');
const isFirstState: Match = (request) => ofConfigMaps(request) && request.query.has('sendInitialEvents');

/** The engine's watch of ConfigMaps, once it runs. */
async function runningWatch(): Promise<ProxiedWatch> {
  await expect.poll(() => proxy.watches(ofConfigMaps).length, { timeout: 30_000 }).toBe(1);
  return proxy.watches(ofConfigMaps)[0]!;
}

function edit(name: string) {
  return client.patch(nameOf(name), { data: { a: '2' } });
}

describe('a watch', () => {
  /** Applies an object, lets a foreign edit go unseen, breaks the watch, and waits until the edit is healed. */
  async function missesNothing(
    name: string,
    fault: (watch: ProxiedWatch) => void,
    kube: RigOverrides['kube'] = {},
  ): Promise<{ firstStates: number }> {
    const rig = await openRig({ kube });
    await rig.untilApplied(wantedApplication(name, [configMap(name, { a: '1' })]));
    const watch = await runningWatch();
    watch.hold();
    await edit(name);
    const before = proxy.count(isFirstState);
    fault(watch);
    await expect.poll(() => rig.drifts(name).at(-1)?.end, { timeout: 60_000 }).toBe('healed');
    await rig.engine.whenIdle();
    expect(await live(name)).toMatchObject({ data: { a: '1' } });
    return { firstStates: proxy.count(isFirstState) - before };
  }

  it('row 29: that is cut in the middle of an event goes on from where it was', async () => {
    const { firstStates } = await missesNothing('cut', (watch) =>
      watch.cut('{"type":"MODIFIED","object":{"ki'),
    );
    expect(firstStates).toBe(0);
  });

  it('row 29: that the server ends goes on from where it was', async () => {
    const { firstStates } = await missesNothing('ended', (watch) => watch.end());
    expect(firstStates).toBe(0);
  });

  it('row 29: that is silent for two bookmarks is taken for dead, and goes on from where it was', async () => {
    const { firstStates } = await missesNothing('silence', () => undefined, { watchIdleMs: 1_500 });
    expect(firstStates).toBe(0);
  });

  it('row 29: that is told 410 within its stream begins anew, once', async () => {
    const { firstStates } = await missesNothing('gone-event', (watch) => {
      watch.send({ type: 'ERROR', object: statusBody(410, 'Expired', 'too old resource version: 1 (2)') });
    });
    expect(firstStates).toBe(1);
  });

  it('row 29: that is answered 410 begins anew, once', async () => {
    const body = statusBody(410, 'Expired', 'too old resource version: 1 (2)');
    const { firstStates } = await missesNothing('gone-answer', (watch) => {
      proxy.when(
        (request) => ofConfigMaps(request) && !isFirstState(request),
        { type: 'answer', status: 410, body },
        1,
      );
      watch.end();
    });
    expect(firstStates).toBe(1);
  });

  it('row 29: and everything else survive a restart of the API server', async () => {
    const rig = await openRig();
    await rig.untilApplied(wantedApplication('restart', [configMap('restart', { a: '1' })]));
    const { apiServer } = planes.cluster('faults');
    await apiServer.stop();
    rig.want(wantedApplication('restart', [configMap('restart', { a: '2' })]));
    await rig.until('restart', 'has no answer', (status) => status.failures[0]?.code === 'unreachable');
    await apiServer.start();
    await rig.until(
      'restart',
      'is applied',
      (status) => status.sync === 'Synced' && status.failures.length === 0,
    );
    expect(await live('restart')).toMatchObject({ data: { a: '2' } });
    await client.patch(nameOf('restart'), { data: { a: '3' } });
    await expect.poll(() => rig.drifts('restart').at(-1)?.end, { timeout: 60_000 }).toBe('healed');
  });
});

describe('a list', () => {
  const count = 1_100;
  const scope = { labelSelector: 'listed=many', namespace: 'default' };
  const isThirdPage = (() => {
    let pages = 0;
    return (request: ProxiedRequest) => {
      if (request.method !== 'GET' || request.query.get('labelSelector') !== scope.labelSelector)
        return false;
      pages = request.query.has('continue') ? pages + 1 : 1;
      return pages === 3;
    };
  })();
  const expired = statusBody(410, 'Expired', 'The provided continue parameter is too old');
  let kube: KubePort;
  let resource: ApiResource;

  beforeAll(async () => {
    kube = openKube(await openConnection({ type: 'explicit', ...proxy.access }));
    resource = (await kube.discover()).resources.find(({ kind }) => kind === 'ConfigMap')!;
    const labels = { listed: 'many' };
    const made = await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const object = configMap(`many-${index}`, {});
        return kube.create(resource, { ...object, metadata: { ...object.metadata, labels } });
      }),
    );
    expect(made.filter((each) => each.type === 'failed')).toEqual([]);
  }, 120_000);

  afterAll(() => kube?.close());

  it('row 30: whose continue token expires at its third page begins anew and is whole', async () => {
    const fault = proxy.when(isThirdPage, { type: 'answer', status: 410, body: expired }, 1);
    const list = await kube.list(resource, scope);
    expect(fault.hits).toBe(1);
    expect(list.type === 'ok' ? list.objects.length : list.failure).toBe(count);
  });

  it('row 30: whose token expires again and again fails, and no part of it is taken for the whole', async () => {
    proxy.when(isThirdPage, { type: 'answer', status: 410, body: expired });
    expect(await kube.list(resource, scope)).toMatchObject({ type: 'failed', failure: { status: 410 } });
  });

  it('row 30: that is the first state of a watch is told complete once all pages came', async () => {
    const isStreamed: Match = (request) => request.query.has('sendInitialEvents');
    proxy.when(isStreamed, {
      type: 'answer',
      status: 400,
      body: statusBody(400, 'BadRequest', 'no such option'),
    });
    proxy.when(isThirdPage, { type: 'answer', status: 410, body: expired }, 2);
    const synced: number[] = [];
    const watch = kube.watch(resource, scope, {
      onSynced: (all) => synced.push(all.size),
      onObject: () => undefined,
      onDeleted: () => undefined,
      onProblem: () => undefined,
    });
    try {
      await expect.poll(() => synced, { timeout: 60_000 }).toEqual([count]);
    } finally {
      watch.close();
    }
  });
});
