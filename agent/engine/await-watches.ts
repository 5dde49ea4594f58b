import type { EngineServices } from './engine-services.ts';
import { awaitNamespaces } from './namespace-watch.ts';
import type { ObjectWork } from './object-work.ts';

/** What was live when we last looked is known once its watch has told; nothing is asked for one by one before. New objects are looked for together. */
export async function awaitWatches(services: EngineServices, works: readonly ObjectWork[]): Promise<void> {
  const { catalog, watches } = services;
  await awaitNamespaces(services);
  const looked = services.firstLook.look(works);
  // A kind that isn't served can't be watched; perhaps it is served by now.
  if (works.some((work) => work.trouble.isForUnservedKind)) await catalog.refresh();
  for (const work of works) {
    const isNew = work.baseline === undefined && work.prepared !== undefined;
    const resource = work.presence === 'unknown' && !isNew ? work.resource() : undefined;
    if (resource === undefined || watches.isSettled(resource, work.ref.namespace)) continue;
    await watches.ready(resource, work.ref.namespace);
  }
  await looked;
}
