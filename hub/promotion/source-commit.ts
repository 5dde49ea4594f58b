import type { Commit } from '../../core/commit.ts';

/** What a revision of a repository came to. */
export interface SourceCommit {
  readonly repoURL: string;
  /** Of a chart, its name in the repository. */
  readonly chart?: string;
  readonly targetRevision: string;
  readonly commit: Commit;
  /** The tag that a range of versions came to. */
  readonly resolved?: string;
}
