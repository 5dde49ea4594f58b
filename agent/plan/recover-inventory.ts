import { type Holdings, noHoldings, uniteFinds } from './inventory.ts';
import type { InventoryLayout, PlacedPart } from './inventory-layout.ts';
import { decodePart, type FoundPart, measureParts, partKey } from './inventory-parts.ts';

/** The texts of one ConfigMap of the inventory, by key. */
export type ShardTexts = ReadonlyMap<string, string>;

export interface RecoveredInventory {
  readonly holdings: ReadonlyMap<string, Holdings>;
  readonly layout: InventoryLayout;
  /** Applications that lie at several levels or twice, as after a crash between two writes: to be stored whole again. */
  readonly unsettled: ReadonlySet<string>;
}

/** Of all ConfigMaps of the inventory, whichever agent wrote them: the union of what is found. */
export function recoverInventory(shards: ReadonlyMap<number, ShardTexts>): RecoveredInventory {
  const found = [...shards].flatMap(([shard, texts]) => readShard(texts).map((part) => ({ ...part, shard })));
  // The finest was written last, and its uids are the newest.
  found.sort((left, right) => right.level - left.level);
  const levels = new Map<string, number>();
  const holdings = new Map<string, Holdings>();
  const placed = new Map<number, Map<string, PlacedPart>>(
    [...shards.keys()].map((shard) => [shard, new Map()]),
  );
  const unsettled = new Set<string>();
  const losing = new Set<number>();
  const keys = new Set<string>();
  for (const part of found) {
    const { application, shard, isInPlace } = part;
    const level = levels.get(application) ?? part.level;
    levels.set(application, level);
    holdings.set(application, uniteFinds(holdings.get(application) ?? noHoldings, part));
    const key = partKey(part);
    if (part.level === level && isInPlace && !keys.has(key)) {
      keys.add(key);
      placed.get(shard)?.set(key, placedPart(part));
    } else {
      losing.add(shard);
      unsettled.add(application);
    }
  }
  const split = new Map([...levels].filter(([, level]) => level > 0));
  return { holdings, layout: { levels: split, shards: placed, losing }, unsettled };
}

/** Everything that can be read of one ConfigMap. */
export function readShard(texts: ShardTexts): readonly FoundPart[] {
  return [...texts].flatMap(([key, text]) => decodePart(key, text) ?? []);
}

function placedPart({ application, level, index, entries, kinds }: FoundPart): PlacedPart {
  const bytes = measureParts({ entries, kinds }, 0)[0] ?? 0;
  return { application, level, index, bytes };
}
