import type { Author } from './proposal.ts';

/** A commit on a branch of its own, made without a work tree. */
export interface BranchRequest {
  /** To make, such as `fairlead/promote-payments-prod-1a2b3c4`. */
  readonly branch: string;
  /** The branch that it starts from. */
  readonly base: string;
  /** What `base` must still be, by its full id; it has been fetched. */
  readonly baseCommit: string;
  /** Path → whole new content; `undefined` deletes. Files that are there keep their mode, new ones are plain. */
  readonly changes: ReadonlyMap<string, Uint8Array | undefined>;
  /** Types of changed files that are to be otherwise: a symlink's content is where it points. */
  readonly types?: ReadonlyMap<string, 'blob' | 'executable' | 'symlink'>;
  readonly message: string;
  readonly author: Author;
}

export type WrittenBranch =
  | { readonly type: 'written'; readonly commit: string }
  /** The same tree on the same base is there under this name already: nothing was pushed. */
  | { readonly type: 'exists'; readonly commit: string };
