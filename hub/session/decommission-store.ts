import type { Digest } from '../../core/digest.ts';
import type { Operation } from '../../core/operation.ts';

/** What the store keeps of clusters that leave the fleet. */
export interface DecommissionStore {
  /** Open operations that decommission a cluster, cancelled ones among them. */
  listDecommissions(): Promise<readonly Operation[]>;
  /** Desired states that a cluster's agent has said it is done with: removals, by application. */
  listDone(cluster: string): Promise<ReadonlyMap<string, Digest>>;
  /** A sentence on how far an operation of the hub is, or with a final phase its result. */
  saveProgress(id: string, progress: Pick<Operation, 'phase' | 'message'>): Promise<void>;
  /**
   * Ends a decommission: its agent's certificate no longer counts, and what was reported of the cluster is dropped. `stays`:
   * it was cancelled or replaced meanwhile, and nothing is done.
   */
  finishDecommission(id: string, cluster: string, message: string): Promise<'left' | 'stays'>;
  /** Clusters that have left and were not enrolled again, with when (ISO 8601). */
  listDecommissioned(): Promise<ReadonlyMap<string, string>>;
}
