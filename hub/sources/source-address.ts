import type { Source } from '../catalog/documents.ts';
import { gitRevision } from '../catalog/tag-range.ts';
import type { ChartWish } from '../charts/chart-port.ts';

/** A repository and what is wanted of it, by which what was read of it is kept. */
export interface SourceAddress {
  readonly url: string;
  readonly revision: string;
}

/** Charts are kept apart from Git, whose URLs may be the same. */
const chartPrefix = 'charts at ';

/** Documents are never changed, so that an address holds for as long as the source is the same object. */
const known = new WeakMap<Source, SourceAddress>();

/**
 * Where a source is read, and at which revision: of charts, the revision names the chart too. Every pass asks for every
 * source, several times, so that it is found once.
 */
export function addressOf(source: Source): SourceAddress {
  const address = known.get(source) ?? findAddress(source);
  known.set(source, address);
  return address;
}

function findAddress(source: Source): SourceAddress {
  const { repoURL, targetRevision } = source;
  if (source.type !== 'chart') return { url: repoURL, revision: gitRevision(source) };
  const { chart } = source;
  return chartAddress(repoURL, { targetRevision, ...(chart === undefined ? {} : { chart }) });
}

export function chartAddress(repoURL: string, { chart = '', targetRevision }: ChartWish): SourceAddress {
  return { url: `${chartPrefix}${repoURL}`, revision: `${chart}@${targetRevision}` };
}

/** The repository's URL as its documents write it. */
export function repoURLOf(url: string): string {
  return url.startsWith(chartPrefix) ? url.slice(chartPrefix.length) : url;
}

export function isOfCharts(url: string): boolean {
  return url.startsWith(chartPrefix);
}

export function wishOf(revision: string): ChartWish {
  const at = revision.indexOf('@');
  const chart = revision.slice(0, at);
  return { targetRevision: revision.slice(at + 1), ...(chart === '' ? {} : { chart }) };
}
