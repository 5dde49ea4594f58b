import { isFinal, type Operation } from '../core/operation.ts';
import type { Decommission, Departure } from './desired/decommission.ts';
import type { StorePort } from './ports.ts';

type Store = Pick<
  StorePort,
  'listDecommissions' | 'listDecommissioned' | 'listDone' | 'saveProgress' | 'finishDecommission'
>;

/**
 * Clusters that leave the fleet now or have left it, by name. A decommission that was cancelled, or that a newer one of
 * the same cluster replaced, ends here.
 */
export async function readDepartures(store: Store): Promise<ReadonlyMap<string, Departure>> {
  const [open, left] = await Promise.all([store.listDecommissions(), store.listDecommissioned()]);
  const found = new Map<string, Departure>();
  for (const [cluster, at] of left) found.set(cluster, { type: 'left', cluster, at });
  const newest = new Map(open.map((operation) => [operation.cluster, operation.id]));
  for (const operation of open) {
    const { id, cluster, request, requestedBy, requestedAt } = operation;
    if (request.type !== 'decommission' || isFinal(operation.phase)) continue;
    const over = whyOver(operation, newest.get(cluster));
    if (over !== undefined) {
      await store.saveProgress(id, { phase: 'Failed', message: over });
      continue;
    }
    const done = await store.listDone(cluster);
    const { objects } = request;
    found.set(cluster, { type: 'leaving', operation: id, cluster, objects, requestedBy, requestedAt, done });
  }
  return found;
}

/** Says on each decommission under way what it waits for: without a readable catalog nothing is decided. */
export async function tellWaiting(
  store: Pick<Store, 'listDecommissions' | 'saveProgress'>,
  reason: string,
): Promise<void> {
  for (const { id, phase } of await store.listDecommissions()) {
    if (!isFinal(phase)) await store.saveProgress(id, { phase: 'Running', message: `waits: ${reason}` });
  }
}

function whyOver({ id, cluster, cancelledBy }: Operation, newest: string | undefined): string | undefined {
  if (newest !== id) return `replaced by the newer operation ${newest}`;
  if (cancelledBy === undefined) return undefined;
  return `cancelled by ${cancelledBy}: ${cluster} stays, and is brought back to what Git says`;
}

/** Ends the decommissions that have nothing left to do; the others run. Returns the clusters that have left. */
export async function concludeDecommissions(
  store: Store,
  departures: ReadonlyMap<string, Departure>,
  departed: readonly string[],
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const [cluster, departure] of departures) {
    if (departure.type !== 'leaving') continue;
    const { operation } = departure;
    if (!departed.includes(cluster)) {
      await store.saveProgress(operation, { phase: 'Running', message: '' });
      continue;
    }
    const end = await store.finishDecommission(operation, cluster, describeEnd(departure));
    if (end === 'left') left.push(cluster);
  }
  return left;
}

const ends: Readonly<Record<Decommission['objects'], string>> = {
  delete: 'its objects are deleted',
  release: 'its objects are released and stay as they are',
  abandon:
    'its agent was not asked. What it applied is still on the cluster, with our marks; an agent that still runs there goes on keeping it so until it is uninstalled',
};

function describeEnd({ cluster, objects }: Decommission): string {
  return `${cluster} has left the fleet, and its agent's certificate counts no longer: ${ends[objects]}`;
}
