import { type Digest, digest } from '../core/digest.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { ClusterStatus } from '../core/session.ts';
import type { StorePort } from './ports.ts';

/** What decides about applications of a cluster, as its agent reported it last. */
export interface ReportedCluster extends Pick<ClusterStatus, 'capabilities' | 'guard'> {
  /** The same for the same capabilities and guard. */
  readonly report: Digest;
}

/** Clusters whose agent has reported, by name. */
export async function readClusters(
  store: Pick<StorePort, 'listClusterStatus'>,
): Promise<ReadonlyMap<string, ReportedCluster>> {
  const clusters = new Map<string, ReportedCluster>();
  for (const { cluster, status } of await store.listClusterStatus()) {
    if (status !== undefined) clusters.set(cluster, { ...status, report: reportDigest(status) });
  }
  return clusters;
}

export function reportDigest({ capabilities, guard }: Pick<ClusterStatus, 'capabilities' | 'guard'>): Digest {
  return digest(canonicalJson({ capabilities, guard: guard ?? null } as unknown as Json));
}
