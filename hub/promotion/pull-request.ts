export interface PullRequest {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

export type OpenedPullRequest =
  | { readonly type: 'opened' | 'exists'; readonly url: string; readonly number: number }
  /** No token for this repository: a person opens it, at this address where the host's kind is known. */
  | { readonly type: 'not-configured'; readonly compareURL?: string };
