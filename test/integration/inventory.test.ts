import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InventoryStore } from '../../agent/apply/inventory-store.ts';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { ApplicationInventory } from '../../agent/plan/inventory.ts';
import { inventoryLimits } from '../../agent/plan/inventory-layout.ts';
import { unprotected } from '../../agent/plan/prune-protection.ts';
import type { KubePort } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOf } from '../../core/tracking.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { textsOf } from '../support/config-map-port.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { type FaultProxy, openFaultProxy, statusBody } from '../support/fault-proxy.ts';
import { memoryState } from '../support/memory-state.ts';
import { mortal } from '../support/mortal-engine.ts';

const limit = { limitMs: 60_000, everyMs: 20 };

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
let proxy: FaultProxy;
let kube: KubePort;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-inventory-'));
  planes = await startControlPlanes({ names: ['inventory'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('inventory'), { fieldManager: 'kubectl-edit' });
  proxy = await openFaultProxy(planes.cluster('inventory'));
  const { server, caPem, token } = planes.cluster('inventory');
  kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }), {});
});

afterEach(async () => {
  proxy.clear();
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  await kube?.close();
  await proxy?.close();
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state = memoryState(), leakSweepMs?: number): Promise<EngineRig> {
  const overrides = leakSweepMs === undefined ? {} : { leakSweepMs };
  const rig = await engineRig(proxy.access, state, undefined, undefined, overrides);
  rigs.push(rig);
  return rig;
}

async function closeRig(rig: EngineRig): Promise<void> {
  await rig.close();
  rigs.splice(rigs.indexOf(rig), 1);
}

async function openStore(port: KubePort, namespace: string): Promise<InventoryStore> {
  const store = new InventoryStore(port, namespace);
  await store.read();
  return store;
}

function objectOf(kind: 'ConfigMap' | 'Secret', name: string): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'default' } };
}

function nameOf({ apiVersion, kind = '', metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name ?? '', namespace: metadata.namespace ?? '' };
}

async function isThere(object: KubeObject): Promise<boolean> {
  return (await client.find(nameOf(object))) !== undefined;
}

function entriesOf(names: readonly string[]): ApplicationInventory {
  return new Map(
    names.map((name) => [
      `/ConfigMap:default/${name}`,
      { protections: unprotected, uid: 'ad5f1e5c-5b0e-4a67-a7e0-2c7c3a6f1d00' },
    ]),
  );
}

