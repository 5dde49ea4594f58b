import type { ChartPort } from '../charts/chart-port.ts';
import type { GitPort, Revision, SourceTree } from '../ports.ts';
import { isOfCharts, repoURLOf, wishOf } from './source-address.ts';

/** Git repositories and repositories of charts, as sources are read from either. */
export interface SourcePorts {
  readonly git: GitPort;
  readonly charts: ChartPort;
}

/** One look at a repository, however many revisions. Throws what its port throws. */
export async function fetchRevisions(
  { git, charts }: SourcePorts,
  url: string,
  revisions: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Revision>> {
  if (!isOfCharts(url)) return git.fetch(url, revisions, signal);
  const found = await charts.fetch(repoURLOf(url), revisions.map(wishOf), signal);
  return new Map(found.map((answer, index): readonly [string, Revision] => [revisions[index] ?? '', answer]));
}

/** The files of a revision that was fetched. */
export async function openTree(
  { git, charts }: SourcePorts,
  url: string,
  commit: string,
): Promise<SourceTree> {
  if (isOfCharts(url)) return charts.open(commit);
  return { tree: await git.readTree(url, commit), read: (oids) => git.readBlobs(url, oids) };
}
