import { isJsonArray, isJsonObject, type Json } from '../../core/json.ts';
import { type Protection, type Protections, strongest } from './prune-protection.ts';

/**
 * What each application owns on this cluster, written ahead of the change: application → object → what is remembered
 * of it.
 */
export interface InventoryEntry {
  /** What it asked for when it was applied last (kustomize-controller#1724: the live mark may be gone). */
  readonly protections: Protections;
  /** Of the object that was applied; absent until that is known, and while it is made anew. */
  readonly uid?: string;
}

/** By `formatRef`. */
export type ApplicationInventory = ReadonlyMap<string, InventoryEntry>;

/** All that is kept of one application. */
export interface Holdings {
  readonly entries: ApplicationInventory;
  /** Every `group/Kind` that it ever had objects of, the newest last: where what it may have leaked is looked for. */
  readonly kinds: readonly string[];
}

export const noHoldings: Holdings = { entries: new Map(), kinds: [] };

/** How the names of the ConfigMaps begin that the inventory lies in. */
export const inventoryName = 'fairlead-inventory-';

/** More kinds than that are remembered only of what the application has now. */
const mostKinds = 100;

/** `keep` is what agents before 0.2 wrote and read; what is absent is the weakest. */
export function encodeEntry({ protections: { prune, remove }, uid }: InventoryEntry): Json {
  return {
    ...(prune === 'keep' ? { keep: true } : {}),
    ...(prune === 'confirm' ? { confirm: true } : {}),
    ...(remove === prune ? {} : { remove }),
    ...(uid === undefined ? {} : { uid }),
  };
}

export function decodeEntry(value: Json | undefined): InventoryEntry {
  const entry = isJsonObject(value) ? value : {};
  const prune = entry['keep'] === true ? 'keep' : entry['confirm'] === true ? 'confirm' : 'none';
  const remove: Protection =
    entry['remove'] === 'keep' || entry['remove'] === 'confirm' ? entry['remove'] : prune;
  const uid = entry['uid'];
  return { protections: { prune, remove }, ...(typeof uid === 'string' ? { uid } : {}) };
}

export function decodeKinds(value: Json | undefined): readonly string[] {
  return isJsonArray(value) ? value.filter((kind): kind is string => typeof kind === 'string') : [];
}

/** Old and new together; the same value where nothing is new, so that no write is needed. */
export function uniteInventory(
  old: ApplicationInventory,
  wanted: ApplicationInventory,
): ApplicationInventory {
  let united: Map<string, InventoryEntry> | undefined;
  for (const [key, entry] of wanted) {
    const known = old.get(key);
    if (known !== undefined && isSame(known, entry)) continue;
    united ??= new Map(old);
    united.set(key, entry);
  }
  return united ?? old;
}

function isSame(left: InventoryEntry, right: InventoryEntry): boolean {
  const [{ prune, remove }, other] = [left.protections, right.protections];
  return left.uid === right.uid && prune === other.prune && remove === other.remove;
}

/** The same with the kinds of what is new: they are remembered before the first of their objects is written. */
export function uniteHoldings(old: Holdings, wanted: ApplicationInventory): Holdings {
  const entries = uniteInventory(old.entries, wanted);
  return entries === old.entries ? old : { entries, kinds: rememberKinds(old.kinds, entries) };
}

/**
 * Two finds of one application, after a crash between two writes or from two agents: nothing that either has is lost.
 * Of one object the stronger protection counts, and the first uid. The first itself where the second brings nothing.
 */
export function uniteFinds(first: Holdings, second: Holdings): Holdings {
  const strengthened = new Map<string, InventoryEntry>();
  for (const [key, entry] of second.entries) {
    const known = first.entries.get(key);
    strengthened.set(key, known === undefined ? entry : uniteEntries(known, entry));
  }
  const entries = uniteInventory(first.entries, strengthened);
  const kinds = rememberKinds([...new Set([...first.kinds, ...second.kinds])], entries);
  const isSame = entries === first.entries && kinds.length === first.kinds.length;
  return isSame ? first : { entries, kinds };
}

function uniteEntries(first: InventoryEntry, second: InventoryEntry): InventoryEntry {
  const uid = first.uid ?? second.uid;
  const protections = {
    prune: strongest(first.protections.prune, second.protections.prune),
    remove: strongest(first.protections.remove, second.protections.remove),
  };
  return { protections, ...(uid === undefined ? {} : { uid }) };
}

/** Those that it has now are always among them; of the others the oldest go where there are too many. */
function rememberKinds(known: readonly string[], entries: ApplicationInventory): readonly string[] {
  const current = new Set<string>();
  for (const key of entries.keys()) current.add(kindOf(key));
  const all = [...new Set([...known, ...current])];
  const isSame = all.length === known.length && all.length <= mostKinds;
  if (isSame) return known;
  let surplus = all.length - mostKinds;
  return all.filter((kind) => {
    if (surplus <= 0 || current.has(kind)) return true;
    surplus -= 1;
    return false;
  });
}

/** `group/Kind` of what `formatRef` wrote. */
function kindOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
