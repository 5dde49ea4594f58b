import type { EndedHold, Hold } from '../../core/hold.ts';

/** Holds as the hub keeps them. Those that ended stay for 30 days, so that it can be told who held what. */
export interface HoldStore {
  createHold(hold: Omit<Hold, 'id' | 'since'>): Promise<Hold>;
  /** Ends one before its time; `undefined` for an unknown id. One that has ended stays as it was. */
  endHold(id: string, by: string): Promise<EndedHold | undefined>;
  /** Those of a cluster that still run: what its agent is told. */
  readRunningHolds(cluster: string): Promise<readonly Hold[]>;
  /** Newest first. */
  listHolds(): Promise<readonly EndedHold[]>;
}
