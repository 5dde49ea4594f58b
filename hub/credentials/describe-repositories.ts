import type { SourceState } from '../ports.ts';
import { comparableUrl } from './match-url.ts';
import type { RemoteEntry } from './remote.ts';

/** A repository that the hub reads. */
export interface Repository {
  /** Without credentials. */
  readonly url: string;
  readonly kind: 'git' | 'helm' | 'oci';
  /** What the hub reads it for: the catalog, or sources of applications. */
  readonly holds: 'catalog' | 'sources';
  /** How many applications name it. */
  readonly applications: number;
  /** The entry whose credentials it is shown; absent: none. */
  readonly credentials?: RemoteEntry;
  /** ISO 8601; absent before the first success. */
  readonly fetchedAt?: string;
  /** What was resolved last, by revision. */
  readonly commits: Readonly<Record<string, string>>;
  /** Why the last fetch failed. */
  readonly problem?: string;
}

/** What an application reads. */
interface Read {
  readonly repoURL: string;
  /** Of a chart. */
  readonly chart?: string;
}

export interface RepositoryFacts {
  readonly sources: readonly SourceState[];
  readonly records: readonly (Read & { readonly application: string; readonly sources?: readonly Read[] })[];
  readonly fleetUrl: string;
  readonly entryOf: (url: string) => RemoteEntry | undefined;
}

/** The catalog's repository first, then the others by URL. */
export function describeRepositories({
  sources,
  records,
  fleetUrl,
  entryOf,
}: RepositoryFacts): readonly Repository[] {
  const users = new Map<string, Set<string>>();
  const chartKeys = new Set<string>();
  for (const record of records) {
    for (const { repoURL, chart } of [record, ...(record.sources ?? [])]) {
      const key = comparableUrl(repoURL) ?? repoURL;
      users.set(key, (users.get(key) ?? new Set()).add(record.application));
      if (chart !== undefined) chartKeys.add(key);
    }
  }
  const fleet = comparableUrl(fleetUrl);
  const repositories = sources.map(({ url, commits, fetchedAt, problem }): Repository => {
    const key = comparableUrl(url) ?? url;
    const credentials = entryOf(url);
    return {
      url,
      kind: url.startsWith('oci://') ? 'oci' : chartKeys.has(key) ? 'helm' : 'git',
      holds: key === fleet ? 'catalog' : 'sources',
      applications: users.get(key)?.size ?? 0,
      commits,
      ...(credentials === undefined ? {} : { credentials }),
      ...(fetchedAt === undefined ? {} : { fetchedAt }),
      ...(problem === undefined ? {} : { problem }),
    };
  });
  return repositories.sort((left, right) => {
    if (left.holds !== right.holds) return left.holds === 'catalog' ? -1 : 1;
    return left.url < right.url ? -1 : 1;
  });
}
