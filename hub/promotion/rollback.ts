import type { Author } from './proposal.ts';

/** Which earlier state to bring back; the one before the running one where neither is given. */
export interface RollbackRequest {
  /** An entry of the history, by its commit's id or at least 6 characters of its beginning. */
  readonly to?: string;
  /** ISO 8601: the entry that ran right before this moment. */
  readonly before?: string;
  /** Who asks; Fairlead itself where absent. */
  readonly author?: Author;
  /** Write nothing. */
  readonly dryRun: boolean;
}
