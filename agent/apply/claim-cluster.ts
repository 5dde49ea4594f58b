import type { KubeObject } from '../../core/kube-object.ts';
import {
  type ClaimVerdict,
  type ClusterClaim,
  claimLabel,
  claimName,
  judgeClaims,
} from '../plan/judge-claims.ts';
import type { KubePort, KubeResult, ListResult } from '../ports.ts';
import { ensureNamespace } from './ensure-namespace.ts';
import { configMaps } from './own-resources.ts';

export type ClaimResult =
  | Exclude<ClaimVerdict, { type: 'free' }>
  | { readonly type: 'failed'; readonly message: string };

/**
 * Claims the cluster for one agent by a ConfigMap in its namespace: one list where the claim is there already, and
 * a list, a create and a list where it isn't. The second list sees who claimed at the same time.
 */
export async function claimCluster(kube: KubePort, claim: ClusterClaim): Promise<ClaimResult> {
  const before = await listClaims(kube, claim.namespace);
  if (before.type === 'failed') return { type: 'failed', message: before.failure.message };
  const verdict = judgeClaims(claim, before.objects);
  if (verdict.type !== 'free') return verdict;
  const created = await createClaim(kube, claim);
  if (created.type === 'failed' && created.failure.status !== 409) {
    return { type: 'failed', message: created.failure.message };
  }
  const after = await listClaims(kube, claim.namespace);
  if (after.type === 'failed') return { type: 'failed', message: after.failure.message };
  const settled = judgeClaims(claim, after.objects);
  if (settled.type === 'free') return { type: 'failed', message: 'the claim of this cluster vanished' };
  if (settled.type === 'taken' && created.type === 'ok') {
    const ref = { group: '', kind: 'ConfigMap', namespace: claim.namespace, name: claimName };
    await kube.delete(configMaps, ref, { uid: created.object.metadata.uid ?? '' });
  }
  return settled;
}

/** The namespace is made only where it lacks: an agent in a pod has it, and may have no right to look. */
async function createClaim(kube: KubePort, claim: ClusterClaim): Promise<KubeResult> {
  const created = await kube.create(configMaps, objectOf(claim));
  if (created.type === 'ok' || created.failure.status !== 404) return created;
  await ensureNamespace(kube, claim.namespace);
  return kube.create(configMaps, objectOf(claim));
}

/** All claims of the cluster, or those of one's own namespace where no more may be read. */
async function listClaims(kube: KubePort, namespace: string): Promise<ListResult> {
  const everywhere = await kube.list(configMaps, { labelSelector: claimLabel });
  if (everywhere.type === 'ok' || everywhere.failure.status !== 403) return everywhere;
  return kube.list(configMaps, { labelSelector: claimLabel, namespace });
}

function objectOf(claim: ClusterClaim): KubeObject {
  const { namespace, cluster, authority, agent } = claim;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: claimName, namespace, labels: { [claimLabel]: 'agent' } },
    data: { cluster, authority, agent },
  };
}
