import type { Member } from './common-name.ts';
import type { Author } from './proposal.ts';

/** What to promote, from where to where. */
export interface PromotionRequest {
  /** The applications' common name, or one of them. */
  readonly key: string;
  /** An environment, and the one that is to run the same. */
  readonly from: string;
  readonly to: string;
  /** Which cluster of the source counts, where they don't agree. */
  readonly fromCluster?: string;
  /** Promote what Git says in the source, though it isn't known to run well there. */
  readonly allowUnhealthy: boolean;
  /** Who asks; Fairlead itself where absent. */
  readonly author?: Author;
  /** Write nothing. */
  readonly dryRun: boolean;
  /** Whether the application is there for whoever asks; absent: all are. */
  readonly sees?: (member: Member) => boolean;
  /** Throws AppError `denied` unless whoever asks may change what this application runs. */
  readonly demand?: (member: Member) => void;
}
