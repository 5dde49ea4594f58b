import { isJsonObject, jsonAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { refOf } from '../../core/kube-object.ts';
import { type ClusterClaim, claimLabel, judgeClaims } from '../plan/judge-claims.ts';
import type { KubePort } from '../ports.ts';
import { inventoryLabel } from './inventory-shards.ts';
import { configMaps } from './own-resources.ts';

/** `kept`: something is still owned here, so that nothing of ours was touched. */
export type LeaveResult =
  | { readonly type: 'left' }
  | { readonly type: 'kept'; readonly configMap: string }
  | { readonly type: 'failed'; readonly message: string };

/**
 * Takes the agent's own traces out of a cluster that has left the fleet: the inventory, only where it is empty, and
 * then the claim, so that another installation may take the cluster.
 */
export async function leaveCluster(kube: KubePort, claim: ClusterClaim): Promise<LeaveResult> {
  const { namespace } = claim;
  const inventory = await kube.list(configMaps, { labelSelector: inventoryLabel, namespace });
  if (inventory.type === 'failed') return { type: 'failed', message: inventory.failure.message };
  const owning = inventory.objects.find(holdsEntries);
  if (owning !== undefined) return { type: 'kept', configMap: owning.metadata.name ?? '' };
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

function holdsEntries(object: KubeObject): boolean {
  return ['data', 'binaryData'].some((field) => {
    const data = jsonAt(object, field);
    return isJsonObject(data) && Object.keys(data).length > 0;
  });
}
