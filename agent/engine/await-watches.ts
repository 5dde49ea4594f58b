import type { EngineServices } from './engine-services.ts';
import { awaitNamespaces } from './namespace-watch.ts';
import type { ObjectWork } from './object-work.ts';

/**
 * What was live when we last looked is known once its watch has told; nothing is asked for one by one before. New objects
 * are looked for together, and those that are there already come with the watch, which saves the read.
 */
export async function awaitWatches(services: EngineServices, works: readonly ObjectWork[]): Promise<void> {
  const { catalog } = services;
  await awaitNamespaces(services);
  const looked = services.firstLook.look(works);
  // A kind that isn't served can't be watched; perhaps it is served by now.
  if (works.some((work) => work.trouble.isForUnservedKind)) await catalog.refresh();
  const [fresh, known] = [works.filter(isNew), works.filter((work) => !isNew(work))];
  await awaitFirstState(services, known);
  await looked;
  await awaitFirstState(services, fresh);
}

function isNew({ baseline, prepared }: ObjectWork): boolean {
  return baseline === undefined && prepared !== undefined;
}

async function awaitFirstState({ watches }: EngineServices, works: readonly ObjectWork[]): Promise<void> {
  for (const work of works) {
    const resource = work.presence === 'unknown' ? work.resource() : undefined;
    if (resource === undefined || watches.isSettled(resource, work.ref.namespace)) continue;
    await watches.ready(resource, work.ref.namespace);
  }
}
