import { canonicalJson, isJsonObject, type Json, parseJson } from '../../core/json.ts';
import { partOf } from '../../core/tracking.ts';
import {
  type ApplicationInventory,
  decodeEntry,
  decodeKinds,
  encodeEntry,
  type Holdings,
  type InventoryEntry,
} from './inventory.ts';

/**
 * An application's holdings lie in 2^level parts: an object is in the part that its key's hash names. A part is one
 * value of a ConfigMap. At level 0 all is in one, as earlier agents wrote and read it.
 */
export interface PartName {
  readonly application: string;
  readonly level: number;
  readonly index: number;
}

export interface FoundPart extends PartName, Holdings {
  /** Whether it lies under the key that its name gives, so that the next write of it replaces it. */
  readonly isInPlace: boolean;
}

const highestLevel = 12;
/** What a part has besides its entries: application, index, braces. */
const frameBytes = 400;

/** The key of a part in its ConfigMap's `data`. */
export function partKey({ application, level, index }: PartName): string {
  return level === 0 ? partOf(application) : `${partOf(application)}.${level}.${index}`;
}

/** FNV-1a over UTF-16 units, mixed, since the low bits choose the part. Never to be changed: parts are found by it. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function partIndexOf(key: string, level: number): number {
  return level === 0 ? 0 : hashOf(key) % 2 ** level;
}

/** Bytes of every part, by index, as they will be at most. */
export function measureParts({ entries, kinds }: Holdings, level: number): readonly number[] {
  const sizes = new Array<number>(2 ** level).fill(0);
  for (const [key, entry] of entries) {
    const index = partIndexOf(key, level);
    sizes[index] = (sizes[index] ?? 0) + textBytes(key) + entryBytes(entry);
  }
  sizes[0] = (sizes[0] ?? 0) + kinds.reduce((sum, kind) => sum + textBytes(kind), 0);
  return sizes.map((bytes) => (bytes === 0 ? 0 : bytes + frameBytes));
}

/** With quotes, colon and comma. What isn't plain ASCII may be escaped. */
function textBytes(text: string): number {
  let bytes = text.length + 4;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) bytes += 5;
  }
  return bytes;
}

function entryBytes({ protections: { prune, remove }, uid }: InventoryEntry): number {
  const protection = (prune === 'none' ? 0 : 15) + (remove === prune ? 0 : 20);
  return 2 + protection + (uid === undefined ? 0 : uid.length + 9);
}

/**
 * The level at which every part fits, beginning with the present one: split as soon as one is too large, joined only
 * once all fit twice over, so that an application at the limit doesn't go back and forth.
 */
export function chooseLevel(
  holdings: Holdings,
  present: number,
  partBytes: number,
): { readonly level: number; readonly sizes: readonly number[] } {
  let level = present;
  let sizes = measureParts(holdings, level);
  while (level < highestLevel && sizes.some((bytes) => bytes > partBytes)) {
    level += 1;
    sizes = measureParts(holdings, level);
  }
  for (; level > 0 && level <= present; level -= 1) {
    const joined = measureParts(holdings, level - 1);
    if (joined.some((bytes) => bytes > partBytes / 2)) break;
    sizes = joined;
  }
  return { level, sizes };
}

/** The parts that differ; entries are compared by identity, which holds for what nobody touched. */
export function changedParts(before: Holdings, after: Holdings, level: number): ReadonlySet<number> {
  const changed = new Set<number>();
  if (before.entries !== after.entries) {
    for (const [key, entry] of after.entries) {
      if (before.entries.get(key) !== entry) changed.add(partIndexOf(key, level));
    }
    for (const key of before.entries.keys()) {
      if (!after.entries.has(key)) changed.add(partIndexOf(key, level));
    }
  }
  if (canonicalJson(before.kinds) !== canonicalJson(after.kinds)) changed.add(0);
  return changed;
}

/** The entries of each part, by index. */
export function splitEntries(entries: ApplicationInventory, level: number): readonly ApplicationInventory[] {
  if (level === 0) return [entries];
  const parts = Array.from({ length: 2 ** level }, () => new Map<string, InventoryEntry>());
  for (const [key, entry] of entries) parts[partIndexOf(key, level)]?.set(key, entry);
  return parts;
}

/** The text of one part; the kinds are in the first of them. */
export function encodePart({ application, level, index }: PartName, { entries, kinds }: Holdings): string {
  const objects: Record<string, Json> = {};
  for (const [key, entry] of entries) objects[key] = encodeEntry(entry);
  return canonicalJson({
    application,
    objects,
    ...(index === 0 && kinds.length > 0 ? { kinds } : {}),
    ...(level === 0 ? {} : { part: [level, index] }),
  });
}

/** Reads what `encodePart` wrote; `undefined` where the text is damaged, which makes everything in it unknown, not absent. */
export function decodePart(key: string, text: string): FoundPart | undefined {
  const value = parseOrNothing(text);
  if (!isJsonObject(value) || typeof value['application'] !== 'string' || !isJsonObject(value['objects'])) {
    return undefined;
  }
  const entries = new Map<string, InventoryEntry>();
  for (const [object, entry] of Object.entries(value['objects'])) entries.set(object, decodeEntry(entry));
  const name = { application: value['application'], ...placeOf(value['part']) };
  return { ...name, entries, kinds: decodeKinds(value['kinds']), isInPlace: partKey(name) === key };
}

function placeOf(value: Json | undefined): Pick<PartName, 'level' | 'index'> {
  const [level, index] = Array.isArray(value) ? (value as readonly Json[]) : [];
  const isPlace = typeof level === 'number' && typeof index === 'number' && level <= highestLevel;
  return isPlace ? { level, index } : { level: 0, index: 0 };
}

function parseOrNothing(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
