import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ApplicationInventory,
  type InventoryEntry,
  noHoldings,
  uniteFinds,
  uniteHoldings,
  uniteInventory,
} from '../../../agent/plan/inventory.ts';
import { homeOf, homeShards } from '../../../agent/plan/inventory-layout.ts';
import {
  changedParts,
  chooseLevel,
  decodePart,
  encodePart,
  measureParts,
  partKey,
  splitEntries,
} from '../../../agent/plan/inventory-parts.ts';
import { unprotected } from '../../../agent/plan/prune-protection.ts';
import { recoverInventory } from '../../../agent/plan/recover-inventory.ts';
import { partOf } from '../../../core/tracking.ts';

const entries = new Map<string, InventoryEntry>([
  ['/Service:x/c', { protections: { prune: 'confirm', remove: 'keep' }, uid: 'u-1' }],
  ['/ConfigMap:x/a', { protections: unprotected }],
  ['/Secret:x/b', { protections: { prune: 'keep', remove: 'keep' } }],
]);
const kinds = ['/Service', '/ConfigMap', '/Secret'];

function many(count: number, prefix = 'item'): ApplicationInventory {
  return new Map(
    Array.from({ length: count }, (_, index) => [
      `/ConfigMap:shop/${prefix}-${index}`,
      { protections: unprotected, uid: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}` },
    ]),
  );
}

const anyEntry: fc.Arbitrary<InventoryEntry> = fc.record(
  {
    protections: fc.record({
      prune: fc.constantFrom('none' as const, 'confirm' as const, 'keep' as const),
      remove: fc.constantFrom('confirm' as const, 'keep' as const),
    }),
    uid: fc.string({ minLength: 1, maxLength: 40 }),
  },
  { requiredKeys: ['protections'] },
);
const anyEntries = fc
  .array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 30 }), anyEntry), { maxLength: 40 })
  .map((pairs): ApplicationInventory => new Map(pairs.map(([key, entry]) => [`/Kind:${key}`, entry])));

describe('the inventory', () => {
  it('reads what it wrote, and nothing from what is damaged', () => {
    const name = { application: 'apps/a', level: 0, index: 0 };
    const text = encodePart(name, { entries, kinds });
    expect(decodePart(partOf('apps/a'), text)).toEqual({ ...name, entries, kinds, isInPlace: true });
    for (const damaged of ['', '{', '[]', '{"application":1}'])
      expect(decodePart(partOf('apps/a'), damaged)).toBeUndefined();
  });

  it('reads what earlier agents wrote, and knows its kinds', () => {
    const text =
      '{"application":"apps/a","objects":{"/ConfigMap:x/a":{},"apps/Deployment:x/b":{"keep":true}}}';
    const { holdings, layout, unsettled } = recoverInventory(
      new Map([[3, new Map([[partOf('apps/a'), text]])]]),
    );
    expect(holdings.get('apps/a')?.kinds).toEqual(['/ConfigMap', 'apps/Deployment']);
    expect(holdings.get('apps/a')?.entries.get('apps/Deployment:x/b')?.protections.prune).toBe('keep');
    expect([layout.losing.size, unsettled.size]).toEqual([0, 0]);
  });

  it('unites without a change where there is nothing new, and never loses an entry', () => {
    expect(uniteInventory(entries, new Map([['/ConfigMap:x/a', { protections: unprotected }]]))).toBe(
      entries,
    );
    const united = uniteInventory(entries, new Map([['/ConfigMap:x/c', { protections: unprotected }]]));
    expect([...united.keys()]).toEqual(['/Service:x/c', '/ConfigMap:x/a', '/Secret:x/b', '/ConfigMap:x/c']);
  });

  it('takes of two finds the stronger protection, and whatever uid is known', () => {
    const first = { entries: new Map([['/Secret:x/b', { protections: unprotected, uid: 'u' }]]), kinds: [] };
    const second = { entries, kinds };
    const united = uniteFinds(first, second);
    expect(united.entries.get('/Secret:x/b')).toEqual({
      protections: { prune: 'keep', remove: 'keep' },
      uid: 'u',
    });
    expect(uniteFinds(united, second)).toBe(united);
  });

  it('remembers the kinds that it had, the latest hundred of those that it has no longer', () => {
    let holdings = noHoldings;
    for (let index = 0; index < 150; index += 1) {
      const one = new Map([[`x.io/Kind${index}:a/b`, { protections: unprotected }]]);
      holdings = uniteHoldings({ ...holdings, entries: new Map() }, one);
    }
    expect(holdings.kinds).toHaveLength(100);
    expect(holdings.kinds.at(-1)).toBe('x.io/Kind149');
    const wide = new Map(
      Array.from({ length: 150 }, (_, index) => [`x.io/Wide${index}:a/b`, { protections: unprotected }]),
    );
    expect(uniteHoldings({ ...holdings, entries: new Map() }, wide).kinds).toHaveLength(150);
  });

  it('spreads applications, and the parts of one, over all shards', () => {
    const homes = (names: readonly { application: string; index: number }[]) =>
      new Set(names.map(homeOf)).size;
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    expect(homes(numbers.map((index) => ({ application: `apps/a${index}`, index: 0 })))).toBe(homeShards);
    expect(homes(numbers.map((index) => ({ application: 'apps/a', index })))).toBe(homeShards);
  });
});

describe('a part of the inventory', () => {
  it('is at most as large as it was measured, whatever the names', () => {
    fc.assert(
      fc.property(anyEntries, fc.integer({ min: 0, max: 4 }), (all, level) => {
        const holdings = uniteHoldings(noHoldings, all);
        const sizes = measureParts(holdings, level);
        for (const [index, part] of splitEntries(holdings.entries, level).entries()) {
          if (sizes[index] === 0) expect(part.size).toBe(0);
          if (part.size === 0) continue;
          const name = { application: 'apps/a', level, index };
          const text = encodePart(name, { entries: part, kinds: holdings.kinds });
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(sizes[index] ?? 0);
        }
      }),
    );
  });

  it('has together with the others all that there is, each once', () => {
    fc.assert(
      fc.property(anyEntries, fc.integer({ min: 0, max: 4 }), (all, level) => {
        const holdings = uniteHoldings(noHoldings, all);
        const texts = splitEntries(holdings.entries, level).map((part, index) => {
          const name = { application: 'apps/a', level, index };
          return [partKey(name), encodePart(name, { entries: part, kinds: holdings.kinds })] as const;
        });
        const found = recoverInventory(new Map(texts.map((text, shard) => [shard, new Map([text])])));
        expect(found.unsettled.size).toBe(0);
        expect(found.holdings.get('apps/a')?.entries ?? new Map()).toEqual(all);
      }),
    );
  });

  it('is split when one becomes too large, and joined only once all fit twice over', () => {
    const limit = 256 * 1024;
    const large = uniteHoldings(noHoldings, many(20_000));
    const { level, sizes } = chooseLevel(large, 0, limit);
    expect(level).toBe(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.2);
    expect(chooseLevel(uniteHoldings(noHoldings, many(18_000)), 3, limit).level).toBe(3);
    expect(chooseLevel(uniteHoldings(noHoldings, many(100)), 3, limit).level).toBe(0);
    expect(chooseLevel(uniteHoldings(noHoldings, many(100)), 0, limit).level).toBe(0);
  });

  it('is written again only where something in it changed', () => {
    const before = uniteHoldings(noHoldings, many(1_000));
    const after = uniteHoldings(before, many(1, 'more'));
    expect(changedParts(before, after, 4).size).toBe(1);
    const without = new Map(after.entries);
    without.delete('/ConfigMap:shop/item-7');
    expect(changedParts(after, { ...after, entries: without }, 4).size).toBe(1);
    expect(changedParts(before, before, 4).size).toBe(0);
  });
});
