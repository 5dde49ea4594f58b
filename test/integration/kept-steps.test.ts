import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StatePort } from '../../agent/ports.ts';
import { AppError } from '../../core/error.ts';
import { openGuard } from '../../core/guard.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, type RigOverrides, wantedApplication } from '../support/engine-rig.ts';
import { closedDoor, type FaultProxy, is, openFaultProxy, statusBody } from '../support/fault-proxy.ts';
import { type LosableState, losableState } from '../support/losable-state.ts';
import { memoryState } from '../support/memory-state.ts';
import { mortal } from '../support/mortal-engine.ts';

const limit = { limitMs: 60_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-kept-'));
  planes = await startControlPlanes({ names: ['kept'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('kept'), { fieldManager: 'kubectl-edit' });
  proxy = await openFaultProxy(planes.cluster('kept'));
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

async function openRig(
  state: StatePort = memoryState(),
  between: Parameters<typeof engineRig>[2] = (kube) => kube,
  overrides: RigOverrides = {},
): Promise<EngineRig> {
  const rig = await engineRig(proxy.access, state, between, openGuard, overrides);
  rigs.push(rig);
  return rig;
}

async function closeRig(rig: EngineRig): Promise<void> {
  rigs.splice(rigs.indexOf(rig), 1);
  await rig.close();
}

function configMap(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: {} };
}

function hookPod(name: string, phase: string): KubeObject {
  const annotations = { 'argocd.argoproj.io/hook': phase };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', annotations },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'run', image: 'busybox:1.37' }],
    },
  };
}

const nameOf = ({ apiVersion, kind, metadata: { name = '' } }: KubeObject) => ({
  apiVersion,
  kind,
  name,
  namespace: 'default',
});

const find = (object: KubeObject) => client.find(nameOf(object));

const isThere = (object: KubeObject) =>
  waitUntil(`${object.metadata.name} is there`, () => find(object), limit);

const isGone = (object: KubeObject) =>
  waitUntil(`${object.metadata.name} is gone`, async () => (await find(object)) === undefined, limit);

const end = (object: KubeObject) =>
  client.patch(nameOf(object), { status: { phase: 'Succeeded' } }, 'status');

/** How often it was created, whatever came of it. */
const created = (name: string) =>
  proxy.requests.filter(
    ({ method, path, body }) => method === 'POST' && path.endsWith('/pods') && body.includes(`"${name}"`),
  ).length;

const isApplied = (rig: EngineRig, name: string) =>
  rig.until(name, 'is applied', (found) => found.sync === 'Synced' && found.appliedDigest === found.digest);

/** Its Secrets take nothing. */
function down(state: LosableState): LosableState {
  state.refusal = new AppError('unavailable', 'the disk is full', { remedy: 'Free space on it' });
  return state;
}

describe('a step that the agent can’t keep', () => {
  it('is not begun: its hook does not run, others go on, and it runs once that works again', async () => {
    const state = down(losableState());
    const rig = await openRig(state);
    const [hook, object] = [hookPod('held-hook', 'PreSync'), configMap('held')];
    rig.want(wantedApplication('held', [object, hook]), wantedApplication('beside', [configMap('beside')]));
    const told = await rig.until('held', 'waits for its hook', (found) => found.failures.length > 0);
    expect(told.failures).toMatchObject([
      { code: 'hook-failed', ref: { name: 'held-hook' }, remedy: 'Free space on it' },
    ]);
    expect(told.failures[0]?.message).toContain('the disk is full');
    await isApplied(rig, 'beside');
    expect(await find(hook)).toBeUndefined();
    expect(await find(object)).toBeUndefined();
    state.refusal = undefined;
    await isThere(hook);
    await end(hook);
    const done = await isApplied(rig, 'held');
    expect(done.failures).toEqual([]);
    expect(created('held-hook')).toBe(1);
  });

  it('and is the end of a hook does not count, and the hook is not run again', async () => {
    const state = losableState();
    const rig = await openRig(state);
    const [hook, object] = [hookPod('ended-hook', 'PreSync'), configMap('ended')];
    rig.want(wantedApplication('ended', [object, hook]));
    await isThere(hook);
    await rig.engine.whenIdle();
    down(state);
    await end(hook);
    const told = await rig.until('ended', 'can’t remember the end', (found) => found.failures.length > 0);
    expect(told.failures[0]?.message).toContain('the disk is full');
    expect(await find(object)).toBeUndefined();
    state.refusal = undefined;
    await isApplied(rig, 'ended');
    expect(created('ended-hook')).toBe(1);
  });

  it('and is a confirmation of a deletion is refused, and nothing is deleted until it is kept', async () => {
    const state = losableState();
    const rig = await openRig(state);
    const objects = [configMap('confirmed-one'), configMap('confirmed-two')];
    const wanted = wantedApplication('confirmed', objects);
    await rig.untilApplied(wanted);
    rig.want({ ...wanted, manifests: [] });
    const { gates } = await rig.until('confirmed', 'is held', (found) => found.gates.length > 0);
    const confirm = (id: string) =>
      rig.engine.runOperation({
        id,
        application: 'apps/confirmed',
        request: { type: 'confirm-prune', id: gates[0]?.id ?? '' },
        requestedBy: 'ana',
      });
    down(state);
    confirm('op-unkept');
    await waitUntil('it is refused', () => rig.result('op-unkept')?.phase === 'Failed', limit);
    expect(rig.result('op-unkept')?.message).toContain('Free space on it');
    await rig.engine.whenIdle();
    for (const object of objects) expect(await find(object)).toBeDefined();
    state.refusal = undefined;
    confirm('op-kept');
    for (const object of objects) await isGone(object);
  });
});

