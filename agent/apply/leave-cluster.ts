import { refOf } from '../../core/kube-object.ts';
import { decodePart } from '../plan/inventory-parts.ts';
import { type ClusterClaim, claimLabel, judgeClaims } from '../plan/judge-claims.ts';
import type { ShardTexts } from '../plan/recover-inventory.ts';
import type { KubePort } from '../ports.ts';
import { InventoryShards, inventoryLabel } from './inventory-shards.ts';
import { configMaps } from './own-resources.ts';

/** `kept`: something is still owned here, or may be, so that nothing of ours was touched. */
export type LeaveResult =
  | { readonly type: 'left' }
  | { readonly type: 'kept'; readonly reason: string }
  | { readonly type: 'failed'; readonly message: string };

/**
 * Takes the agent's own traces out of a cluster that has left the fleet: the inventory, only where it is empty, and
 * then the claim, so that another installation may take the cluster.
 */
export async function leaveCluster(kube: KubePort, claim: ClusterClaim): Promise<LeaveResult> {
  const { namespace } = claim;
  const inventory = await kube.list(configMaps, { labelSelector: inventoryLabel, namespace });
  if (inventory.type === 'failed') return { type: 'failed', message: inventory.failure.message };
  const reason = whyKept(await new InventoryShards(kube, namespace).read());
  if (reason !== undefined) return { type: 'kept', reason };
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

/** What an entry that can't be read stands for, nobody knows: it counts as owned. The kinds that one ever had don't. */
function whyKept(shards: ReadonlyMap<number, ShardTexts>): string | undefined {
  for (const texts of shards.values()) {
    for (const [key, text] of texts) {
      const part = decodePart(key, text);
      if (part === undefined) return `the inventory's entry ${key} can't be read`;
      if (part.entries.size > 0) return `${part.application} still owns objects`;
    }
  }
  return undefined;
}
