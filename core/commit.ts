/** A commit of a Git repository, or a published version of a chart, as far as people are told of it. */
export interface Commit {
  readonly id: string;
  /** `Ada Author <ada@example.com>`, as Git writes it. */
  readonly author: string;
  /** ISO 8601, the committer's clock. */
  readonly committedAt: string;
  readonly subject: string;
  /** Of a chart: by which people call it. */
  readonly version?: string;
}

/** How people are told of a commit: a chart's version, or seven digits, as Git shortens them. */
export function commitName({ id, version }: Pick<Commit, 'id' | 'version'>): string {
  return version ?? id.slice(0, 7);
}

/** The author as people are named to people: without the address. */
export function authorName({ author }: Pick<Commit, 'author'>): string {
  return author.replace(/\s*<.*$/u, '');
}