describe('a node that is lost with what was not kept yet', () => {
  /** Runs to the end through the loss of its node at one write. */
  async function runThrough(name: string, write: number): Promise<number> {
    const hook = hookPod(`${name}-hook`, 'PreSync');
    const object = configMap(name);
    const wanted = wantedApplication(name, [object, hook]);
    const state = losableState();
    const body = mortal(state, { write, when: 'after' });
    const first = await openRig(body.state, (kube) => body.between(kube));
    first.want(wanted);
    const isDone = (rig: EngineRig) => rig.status(name)?.sync === 'Synced';
    const through = async (rig: EngineRig, isOver: () => boolean): Promise<void> => {
      await waitUntil(
        `${name} is over`,
        async () => {
          const live = await find(hook);
          if (live !== undefined && live.status?.phase !== 'Succeeded') await end(hook);
          return isOver() || isDone(rig);
        },
        limit,
      );
    };
    await through(first, body.isDead);
    const elsewhere = state.onAnotherNode();
    await closeRig(first);
    const second = await openRig(elsewhere);
    second.want(wanted);
    await through(second, () => false);
    await second.engine.whenIdle();
    await closeRig(second);
    return created(`${name}-hook`);
  }

  it('runs each hook once, whichever write was its last', async () => {
    for (const write of [1, 2, 3, 4]) {
      expect({ write, created: await runThrough(`lost-${write}`, write) }).toEqual({ write, created: 1 });
    }
  });
});

describe('what is due again', () => {
  it('while a pass still works on something else is tried once the pass is over', async () => {
    const clock = { at: new Date() };
    const rig = await openRig(undefined, undefined, { now: () => clock.at });
    const body = statusBody(500, 'InternalError', 'etcdserver: request timed out');
    const fault = { type: 'answer', status: 500, body } as const;
    const refused = proxy.when(is('PATCH', '/configmaps/due-again'), fault, 1);
    rig.want(wantedApplication('due', [configMap('due-again')]));
    await rig.until('due', 'has failed', (found) => found.failures.length === 1);
    await rig.engine.whenIdle();
    // As long as the clock stands its time has not come, and a pass for another object leaves it alone.
    const door = closedDoor();
    const slow = proxy.when(
      is('PATCH', '/configmaps/due-slow'),
      { type: 'delay', part: 'request', until: door.opened },
      1,
    );
    rig.want(wantedApplication('due', [configMap('due-again'), configMap('due-slow')]));
    await waitUntil('the pass is under way', () => slow.hits === 1, limit);
    expect(refused.hits).toBe(1);
    // No event wakes the application either.
    for (const watch of proxy.watches()) watch.hold();
    clock.at = new Date(clock.at.getTime() + 600_000);
    door.open();
    await isApplied(rig, 'due');
    expect(await find(configMap('due-again'))).toBeDefined();
  });

  it('after the end of an application is what its hooks left and could not be deleted', async () => {
    const rig = await openRig();
    const [hook, object] = [hookPod('left-hook', 'PostDelete'), configMap('left')];
    const wanted = wantedApplication('left', [object, hook]);
    await rig.untilApplied(wanted);
    const body = statusBody(500, 'InternalError', 'etcdserver: request timed out');
    const refused = proxy.when(is('DELETE', '/pods/left-hook'), { type: 'answer', status: 500, body }, 1);
    rig.want({ ...wanted, manifests: [], removal: 'delete' });
    await isThere(hook);
    await end(hook);
    await rig.until('left', 'is gone', (found) => found.removal === 'done');
    expect(refused.hits).toBe(1);
    await isGone(hook);
  });
});
