/** A commit of a Git repository, as far as people are told of it. */
export interface Commit {
  readonly id: string;
  readonly author: string;
  /** ISO 8601, the committer's clock. */
  readonly committedAt: string;
  readonly subject: string;
}
