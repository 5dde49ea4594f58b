import { partOf } from '../../core/tracking.ts';
import { type Holdings, noHoldings } from './inventory.ts';
import { changedParts, chooseLevel, type PartName, partKey } from './inventory-parts.ts';

/** Where the parts of all applications lie: numbered ConfigMaps (shards), each with some parts by key. */
export interface InventoryLayout {
  /** Application → level, of those that aren't at 0. */
  readonly levels: ReadonlyMap<string, number>;
  readonly shards: ReadonlyMap<number, ReadonlyMap<string, PlacedPart>>;
  /**
   * Shards that as they are stored have parts that lie elsewhere by now. They are written after all others, so that
   * whenever an agent ends, every entry is in one ConfigMap at least.
   */
  readonly losing: ReadonlySet<number>;
}

export interface PlacedPart extends PartName {
  readonly bytes: number;
}

/** One application as it is stored, where that is known, and as it is to be; `undefined`: nothing of it. */
export interface HoldingsChange {
  readonly application: string;
  readonly stored: Holdings | undefined;
  readonly wanted: Holdings | undefined;
}

export interface InventoryLimits {
  /** Most bytes of one value. */
  readonly partBytes: number;
  /** Most bytes of one ConfigMap: the API server takes 1 MiB. */
  readonly shardBytes: number;
}

export const inventoryLimits: InventoryLimits = { partBytes: 256 * 1024, shardBytes: 900 * 1024 };

export const emptyLayout: InventoryLayout = { levels: new Map(), shards: new Map(), losing: new Set() };

/** Parts are spread over so many, so that a change rewrites little; there are more once these are full. */
export const homeShards = 16;

/** The shard that a part lies in as long as there is room: it follows from its application's label value. */
export function homeOf({ application, index }: Pick<PartName, 'application' | 'index'>): number {
  const name = partOf(application);
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = (sum * 31 + name.charCodeAt(at)) % 1_000_003;
  return (sum + index) % homeShards;
}

interface Draft {
  readonly levels: Map<string, number>;
  readonly shards: Map<number, Map<string, PlacedPart>>;
  readonly losing: Set<number>;
  readonly touched: Set<number>;
  /** Part → its shard. */
  readonly places: Map<string, number>;
  readonly homeless: PlacedPart[];
}

/**
 * The layout with these changes, and the shards to be written for it: those with a changed part, those that a part
 * moves to, and those that it leaves. Nothing else moves.
 */
export function layOut(
  before: InventoryLayout,
  changes: readonly HoldingsChange[],
  limits: InventoryLimits,
): { readonly layout: InventoryLayout; readonly touched: ReadonlySet<number> } {
  const draft = draftOf(before);
  for (const change of changes) changeParts(draft, change, limits);
  for (const number of [...draft.touched]) makeRoom(draft, number, limits);
  draft.homeless.sort((left, right) => right.bytes - left.bytes || (partKey(left) < partKey(right) ? -1 : 1));
  for (const part of draft.homeless) put(draft, chooseShard(draft, part, limits), part);
  const { levels, shards, losing, touched } = draft;
  return { layout: { levels, shards, losing }, touched };
}

function draftOf({ levels, shards, losing }: InventoryLayout): Draft {
  const places = new Map<string, number>();
  for (const [number, parts] of shards) for (const key of parts.keys()) places.set(key, number);
  return {
    levels: new Map(levels),
    shards: new Map([...shards].map(([number, parts]) => [number, new Map(parts)])),
    losing: new Set(losing),
    touched: new Set(),
    places,
    homeless: [],
  };
}

function changeParts(
  draft: Draft,
  { application, stored, wanted }: HoldingsChange,
  { partBytes }: InventoryLimits,
): void {
  const present = draft.levels.get(application) ?? 0;
  const after = wanted ?? noHoldings;
  const { level, sizes } =
    wanted === undefined ? { level: 0, sizes: [0] } : chooseLevel(after, present, partBytes);
  if (level !== present) {
    for (let index = 0; index < 2 ** present; index += 1)
      leave(draft, { application, level: present, index });
    if (level === 0) draft.levels.delete(application);
    else draft.levels.set(application, level);
  }
  const isWhole = stored === undefined || level !== present;
  const changed = isWhole ? sizes.keys() : changedParts(stored, after, level);
  for (const index of changed) {
    const part = { application, level, index, bytes: sizes[index] ?? 0 };
    // What it is united of may lie in two shards that are both written late: it goes first to a third one.
    const place = draft.places.get(partKey(part));
    if (isWhole && place !== undefined && draft.losing.has(place)) leave(draft, part);
    settlePart(draft, part);
  }
}

/** A part that stays in its shard, has nothing any more, or needs a place. */
function settlePart(draft: Draft, part: PlacedPart): void {
  const place = draft.places.get(partKey(part));
  if (place === undefined) {
    if (part.bytes > 0) draft.homeless.push(part);
    return;
  }
  if (part.bytes > 0) put(draft, place, part);
  else drop(draft, place, partKey(part));
}

/** Its entries lie elsewhere from now on. */
function leave(draft: Draft, name: PartName): void {
  const key = partKey(name);
  const place = draft.places.get(key);
  if (place === undefined) return;
  drop(draft, place, key);
  draft.losing.add(place);
}

/** The largest parts of a shard that is too full find another place. */
function makeRoom(draft: Draft, number: number, { shardBytes }: InventoryLimits): void {
  const parts = [...(draft.shards.get(number)?.values() ?? [])].sort(
    (left, right) => right.bytes - left.bytes,
  );
  let bytes = bytesOf(draft, number);
  for (const part of parts) {
    if (bytes <= shardBytes) return;
    bytes -= part.bytes;
    leave(draft, part);
    draft.homeless.push(part);
  }
}

/** Its home where there is room, else the first one that has some; never one that has to be written late. */
function chooseShard(draft: Draft, part: PlacedPart, { shardBytes }: InventoryLimits): number {
  const mayHold = (number: number): boolean =>
    !draft.losing.has(number) && bytesOf(draft, number) + part.bytes <= shardBytes;
  const home = homeOf(part);
  if (mayHold(home)) return home;
  const highest = Math.max(homeShards - 1, ...draft.shards.keys());
  for (let number = 0; number <= highest; number += 1) if (mayHold(number)) return number;
  return highest + 1;
}

function put(draft: Draft, number: number, part: PlacedPart): void {
  const parts = draft.shards.get(number) ?? new Map<string, PlacedPart>();
  parts.set(partKey(part), part);
  draft.shards.set(number, parts);
  draft.places.set(partKey(part), number);
  draft.touched.add(number);
}

function drop(draft: Draft, number: number, key: string): void {
  draft.shards.get(number)?.delete(key);
  draft.places.delete(key);
  draft.touched.add(number);
}

function bytesOf(draft: Draft, number: number): number {
  let bytes = 0;
  for (const part of draft.shards.get(number)?.values() ?? []) bytes += part.bytes;
  return bytes;
}
