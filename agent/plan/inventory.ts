import { canonicalJson, isJsonObject, type Json, parseJson } from '../../core/json.ts';
import { partOf } from '../../core/tracking.ts';

/**
 * What each application owns on this cluster, written ahead of the change: application → object → what is remembered
 * of it. Kept in a fixed number of ConfigMaps, so that one write serves many applications.
 */
export interface InventoryEntry {
  /** It asked to stay when it leaves Git, when it was applied last (kustomize-controller#1724: the live mark may be gone). */
  readonly pruneProtected: boolean;
}

export type ApplicationInventory = ReadonlyMap<string, InventoryEntry>;

export const inventoryShards = 16;
/** How the names of their ConfigMaps begin. */
export const inventoryName = 'fairlead-inventory-';

/** An application's shard never changes: it follows from its label value. */
export function shardOf(application: string): number {
  const name = partOf(application);
  let sum = 0;
  for (let index = 0; index < name.length; index += 1) sum = (sum * 31 + name.charCodeAt(index)) % 1_000_003;
  return sum % inventoryShards;
}

/** The entry of one application in its shard's `data`: its key, and its text. */
export function encodeInventory(
  application: string,
  entries: ApplicationInventory,
): readonly [string, string] {
  const objects: Record<string, Json> = {};
  for (const [key, entry] of entries) objects[key] = entry.pruneProtected ? { keep: true } : {};
  return [partOf(application), canonicalJson({ application, objects })];
}

/** Reads what `encodeInventory` wrote; `undefined` where the text is damaged, which makes everything in it unknown, not absent. */
export function decodeInventory(
  text: string,
): { readonly application: string; readonly entries: ApplicationInventory } | undefined {
  const value = parseOrNothing(text);
  if (!isJsonObject(value) || typeof value['application'] !== 'string' || !isJsonObject(value['objects'])) {
    return undefined;
  }
  const entries = new Map<string, InventoryEntry>();
  for (const [key, entry] of Object.entries(value['objects'])) {
    entries.set(key, { pruneProtected: isJsonObject(entry) && entry['keep'] === true });
  }
  return { application: value['application'], entries };
}

function parseOrNothing(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Old and new together; the same value where nothing is new, so that no write is needed. */
export function uniteInventory(
  old: ApplicationInventory,
  wanted: ApplicationInventory,
): ApplicationInventory {
  let united: Map<string, InventoryEntry> | undefined;
  for (const [key, entry] of wanted) {
    if (old.get(key)?.pruneProtected === entry.pruneProtected) continue;
    united ??= new Map(old);
    united.set(key, entry);
  }
  return united ?? old;
}
