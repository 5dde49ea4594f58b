import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deleteObject } from '../../agent/apply/delete-object.ts';
import type { KubePort } from '../../agent/ports.ts';
import type { DesiredApplication } from '../../core/desired.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOf, partOfLabel, trackingAnnotation, trackingId } from '../../core/tracking.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { type FaultProxy, openFaultProxy, statusBody } from '../support/fault-proxy.ts';

const limit = { limitMs: 30_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-prune-rows-'));
  planes = await startControlPlanes({ names: ['rows'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('rows'), { fieldManager: 'kubectl-edit' });
  proxy = await openFaultProxy(planes.cluster('rows'));
});

afterEach(async () => {
  proxy.clear();
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  await proxy?.close();
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(
  state?: EngineRig['state'],
  between?: (kube: KubePort) => KubePort,
): Promise<EngineRig> {
  const rig = await engineRig(proxy.access, state, between);
  rigs.push(rig);
  return rig;
}

async function closeRig(rig: EngineRig): Promise<void> {
  await rig.close();
  rigs.splice(rigs.indexOf(rig), 1);
}

function configMap(name: string, data: Record<string, string> = {}, namespace = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

function namespaceOf(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function nameOf({ apiVersion, kind = '', metadata }: KubeObject) {
  const { name = '', namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

async function untilGone(object: KubeObject): Promise<void> {
  await waitUntil(
    `${object.metadata.name} is gone`,
    async () => ((await client.find(nameOf(object))) === undefined ? true : undefined),
    limit,
  );
}

async function isThere(object: KubeObject): Promise<boolean> {
  const found = await client.find(nameOf(object));
  return found !== undefined && found.metadata.deletionTimestamp === undefined;
}

function deletions(rig: EngineRig): readonly string[] {
  return rig.requests.filter((request) => request.startsWith('delete '));
}

/** A way to the cluster that goes dead after so many writes, as if the process had ended there. */
function deadAfter(writes: number): { readonly between: (kube: KubePort) => KubePort; isDead(): boolean } {
  let done = 0;
  let isDead = false;
  const dead = {
    type: 'failed' as const,
    failure: { status: 0, reason: '', message: 'the process has ended', causes: [] },
  };
  return {
    isDead: () => isDead,
    between: (kube) =>
      new Proxy(kube, {
        get(target, name) {
          const member = Reflect.get(target, name) as unknown;
          if (typeof member !== 'function') return member;
          const call = member.bind(target) as (...args: readonly unknown[]) => unknown;
          if (!['apply', 'create', 'update', 'patch', 'jsonPatch', 'delete'].includes(String(name)))
            return call;
          return (...args: readonly unknown[]) => {
            const options = args.at(-1) as { readonly dryRun?: boolean } | undefined;
            if (options?.dryRun === true) return call(...args);
            if (done >= writes) {
              isDead = true;
              return Promise.resolve(dead);
            }
            done += 1;
            return call(...args);
          };
        },
      }),
  };
}

/** Wants these of an engine that ends after so many writes; returns its state. Whether it came so far. */
async function runUntilDead(
  state: EngineRig['state'] | undefined,
  writes: number,
  applications: readonly DesiredApplication[],
) {
  const way = deadAfter(writes);
  const rig = await openRig(state, way.between);
  rig.want(...applications);
  await waitUntil(
    'it ended or was done',
    async () => {
      if (way.isDead()) return true;
      const all = applications.map(({ application }) => rig.status(application.slice('apps/'.length)));
      const isDone = all.every((status) => status?.sync === 'Synced' || status?.removal === 'done');
      return isDone ? true : undefined;
    },
    limit,
  );
  const wasDead = way.isDead();
  await closeRig(rig);
  return { state: rig.state, wasDead };
}

describe('two applications', () => {
  it('row 12: an object that two declare has one owner, whatever changes, and stays while one declares it', async () => {
    const rig = await openRig();
    const shared = configMap('row12', { from: 'a' });
    const own = configMap('row12-own');
    const theirs = configMap('row12-theirs');
    const a = wantedApplication('row12-a', [shared, own]);
    await rig.untilApplied(a);
    const { uid } = (await client.get(nameOf(shared))).metadata;
    rig.requests.length = 0;
    for (let cycle = 0; cycle < 20; cycle += 1) {
      rig.want(a, wantedApplication('row12-b', [configMap('row12', { from: `b${cycle}` }), theirs]));
      await rig.engine.whenIdle();
    }
    const loser = await rig.until('row12-b', 'says whose it is', ({ gates }) => gates.length === 1);
    expect(loser.gates[0]).toMatchObject({ kind: 'conflict', owner: 'apps/row12-a' });
    expect(await client.get(nameOf(shared))).toMatchObject({ data: { from: 'a' }, metadata: { uid } });
    await rig.untilApplied(a, wantedApplication('row12-b', [theirs]));
    await rig.untilApplied(
      wantedApplication('row12-a', [own]),
      wantedApplication('row12-b', [shared, theirs]),
    );
    expect((await client.get(nameOf(shared))).metadata).toMatchObject({
      uid,
      labels: { [partOfLabel]: partOf('apps/row12-b') },
    });
    expect(deletions(rig)).toEqual([]);
  });

  it('row 13: an object that moves keeps its uid, also where the agent ends after any of its writes', async () => {
    for (let writes = 0; ; writes += 1) {
      const [moved, a, b] = [`row13-${writes}`, `row13-${writes}-a`, `row13-${writes}-b`].map((name) =>
        configMap(name),
      );
      const from = `row13-from-${writes}`;
      const to = `row13-to-${writes}`;
      const first = await openRig();
      await first.untilApplied(wantedApplication(from, [a!, moved!]), wantedApplication(to, [b!]));
      const { uid } = (await client.get(nameOf(moved!))).metadata;
      await closeRig(first);
      const after = [wantedApplication(from, [a!]), wantedApplication(to, [b!, moved!])];
      const { state, wasDead } = await runUntilDead(first.state, writes, after);
      const second = await openRig(state);
      await second.untilApplied(...after);
      expect((await client.get(nameOf(moved!))).metadata).toMatchObject({
        uid,
        labels: { [partOfLabel]: partOf(`apps/${to}`) },
      });
      await closeRig(second);
      if (!wasDead) break;
    }
    expect(proxy.count(({ method, path }) => method === 'DELETE' && path.includes('/row13-'))).toBe(0);
  });

  it('row 14: a renamed application hands all of its objects over and deletes none', async () => {
    const rig = await openRig();
    const objects = Array.from({ length: 12 }, (_, index) => configMap(`row14-${index}`));
    await rig.untilApplied(wantedApplication('row14-old', objects));
    const before = await Promise.all(objects.map((object) => client.get(nameOf(object))));
    rig.requests.length = 0;
    rig.want(
      wantedApplication('row14-old', [], { removal: 'delete' }),
      wantedApplication('row14-new', objects),
    );
    await rig.until('row14-new', 'has them', ({ sync }) => sync === 'Synced');
    await rig.until('row14-old', 'is gone', ({ removal }) => removal === 'done');
    const after = await Promise.all(objects.map((object) => client.get(nameOf(object))));
    expect(after.map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid));
    expect(deletions(rig)).toEqual([]);
  });

  it('row 17: a namespace that another application uses stays, and says for whom', async () => {
    const rig = await openRig();
    const shared = namespaceOf('row17');
    const stays = configMap('row17-stays');
    const guest = configMap('guest', {}, 'row17');
    await rig.untilApplied(
      wantedApplication('row17-host', [shared, stays]),
      wantedApplication('row17-guest', [guest]),
    );
    rig.want(wantedApplication('row17-host', [stays]), wantedApplication('row17-guest', [guest]));
    const host = await rig.until('row17-host', 'is held', ({ gates }) => gates.length === 1);
    expect(host.gates[0]).toMatchObject({
      kind: 'brake',
      reason: expect.stringContaining('apps/row17-guest'),
    });
    expect(host.gates[0]?.id).toBeUndefined();
    rig.want(
      wantedApplication('row17-host', [], { removal: 'delete' }),
      wantedApplication('row17-guest', [guest]),
    );
    await rig.until('row17-host', 'has ended', ({ removal }) => removal === 'done');
    expect(await isThere(shared)).toBe(true);
    expect(await isThere(guest)).toBe(true);
  });
});

describe('what left Git', () => {
  it('row 15: is deleted in the end, after whichever write the agent ended', async () => {
    for (let writes = 0; ; writes += 1) {
      const [stays, leaves] = [configMap(`row15-${writes}-stays`), configMap(`row15-${writes}-leaves`)];
      const name = `row15-${writes}`;
      const applied = await runUntilDead(undefined, writes, [wantedApplication(name, [stays, leaves])]);
      const pruned = await runUntilDead(applied.state, writes, [wantedApplication(name, [stays])]);
      const last = await openRig(pruned.state);
      await last.untilApplied(wantedApplication(name, [stays]));
      await untilGone(leaves);
      await closeRig(last);
      if (!applied.wasDead && !pruned.wasDead) break;
    }
  });

  it('row 16: what copied the labels and annotations of an object is neither owned nor deleted', async () => {
    const rig = await openRig();
    const parent = configMap('row16-parent');
    const stays = configMap('row16-stays');
    await rig.untilApplied(wantedApplication('row16', [parent, stays]));
    const { labels, annotations } = (await client.get(nameOf(parent))).metadata;
    const child = configMap('row16-child');
    await client.create({ ...child, metadata: { ...child.metadata, labels, annotations } });
    await rig.untilApplied(wantedApplication('row16', [stays]));
    await untilGone(parent);
    rig.want(wantedApplication('row16', [], { removal: 'delete' }));
    await rig.until('row16', 'has ended', ({ removal }) => removal === 'done');
    expect(await isThere(child)).toBe(true);
    expect(rig.status('row16')?.objects).toEqual([]);
  });

  it('row 25: of a definition that is gone is closed; a definition with objects of others stays', async () => {
    const rig = await openRig();
    const definition = customDefinition('Valve');
    const own: KubeObject = {
      apiVersion: 'test.example/v1',
      kind: 'Valve',
      metadata: { name: 'own', namespace: 'default' },
    };
    const stays = configMap('row25-stays');
    await rig.untilApplied(wantedApplication('row25', [definition, own, stays]));
    const foreign: KubeObject = { ...own, metadata: { ...own.metadata, name: 'foreign' } };
    await client.create(foreign);
    rig.want(wantedApplication('row25', [own, stays]));
    const held = await rig.until('row25', 'is held', ({ gates }) => gates.length === 1);
    expect(held.gates[0]).toMatchObject({ reason: expect.stringContaining('Valve default/foreign') });
    expect(await isThere(definition)).toBe(true);
    // Somebody deletes the definition by hand, and its objects leave Git as well.
    await client.delete(nameOf(definition));
    await untilGone(definition);
    rig.want(wantedApplication('row25', [stays]));
    const after = await rig.until(
      'row25',
      'has closed them',
      ({ sync, objects }) => sync === 'Synced' && objects.length === 1,
    );
    expect(after.gates).toEqual([]);
  });

  it('row 26: custom objects go before their operator, and one that is stuck is named with its finalizer', async () => {
    const rig = await openRig();
    const definition = customDefinition('Pump');
    const pump: KubeObject = {
      apiVersion: 'test.example/v1',
      kind: 'Pump',
      metadata: { name: 'one', namespace: 'default', finalizers: ['test.example/drain'] },
    };
    const operator = configMap('row26-operator');
    const stays = configMap('row26-stays');
    await rig.untilApplied(wantedApplication('row26', [definition, stays]));
    await rig.untilApplied(wantedApplication('row26', [definition, pump, operator, stays]));
    rig.want(wantedApplication('row26', [definition, stays]));
    const stuck = await rig.until('row26', 'is stuck', ({ failures }) => failures.length > 0);
    expect(stuck.failures[0]).toMatchObject({
      code: 'deletion-stuck',
      message: expect.stringContaining('test.example/drain'),
    });
    expect(await isThere(operator)).toBe(true);
    expect((await client.get(nameOf(pump))).metadata.finalizers).toEqual(['test.example/drain']);
    await client.patch(nameOf(pump), { metadata: { finalizers: null } });
    await untilGone(pump);
    await untilGone(operator);
    await rig.until(
      'row26',
      'is in sync',
      ({ sync, failures }) => sync === 'Synced' && failures.length === 0,
    );
  });

  it('row 34: stays where its kind may not be read, and everything else goes on', async () => {
    const first = await openRig();
    const secret = (name: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'default' },
    });
    const [kept, leaving] = [secret('row34-kept'), secret('row34-leaving')];
    const [stays, goes] = [configMap('row34-stays'), configMap('row34-goes')];
    await first.untilApplied(wantedApplication('row34', [stays, goes, kept, leaving]));
    await closeRig(first);
    const forbidden = statusBody(
      403,
      'Forbidden',
      'secrets is forbidden: User "agent" cannot list resource "secrets"',
    );
    const rule = proxy.when(({ path }) => /\/secrets(\/row34-.*)?$/.test(path), {
      type: 'answer',
      status: 403,
      body: forbidden,
    });
    const second = await openRig(first.state);
    second.want(wantedApplication('row34', [stays]));
    await waitUntil('they were asked for', async () => (rule.hits > 0 ? true : undefined), limit);
    await untilGone(goes);
    expect(await isThere(kept)).toBe(true);
    expect(await isThere(leaving)).toBe(true);
    expect(deletions(second).filter((request) => request.includes('secrets'))).toEqual([]);
    rule.remove();
  });

  // Events are the only kind that is still served by two groups, and none of Git's: the delete itself is asked.
  it('row 48: an object that is served by two groups and moved to the other is not deleted', async () => {
    let kube: KubePort | undefined;
    await openRig(undefined, (port) => {
      kube = port;
      return port;
    });
    const metadata = { name: 'row48', namespace: 'default' };
    const core = { group: '', kind: 'Event', ...metadata };
    const marks = {
      labels: { [partOfLabel]: partOf('argocd/row48') },
      annotations: {
        [trackingAnnotation]: trackingId('argocd/row48', { ...core, group: 'events.k8s.io' }),
      },
    };
    const event: KubeObject = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { ...metadata, ...marks },
      involvedObject: { kind: 'ConfigMap', namespace: 'default', name: 'row48' },
      reason: 'Testing',
      message: 'served twice',
      type: 'Normal',
    };
    await client.create(event);
    const { uid = '' } = (await client.get(nameOf(event))).metadata;
    const resource = {
      group: '',
      version: 'v1',
      kind: 'Event',
      plural: 'events',
      namespaced: true,
      verbs: [],
    };
    const result = await deleteObject(kube as KubePort, {
      resource,
      ref: core,
      application: 'argocd/row48',
      uid,
      isDue: () => true,
      isProtected: () => false,
    });
    expect(result).toEqual({ type: 'gone' });
    expect((await client.get(nameOf(event))).metadata.uid).toBe(uid);
  });

  it('row 53: stays while its application is only observed, and goes once the cluster answers again', async () => {
    const first = await openRig();
    const [stays, goes] = [configMap('row53-stays'), configMap('row53-goes')];
    await first.untilApplied(wantedApplication('row53', [stays, goes]));
    first.want(wantedApplication('row53', [stays], { mode: 'observe' }));
    await first.engine.whenIdle();
    expect(await isThere(goes)).toBe(true);
    const fault = proxy.when(() => true, { type: 'drop' });
    proxy.cutAll();
    first.want(wantedApplication('row53', [], { removal: 'delete' }));
    await waitUntil('it was tried', async () => (fault.hits > 2 ? true : undefined), limit);
    await closeRig(first);
    expect(await isThere(goes)).toBe(true);
    fault.remove();
    const second = await openRig(first.state);
    second.want(wantedApplication('row53', [], { removal: 'delete' }));
    await second.until('row53', 'has ended', ({ removal }) => removal === 'done');
    await untilGone(stays);
    await untilGone(goes);
  });
});

describe('an agent that is installed anew', () => {
  it('row 52: takes all of its objects over by their marks, deletes none, and knows what left Git', async () => {
    const first = await openRig();
    const objects = Array.from({ length: 12 }, (_, index) => configMap(`row52-${index}`));
    const [left] = objects;
    await first.untilApplied(wantedApplication('row52', objects));
    await closeRig(first);
    for (const shard of await client.list('v1', 'ConfigMap', 'fairlead-test'))
      await client.delete({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: shard.metadata.name ?? '',
        namespace: 'fairlead-test',
      });
    const second = await openRig();
    const rest = objects.slice(1);
    second.want(wantedApplication('row52', rest, { prune: false }));
    await second.until('row52', 'knows what is extra', ({ drifts }) =>
      drifts.some(({ kind }) => kind === 'extra'),
    );
    await second.engine.whenIdle();
    expect(deletions(second)).toEqual([]);
    expect(second.writes().filter((request) => request.startsWith('apply '))).toEqual([]);
    expect(await isThere(left!)).toBe(true);
  });
});
