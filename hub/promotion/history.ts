import type { Commit } from '../../core/commit.ts';
import type { Digest } from '../../core/digest.ts';

/** One desired state that an application had, from its decision to when it was applied last. */
export interface HistoryRecord {
  /** The newest commit of its branch when it was decided; a later commit that changed nothing for it makes no entry. */
  readonly commit: Commit;
  readonly digest: Digest;
  /** ISO 8601, the hub's clock. */
  readonly decidedAt: string;
  /** ISO 8601, the agent's clock; absent while it was never applied whole. */
  readonly firstAppliedAt?: string;
  readonly lastAppliedAt?: string;
}
