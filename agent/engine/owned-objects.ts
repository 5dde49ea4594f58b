import type { RootObject } from '../plan/resource-tree.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectWork } from './object-work.ts';

/** The objects of one application as they are known here, without a request: what Git has, and what is still in its inventory. */
export function ownedObjects(
  { inventory }: Pick<EngineServices, 'inventory'>,
  works: readonly ObjectWork[],
  application: string,
): readonly RootObject[] {
  const entries = inventory.entries(application);
  return works.flatMap((work) => {
    if (work.application !== application) return [];
    const { ref, presence, seen, health } = work;
    const remembered =
      presence === 'unknown' ? (work.baseline?.uid ?? entries.get(work.key)?.uid) : undefined;
    const uid = seen?.uid ?? remembered;
    const owner = seen?.owner;
    return [
      {
        ref,
        presence,
        ...(uid === undefined ? {} : { uid }),
        ...(health === undefined || presence !== 'live' ? {} : { health }),
        ...(owner === undefined || owner === application ? {} : { ownedBy: owner }),
      },
    ];
  });
}
