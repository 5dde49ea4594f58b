import type { PullRequest } from '../promotion/pull-request.ts';

export type HostType = 'github' | 'gitlab' | 'gitea';

/** One entry of the hub's list of Git hosts. */
export interface GitHost {
  /** Repositories below this address, such as `https://git.example.com/`. The longest that fits wins. */
  readonly url: string;
  readonly type: HostType;
  /** Of the API where it isn't at its usual place below `url`. */
  readonly api?: string;
  /** Absent: pull requests are opened by people; the type says at which address. */
  readonly token?: Token;
}

/** Read anew for every call, so that a token may be replaced while the hub runs. */
export interface Token {
  /** Where it comes from, for messages. */
  readonly source: string;
  /** Throws AppError where it can't be read. */
  read(): string;
}

/** A repository as its host's API and pages name it. */
export interface HostRepository {
  readonly type: HostType;
  /** Address of the repository's pages, without a slash at the end. */
  readonly page: string;
  /** Address of the API, without a slash at the end. */
  readonly api: string;
  /** `owner/name`, with more segments on GitLab. */
  readonly path: string;
  readonly token: Token | undefined;
}

/** A pull request that a host has. */
export interface FoundPullRequest {
  readonly url: string;
  readonly number: number;
}

/** One kind of host: its requests, and what it answers. */
export interface HostKind {
  headers(token: string): Readonly<Record<string, string>>;
  create(repository: HostRepository, request: PullRequest): { readonly url: string; readonly body: object };
  /** Address of a page of open ones, as narrow as the host can; pages are counted from 1. */
  list(repository: HostRepository, request: PullRequest, page: number): string;
  /** Of an answer to `create` or an item of a list; `undefined` for anything else. */
  parse(answer: unknown): (FoundPullRequest & { readonly branch: string; readonly base: string }) | undefined;
  compareURL(page: string, branches: Pick<PullRequest, 'base' | 'branch'>): string;
  /** What a token needs, for messages. */
  readonly permission: string;
}