/** Names so long that a few hundred of them fill a part. */
function longNames(first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${'long-'.repeat(40)}${first + index}`);
}

async function partsOf(namespace: string, application: string): Promise<readonly string[]> {
  const shards = await client.list('v1', 'ConfigMap', namespace);
  return shards.flatMap((shard) =>
    textsOf(shard as KubeObject).flatMap(([key]) => (key.startsWith(partOf(application)) ? [key] : [])),
  );
}

describe('the inventory of a large application', () => {
  it('row 10: of 20,000 entries lies in parts that the API server takes; an agent that starts reads them all', async () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `row10-${index}`);
    const store = await openStore(kube, 'fairlead-test');
    await store.add('apps/row10', entriesOf(names));
    const shards = (await client.list('v1', 'ConfigMap', 'fairlead-test')).map((shard) =>
      textsOf(shard as KubeObject),
    );
    const values = shards.flat().map(([, text]) => Buffer.byteLength(text));
    expect(values.length).toBeGreaterThan(4);
    expect(Math.max(...values)).toBeLessThanOrEqual(inventoryLimits.partBytes);
    for (const texts of shards) {
      const bytes = texts.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0);
      expect(bytes).toBeLessThanOrEqual(inventoryLimits.shardBytes);
    }
    expect((await openStore(kube, 'fairlead-test')).entries('apps/row10')).toEqual(entriesOf(names));

    const rig = await openRig();
    rig.want(wantedApplication('row10', [objectOf('ConfigMap', 'row10-new')], { mode: 'observe' }));
    await rig.until('row10', 'has them all', ({ objects }) => objects.length === names.length + 1);
    expect(rig.writes()).toEqual([]);
  }, 120_000);

  it('keeps every entry when the agent ends around any write of a split or a join', async () => {
    const [before, more] = [longNames(0, 600), longNames(600, 1_000)];
    for (const when of ['before', 'after'] as const) {
      for (let write = 1; ; write += 1) {
        const namespace = `fairlead-${when}-${write}`;
        const first = await openStore(kube, namespace);
        await first.add('apps/large', entriesOf(before));
        await first.add('apps/other', entriesOf(['other']));
        const { between, isDead } = mortal(memoryState(), { write, when });
        const dying = await openStore(between(kube), namespace);
        const isSplit = await succeeds(dying.add('apps/large', entriesOf(more)));
        const going = [...entriesOf([...before.slice(5), ...more]).keys()];
        if (isSplit) await succeeds(dying.remove('apps/large', going));
        const next = await openStore(kube, namespace);
        const kept = [...entriesOf(isSplit ? before.slice(0, 5) : before).keys()];
        const found = next.entries('apps/large');
        expect(kept.filter((key) => !found.has(key))).toEqual([]);
        expect(next.entries('apps/other').size).toBe(1);
        await next.remove('apps/large', going);
        await next.add('apps/large', entriesOf(['last']));
        expect(await partsOf(namespace, 'apps/large')).toEqual([partOf('apps/large')]);
        if (!isDead()) break;
      }
    }
  }, 240_000);
});

describe('objects that are in no inventory', () => {
  /** As after an inventory that somebody edited: these are not named any more. */
  async function editOut(application: string, isLost: (key: string) => boolean): Promise<void> {
    for (const shard of await client.list('v1', 'ConfigMap', 'fairlead-test')) {
      for (const [key, text] of textsOf(shard as KubeObject)) {
        if (key !== partOf(application)) continue;
        const { objects, ...rest } = JSON.parse(text) as { objects: Record<string, unknown> };
        const left = Object.entries(objects).filter(([object]) => !isLost(object));
        expect(left.length).toBeLessThan(Object.keys(objects).length);
        const edited = JSON.stringify({ ...rest, objects: Object.fromEntries(left) });
        await client.patch(nameOf({ ...shard, apiVersion: 'v1', kind: 'ConfigMap' } as KubeObject), {
          data: { [key]: edited },
        });
      }
    }
  }

  const listsOf = (plural: string) =>
    proxy.count(
      ({ method, path, query }) =>
        method === 'GET' &&
        path.endsWith(`/${plural}`) &&
        query.get('labelSelector') === 'fairlead.dev/part-of',
    );

  it('are found by their marks though nobody here has their kind any more, and go inside the brake', async () => {
    const state = memoryState();
    const few = [objectOf('ConfigMap', 'few-stays'), objectOf('Secret', 'few-leaked')];
    const many = Array.from({ length: 12 }, (_, index) => objectOf('Secret', `many-leaked-${index}`));
    const first = await openRig(state);
    await first.untilApplied(
      wantedApplication('few', few),
      wantedApplication('many', [objectOf('ConfigMap', 'many-stays'), ...many]),
    );
    await closeRig(first);
    const { labels, annotations } = (await client.get(nameOf(few[1]!))).metadata;
    const copy = objectOf('Secret', 'few-copied');
    await client.create({ ...copy, metadata: { ...copy.metadata, labels, annotations } });
    await editOut('apps/few', (key) => key.startsWith('/Secret:'));
    await editOut('apps/many', (key) => key.startsWith('/Secret:'));

    const rig = await openRig(state, 400);
    rig.want(
      wantedApplication('few', few.slice(0, 1)),
      wantedApplication('many', [objectOf('ConfigMap', 'many-stays')]),
    );
    await waitUntil('the leaked one is gone', async () => !(await isThere(few[1]!)), limit);
    const held = await rig.until('many', 'is held', ({ gates }) =>
      gates.some(({ kind }) => kind === 'brake'),
    );
    expect(held.gates[0]?.reason).toContain('12');
    await rig.engine.whenIdle();
    expect(await Promise.all([...many, copy].map(isThere))).toEqual([...many, copy].map(() => true));
    expect(rig.requests.filter((request) => request.startsWith('delete '))).toEqual(['delete secrets']);
    const inventory = await openStore(kube, 'fairlead-test');
    expect(inventory.entries('apps/many').size).toBe(13);
    expect([...inventory.entries('apps/few').keys()]).toEqual(['/ConfigMap:default/few-stays']);
  }, 120_000);

  it('are not judged by a list that fails, and are found once it comes', async () => {
    const state = memoryState();
    const objects = [objectOf('ConfigMap', 'failing-stays'), objectOf('Secret', 'failing-leaked')];
    const first = await openRig(state);
    await first.untilApplied(wantedApplication('failing', objects));
    await closeRig(first);
    await editOut('apps/failing', (key) => key.startsWith('/Secret:'));
    const forbidden = statusBody(403, 'Forbidden', 'secrets is forbidden');
    const fault = proxy.when(({ method, path }) => method === 'GET' && path.endsWith('/secrets'), {
      type: 'answer',
      status: 403,
      body: forbidden,
    });
    const lists = listsOf('secrets');
    const rig = await openRig(state, 400);
    await rig.untilApplied(wantedApplication('failing', objects.slice(0, 1)));
    await waitUntil('it was looked for twice', () => listsOf('secrets') >= lists + 2, limit);
    expect(await isThere(objects[1]!)).toBe(true);
    expect(rig.status('failing')?.objects).toHaveLength(1);
    fault.remove();
    await waitUntil('it is gone', async () => !(await isThere(objects[1]!)), limit);
  }, 120_000);
});

async function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
