import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InventoryStore } from '../../../agent/apply/inventory-store.ts';
import type { ApplicationInventory } from '../../../agent/plan/inventory.ts';
import { inventoryLimits } from '../../../agent/plan/inventory-layout.ts';
import { unprotected } from '../../../agent/plan/prune-protection.ts';
import { partOf } from '../../../core/tracking.ts';
import { type ConfigMapPort, configMapPort, textsOf } from '../../support/config-map-port.ts';

/** So small that a few dozen objects need what in truth thousands do. */
const small = { partBytes: 1_500, shardBytes: 4_000 };

async function openStore(port: ConfigMapPort, limits = small): Promise<InventoryStore> {
  const store = new InventoryStore(port.kube, 'fairlead-system', limits);
  await store.read();
  return store;
}

function objects(first: number, count: number): ApplicationInventory {
  return new Map(
    Array.from({ length: count }, (_, index) => [
      `/ConfigMap:shop/item-${first + index}`,
      { protections: unprotected, uid: `uid-${first + index}` },
    ]),
  );
}

function keysOf(store: InventoryStore, application: string): readonly string[] {
  return [...store.entries(application).keys()].sort();
}

function sizesOf({ objects: stored }: ConfigMapPort) {
  const shards = [...stored.values()].map(textsOf);
  return {
    value: Math.max(0, ...shards.flat().map(([, text]) => text.length)),
    shard: Math.max(0, ...shards.map((texts) => texts.reduce((sum, [, text]) => sum + text.length, 0))),
    keys: shards.flat().map(([key]) => key),
  };
}

describe('an inventory of many small applications', () => {
  it('costs as many writes as there are ConfigMaps, however many applications come at once', async () => {
    const port = configMapPort();
    const store = await openStore(port, inventoryLimits);
    const names = Array.from({ length: 500 }, (_, index) => `apps/a${index}`);
    await Promise.all(names.map((name, index) => store.add(name, objects(index * 20, 20))));
    expect(port.writes.length).toBeLessThanOrEqual(16);
    const again = await openStore(port, inventoryLimits);
    expect(again.applications()).toEqual(store.applications());
  });

  it('costs one write for a change of one of them, and none for what is known', async () => {
    const port = configMapPort();
    const store = await openStore(port, inventoryLimits);
    await Promise.all(['apps/a', 'apps/b', 'apps/c'].map((name) => store.add(name, objects(0, 50))));
    port.writes.length = 0;
    await store.add('apps/a', objects(0, 50));
    expect(port.writes).toEqual([]);
    await store.add('apps/a', objects(50, 1));
    expect(port.writes).toHaveLength(1);
    await store.remove('apps/b', ['/ConfigMap:shop/item-7']);
    expect(port.writes).toHaveLength(2);
  });

  it('takes more ConfigMaps once they are full', async () => {
    const port = configMapPort();
    const store = await openStore(port);
    for (let index = 0; index < 200; index += 1) await store.add(`apps/a${index}`, objects(0, 8));
    const { shard, keys } = sizesOf(port);
    expect(shard).toBeLessThanOrEqual(small.shardBytes);
    expect(new Set(keys).size).toBe(200);
    expect(keys).toHaveLength(200);
    expect((await openStore(port)).applications().size).toBe(200);
  });
});

describe('an inventory of one large application', () => {
  it('lies in parts that the API server takes, and is read whole', async () => {
    const port = configMapPort();
    const store = await openStore(port, inventoryLimits);
    await store.add('apps/large', objects(0, 20_000));
    const { value, shard } = sizesOf(port);
    expect(value).toBeLessThanOrEqual(inventoryLimits.partBytes);
    expect(shard).toBeLessThanOrEqual(inventoryLimits.shardBytes);
    expect(port.writes.length).toBeLessThanOrEqual(16);
    expect((await openStore(port, inventoryLimits)).entries('apps/large')).toEqual(objects(0, 20_000));
  });

  it('costs one write for a change of one object', async () => {
    const port = configMapPort();
    const store = await openStore(port, inventoryLimits);
    await store.add('apps/large', objects(0, 20_000));
    port.writes.length = 0;
    await store.add('apps/large', objects(20_000, 1));
    expect(port.writes).toHaveLength(1);
    await store.remove('apps/large', ['/ConfigMap:shop/item-5']);
    expect(port.writes).toHaveLength(2);
  });

  it('is joined again when little of it is left, and nothing lies twice', async () => {
    const port = configMapPort();
    const store = await openStore(port);
    await store.add('apps/large', objects(0, 200));
    expect(sizesOf(port).keys.length).toBeGreaterThan(4);
    await store.remove('apps/large', objects(3, 197).keys());
    expect(sizesOf(port).keys).toEqual([partOf('apps/large')]);
    await store.forget('apps/large');
    expect(sizesOf(port).keys).toEqual([]);
  });

  it('takes over what an earlier agent wrote in one value', async () => {
    const port = configMapPort();
    const old = await openStore(port, { partBytes: 1e9, shardBytes: 1e9 });
    await old.add('apps/large', objects(0, 200));
    expect(sizesOf(port).keys).toEqual([partOf('apps/large')]);
    const store = await openStore(port);
    expect(keysOf(store, 'apps/large')).toHaveLength(200);
    await store.add('apps/large', objects(200, 1));
    expect(sizesOf(port).value).toBeLessThanOrEqual(small.partBytes);
    expect(keysOf(await openStore(port), 'apps/large')).toHaveLength(201);
  });
});

