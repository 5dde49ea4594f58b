import type { Commit } from '../../core/commit.ts';
import type { Digest } from '../../core/digest.ts';
import type { SourceCommit } from './source-commit.ts';

/** One desired state that an application had, from its decision to when it was applied last. */
export interface HistoryRecord {
  /** The newest commit of its branch when it was decided; a later commit that changed nothing for it makes no entry. */
  readonly commit: Commit;
  /** The fleet repository's then: its Application document is read from there. */
  readonly fleetCommit: Commit;
  /** Of all its sources, where there are several or a range of versions. */
  readonly sources?: readonly SourceCommit[];
  readonly digest: Digest;
  /** Of its objects alone, keyed: equal ones are the same to a cluster, whatever the policies. */
  readonly objectsDigest: Digest;
  /** ISO 8601, the hub's clock. */
  readonly decidedAt: string;
  /** ISO 8601, the agent's clock; absent while it was never applied whole. */
  readonly firstAppliedAt?: string;
  readonly lastAppliedAt?: string;
  /** When every object of it was first applied and healthy, by the agent's clock. */
  readonly completedAt?: string;
}

export type HistoryState = 'running' | 'pending' | 'past' | 'never-applied';

export interface HistoryEntry extends HistoryRecord {
  readonly state: HistoryState;
}

/** Entries of one application with their states, in the order given: newest first. */
export function judgeHistory(records: readonly HistoryRecord[]): readonly HistoryEntry[] {
  const running = records
    .filter(({ lastAppliedAt }) => lastAppliedAt !== undefined)
    .reduce<HistoryRecord | undefined>(
      (last, record) =>
        last === undefined || (record.lastAppliedAt ?? '') > (last.lastAppliedAt ?? '') ? record : last,
      undefined,
    );
  return records.map((record, index) => ({ ...record, state: stateOf(record, index, running) }));
}

function stateOf(record: HistoryRecord, index: number, running: HistoryRecord | undefined): HistoryState {
  if (record === running) return 'running';
  if (index === 0) return 'pending';
  return record.firstAppliedAt === undefined ? 'never-applied' : 'past';
}
