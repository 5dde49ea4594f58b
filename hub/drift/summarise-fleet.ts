import type { ApplicationStatus } from '../../core/status.ts';
import type { ApplicationRecord, Commit } from '../ports.ts';
import type { Summary } from './summarise.ts';

/** One application with all that is known of it. */
export interface Known {
  readonly record: ApplicationRecord;
  readonly status: ApplicationStatus | undefined;
  readonly summary: Summary;
}

type CountBy = Readonly<Record<string, number>>;

/** Applications in numbers, as an overview shows them. */
export interface Tally {
  readonly applications: number;
  readonly sync: CountBy;
  /** Why they aren't `Synced`. */
  readonly cause: CountBy;
  readonly health: CountBy;
  readonly tone: CountBy;
  readonly openDrifts: number;
}

export function tally(known: readonly Known[]): Tally {
  return {
    applications: known.length,
    sync: countBy(known.map(({ summary }) => summary.sync)),
    cause: countBy(known.flatMap(({ summary }) => summary.cause ?? [])),
    health: countBy(known.map(({ summary }) => summary.health.status)),
    tone: countBy(known.map(({ summary }) => summary.tone)),
    openDrifts: known.reduce((sum, { status }) => sum + (status?.drifts.length ?? 0), 0),
  };
}

/** How far the newest commit of any source has come. */
export interface LastChange {
  readonly commit: Commit;
  readonly repoURL: string;
  /** Applications whose content it changed. */
  readonly applications: number;
  /** Of these, whose clusters have applied it whole. */
  readonly applied: number;
  /** Of these, whose clusters failed to. */
  readonly failed: number;
}

/** `undefined` where nothing was read from Git yet. An application's commit is the one that changed its content last. */
export function lastChange(known: readonly Known[]): LastChange | undefined {
  const newest = known
    .flatMap(({ record }) => (record.commit === undefined ? [] : { ...record, commit: record.commit }))
    .toSorted((left, right) => (left.commit.committedAt < right.commit.committedAt ? 1 : -1))
    .at(0);
  if (newest === undefined) return undefined;
  const { commit, repoURL } = newest;
  const changed = known.filter(({ record }) => record.commit?.id === commit.id && record.repoURL === repoURL);
  return {
    commit,
    repoURL,
    applications: changed.length,
    applied: changed.filter(isApplied).length,
    failed: changed.filter(({ summary }) => summary.cause === 'failed').length,
  };
}

function isApplied({ record, status }: Known): boolean {
  return record.digest !== undefined && status?.appliedDigest === record.digest;
}

function countBy(values: readonly string[]): CountBy {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
