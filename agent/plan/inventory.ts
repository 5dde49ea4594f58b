import { canonicalJson, equalJson, isJsonObject, type Json, parseJson } from '../../core/json.ts';
import { partOf } from '../../core/tracking.ts';
import type { Protection, Protections } from './prune-protection.ts';

/**
 * What each application owns on this cluster, written ahead of the change: application → object → what is remembered
 * of it. Kept in a fixed number of ConfigMaps, so that one write serves many applications.
 */
export interface InventoryEntry {
  /** What it asked for when it was applied last (kustomize-controller#1724: the live mark may be gone). */
  readonly protections: Protections;
  /** Of the object that was applied; absent until that is known, and while it is made anew. */
  readonly uid?: string;
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
  for (const [key, entry] of entries) objects[key] = encodeEntry(entry);
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
    entries.set(key, decodeEntry(entry));
  }
  return { application: value['application'], entries };
}

/** `keep` is what agents before 0.2 wrote and read; what is absent is the weakest. */
function encodeEntry({ protections: { prune, remove }, uid }: InventoryEntry): Json {
  return {
    ...(prune === 'keep' ? { keep: true } : {}),
    ...(prune === 'confirm' ? { confirm: true } : {}),
    ...(remove === prune ? {} : { remove }),
    ...(uid === undefined ? {} : { uid }),
  };
}

function decodeEntry(value: Json | undefined): InventoryEntry {
  const entry = isJsonObject(value) ? value : {};
  const prune = entry['keep'] === true ? 'keep' : entry['confirm'] === true ? 'confirm' : 'none';
  const remove: Protection =
    entry['remove'] === 'keep' || entry['remove'] === 'confirm' ? entry['remove'] : prune;
  const uid = entry['uid'];
  return { protections: { prune, remove }, ...(typeof uid === 'string' ? { uid } : {}) };
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
    const known = old.get(key);
    if (known !== undefined && equalJson(encodeEntry(known), encodeEntry(entry))) continue;
    united ??= new Map(old);
    united.set(key, entry);
  }
  return united ?? old;
}
