/** A commit of a Git repository, as far as people are told of it. */
export interface Commit {
  readonly id: string;
  /** `Ada Author <ada@example.com>`, as Git writes it. */
  readonly author: string;
  /** ISO 8601, the committer's clock. */
  readonly committedAt: string;
  readonly subject: string;
}

/** The author as people are named to people: without the address. */
export function authorName({ author }: Pick<Commit, 'author'>): string {
  return author.replace(/\s*<.*$/u, '');
}
