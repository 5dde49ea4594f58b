import { waitUntil } from '../test/clusters/wait.ts';
import type { ApplicationItem, HubView } from './hub-view.ts';

const limitMs = 1_800_000;

/** Resolves once the hub has so many applications, and knows each to be as Git says. */
export async function allSynced(view: HubView, count: number): Promise<void> {
  await waitUntil(`${count} applications are synced`, () => areAll(view, count, isSynced), { limitMs });
}

export function isSynced({ sync, openDrifts }: ApplicationItem): boolean {
  return sync === 'Synced' && openDrifts === 0;
}

/**
 * Follows what an agent reports from now on. Resolves to the seconds until it has told of every one of so many
 * applications and the hub has each as it should be, exact to a tenth.
 */
export function reportedAnew(
  view: HubView,
  count: number,
  isRight: (item: ApplicationItem) => boolean,
): Promise<number> {
  const start = performance.now();
  const told = new Set<string>();
  const end = view.subscribe((event) => {
    if (event.type === 'application') told.add(event.application);
  });
  const isWhole = async (): Promise<boolean> => told.size === count && (await areAll(view, count, isRight));
  return waitUntil('the hub has the whole state', isWhole, {
    limitMs,
    everyMs: 50,
    detail: () => `${told.size} of ${count} applications were told of`,
  })
    .then(() => (performance.now() - start) / 1000)
    .finally(end);
}

async function areAll(
  view: HubView,
  count: number,
  isRight: (item: ApplicationItem) => boolean,
): Promise<boolean> {
  const items = await view.applications();
  return items.length === count && items.every(isRight);
}
