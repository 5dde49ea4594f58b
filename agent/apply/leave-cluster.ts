import { refOf } from '../../core/kube-object.ts';
import { type ClusterClaim, claimLabel, judgeClaims } from '../plan/judge-claims.ts';
import { recoverInventory } from '../plan/recover-inventory.ts';
import type { KubePort } from '../ports.ts';
import { InventoryShards, inventoryLabel } from './inventory-shards.ts';
import { configMaps } from './own-resources.ts';

/** `kept`: something is still owned here, so that nothing of ours was touched. */
export type LeaveResult =
  | { readonly type: 'left' }
  | { readonly type: 'kept'; readonly application: string }
  | { readonly type: 'failed'; readonly message: string };

/**
 * Takes the agent's own traces out of a cluster that has left the fleet: the inventory, only where it is empty, and
 * then the claim, so that another installation may take the cluster.
 */
export async function leaveCluster(kube: KubePort, claim: ClusterClaim): Promise<LeaveResult> {
  const { namespace } = claim;
  const inventory = await kube.list(configMaps, { labelSelector: inventoryLabel, namespace });
  if (inventory.type === 'failed') return { type: 'failed', message: inventory.failure.message };
  const owning = await findOwner(kube, namespace);
  if (owning !== undefined) return { type: 'kept', application: owning };
  const claims = await kube.list(configMaps, { labelSelector: claimLabel, namespace });
  if (claims.type === 'failed') return { type: 'failed', message: claims.failure.message };
  const verdict = judgeClaims(claim, claims.objects);
  const ours = verdict.type === 'ours' ? [verdict.live] : [];
  for (const object of [...inventory.objects, ...ours]) {
    const { uid = '', resourceVersion = '' } = object.metadata;
    const answer = await kube.delete(configMaps, refOf(object), { uid, resourceVersion });
    if (answer.type === 'failed' && answer.failure.status !== 404) {
      return { type: 'failed', message: answer.failure.message };
    }
  }
  return { type: 'left' };
}

/** An application that still owns something here. The kinds that one ever had may be left behind. */
async function findOwner(kube: KubePort, namespace: string): Promise<string | undefined> {
  const { holdings } = recoverInventory(await new InventoryShards(kube, namespace).read());
  return [...holdings].find(([, { entries }]) => entries.size > 0)?.[0];
}