describe('an inventory whose agent ends at any write', () => {
  it('keeps every entry through a split and a join', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let write = 0; ; write += 1) {
        const port = configMapPort();
        const store = await openStore(port);
        await store.add('apps/large', objects(0, 30));
        await store.add('apps/other', objects(0, 5));
        port.dieAt(write, when);
        const isSplit = await succeeds(store.add('apps/large', objects(30, 100)));
        const isJoined = isSplit && (await succeeds(store.remove('apps/large', objects(5, 125).keys())));
        port.revive();
        const next = await openStore(port);
        const kept = isSplit ? objects(0, 5) : objects(0, 30);
        expect(keysOf(next, 'apps/large'), `${when} ${write}`).toEqual(
          expect.arrayContaining([...kept.keys()]),
        );
        expect(keysOf(next, 'apps/other')).toHaveLength(5);
        await next.remove('apps/large', objects(5, 125).keys());
        await next.add('apps/large', objects(500, 1));
        expect(keysOf(await openStore(port), 'apps/large')).toEqual(keysOf(next, 'apps/large'));
        expect(new Set(sizesOf(port).keys).size).toBe(sizesOf(port).keys.length);
        if (isJoined) break;
      }
    }
  });

  it('never loses an entry that was promised, over any changes, deaths and restarts', async () => {
    const anyStep = fc.record({
      verb: fc.constantFrom('add' as const, 'add' as const, 'remove' as const, 'forget' as const),
      application: fc.constantFrom('apps/a', 'apps/b', 'apps/c'),
      first: fc.integer({ min: 0, max: 80 }),
      count: fc.integer({ min: 1, max: 60 }),
      death: fc.option(
        fc.record({ write: fc.nat(6), when: fc.constantFrom('before' as const, 'after' as const) }),
        { nil: undefined, freq: 3 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
        const port = configMapPort();
        let store = await openStore(port);
        const promised = new Map<string, Set<string>>();
        for (const { verb, application, first, count, death } of steps) {
          const keys = promised.get(application) ?? new Set<string>();
          promised.set(application, keys);
          const changed = [...objects(first, count).keys()];
          if (death !== undefined) port.dieAt(death.write, death.when);
          if (verb === 'remove') for (const key of changed) keys.delete(key);
          if (verb === 'forget') keys.clear();
          const isDone = await succeeds(change(store, verb, application, first, count));
          if (isDone && verb === 'add') for (const key of changed) keys.add(key);
          if (death === undefined) continue;
          port.revive();
          store = await openStore(port);
          for (const [name, kept] of promised)
            expect(keysOf(store, name)).toEqual(expect.arrayContaining([...kept]));
        }
        for (const name of promised.keys()) await store.add(name, objects(900, 1));
        const last = await openStore(port);
        for (const name of promised.keys()) expect(keysOf(last, name)).toEqual(keysOf(store, name));
        const { value, shard, keys } = sizesOf(port);
        expect(value).toBeLessThanOrEqual(small.partBytes);
        expect(shard).toBeLessThanOrEqual(small.shardBytes);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 150 },
    );
  });
});

describe('an inventory that somebody else wrote meanwhile', () => {
  it('keeps what they know beside what it knows', async () => {
    const port = configMapPort();
    const [mine, theirs] = [await openStore(port), await openStore(port)];
    await mine.add('apps/large', objects(0, 10));
    await theirs.add('apps/large', objects(10, 100));
    await mine.add('apps/large', objects(200, 10));
    const all = [...objects(0, 110).keys(), ...objects(200, 10).keys()].sort();
    expect(keysOf(await openStore(port), 'apps/large')).toEqual(all);
  });

  it.for(['remove', 'forget'] as const)(
    'is not taken for what we wrote ourselves and lost the answer to: what we %s then stays out',
    async (verb) => {
      const port = configMapPort();
      const store = await openStore(port);
      await store.add('apps/a', objects(0, 3));
      port.loseAnswer();
      expect(await succeeds(store.add('apps/a', objects(3, 1)))).toBe(false);
      await change(store, verb, 'apps/a', 0, 2);
      const left = verb === 'remove' ? [...objects(2, 2).keys()] : [];
      expect(keysOf(store, 'apps/a')).toEqual(left);
      expect(keysOf(await openStore(port), 'apps/a')).toEqual(left);
    },
  );

  it('is made anew where they deleted it', async () => {
    const port = configMapPort();
    const store = await openStore(port);
    await store.add('apps/a', objects(0, 3));
    port.objects.clear();
    await store.add('apps/a', objects(3, 1));
    expect(keysOf(await openStore(port), 'apps/a')).toHaveLength(4);
  });
});

function change(
  store: InventoryStore,
  verb: 'add' | 'remove' | 'forget',
  application: string,
  first: number,
  count: number,
): Promise<void> {
  if (verb === 'add') return store.add(application, objects(first, count));
  if (verb === 'remove') return store.remove(application, objects(first, count).keys());
  return store.forget(application);
}

async function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
