import type { InventoryEntry } from '../plan/inventory.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectWork } from './object-work.ts';

type Works = ReadonlyMap<string, ObjectWork>;
type Entries = ReadonlyMap<string, InventoryEntry>;

/**
 * What goes into the inventory before anything is written: everything desired. A uid stays as long as the object was
 * not seen to be gone; one that may be made anew has none until it is there, so that no crash leaves a wrong one.
 */
function entriesAhead(works: Works, known: Entries): Entries {
  const entries = new Map<string, InventoryEntry>();
  for (const work of works.values()) {
    const { key, prepared } = work;
    if (prepared === undefined) continue;
    const uid = mayBeGone(work) ? undefined : known.get(key)?.uid;
    entries.set(key, { protections: prepared.protections, ...(uid === undefined ? {} : { uid }) });
  }
  return entries;
}

/** It was there, and its watch doesn't have it any more. One that nothing is remembered of was only not looked at yet. */
function mayBeGone({ presence, baseline }: ObjectWork): boolean {
  return presence === 'missing' || (presence === 'unknown' && baseline !== undefined);
}

/** What it is about to own goes into its inventory, what another application has now goes out; what its removal will run is kept. */
export async function writeAhead(
  { inventory, deletionHooks }: Pick<EngineServices, 'inventory' | 'deletionHooks'>,
  application: string,
  works: Works,
  winnerOf: (key: string) => string | undefined,
): Promise<void> {
  const known = inventory.entries(application);
  const lost = [...known.keys()].filter((key) => {
    const winner = winnerOf(key);
    return winner !== undefined && winner !== application;
  });
  await Promise.all([
    deletionHooks.flush(),
    inventory.remove(application, lost),
    inventory.add(application, entriesAhead(works, known)),
  ]);
}

/** Notes the uids of what was made or taken over. Costs no write where they are known. */
export async function noteUids(
  { inventory }: Pick<EngineServices, 'inventory'>,
  application: string,
  works: Works,
): Promise<void> {
  const known = inventory.entries(application);
  const entries = new Map<string, InventoryEntry>();
  for (const { key, prepared, seen } of works.values()) {
    const entry = known.get(key);
    if (prepared === undefined || entry === undefined || seen?.owner !== application) continue;
    if (entry.uid !== seen.uid) entries.set(key, { ...entry, uid: seen.uid });
  }
  if (entries.size > 0) await inventory.add(application, entries);
}
