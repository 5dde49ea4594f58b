import type { Head } from '../core/head.ts';
import { isFinal, type Operation } from '../core/operation.ts';
import type { Decommission } from './desired/decommission.ts';
import type { StorePort } from './ports.ts';

type Store = Pick<StorePort, 'listDecommissions' | 'listDone' | 'saveProgress' | 'finishDecommission'>;

/** Clusters that leave the fleet now. One whose decommission was cancelled stays: its operation ends here. */
export async function readDecommissions(store: Store): Promise<ReadonlyMap<string, Decommission>> {
  const found = new Map<string, Decommission>();
  for (const operation of await store.listDecommissions()) {
    const { id, cluster, request, requestedBy, requestedAt, cancelledBy } = operation;
    if (request.type !== 'decommission' || isFinal(operation.phase)) continue;
    if (cancelledBy !== undefined) {
      const message = `cancelled by ${cancelledBy}: ${cluster} stays, and is brought back to what Git says`;
      await store.saveProgress(id, { phase: 'Failed', message });
      continue;
    }
    const done = await store.listDone(cluster);
    const { objects } = request;
    found.set(cluster, { operation: id, cluster, objects, requestedBy, requestedAt, done });
  }
  return found;
}

/** Ends the decommissions that have nothing left to do, and says of the others how far they are. */
export async function concludeDecommissions(
  store: Store,
  decommissions: ReadonlyMap<string, Decommission>,
  after: { readonly departed: readonly string[]; readonly heads: ReadonlyMap<string, Head> },
): Promise<void> {
  for (const [cluster, decommission] of decommissions) {
    const { operation } = decommission;
    if (after.departed.includes(cluster)) {
      await store.finishDecommission(operation, cluster, describeEnd(decommission));
      continue;
    }
    const left = after.heads.get(cluster)?.entries.size ?? 0;
    const message = `${left} ${left === 1 ? 'application is' : 'applications are'} left on ${cluster}`;
    const phase: Operation['phase'] = 'Running';
    await store.saveProgress(operation, { phase, message });
  }
}

const ends: Readonly<Record<Decommission['objects'], string>> = {
  delete: 'its objects are deleted',
  release: 'its objects are released and stay as they are',
  abandon: 'its agent was not asked: what it kept on the cluster is still there, with our marks',
};

function describeEnd({ cluster, objects }: Decommission): string {
  return `${cluster} has left the fleet: ${ends[objects]}, and its agent's certificate counts no longer`;
}
