import type { ErrorCode } from '../../core/error.ts';
import type { HistoryEntry } from './history.ts';
import type { RollbackRequest } from './rollback.ts';

export type TargetChoice =
  | {
      readonly type: 'found';
      readonly target: HistoryEntry;
      /** Entries after it, which would be taken back; newest first. */
      readonly undone: readonly HistoryEntry[];
    }
  | Refused;

/** Why there is nothing to do, for people. */
interface Refused {
  readonly type: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

const seeHistory = 'See `fairlead app history` for what it ran';

/**
 * Which entry of a history (newest first) a rollback means: the one asked for, else the newest that was applied whole
 * and isn't what Git says now. So a change that never became effective is taken back to what still runs.
 */
export function chooseTarget(
  entries: readonly HistoryEntry[],
  request: Pick<RollbackRequest, 'to' | 'before'>,
): TargetChoice {
  const [wanted] = entries;
  if (wanted === undefined) {
    return refused('not-found', 'nothing was decided for it yet', '`fairlead app get` says what keeps it');
  }
  const found = findEntry(entries, request);
  if ('type' in found) return found;
  if (found.objectsDigest === wanted.objectsDigest) {
    const message = `commit ${short(found)} is what Git says already`;
    return refused('conflict', message, `${seeHistory}, and name another entry by --to or --before`);
  }
  return { type: 'found', target: found, undone: entries.slice(0, entries.indexOf(found)) };
}

function findEntry(
  entries: readonly HistoryEntry[],
  { to, before }: Pick<RollbackRequest, 'to' | 'before'>,
): HistoryEntry | Refused {
  if (to !== undefined && before !== undefined) {
    return refused('invalid', 'a commit and a time were given', 'Use --to or --before, not both');
  }
  if (to !== undefined) return findCommit(entries, to.toLowerCase());
  if (before !== undefined) return findBefore(entries, before);
  const [wanted] = entries;
  const last = entries.find(
    ({ firstAppliedAt, objectsDigest }) =>
      firstAppliedAt !== undefined && objectsDigest !== wanted?.objectsDigest,
  );
  return (
    last ??
    refused(
      'not-found',
      'there is nothing to roll back to: no earlier state was applied whole since the hub keeps its history',
      `${seeHistory}; --to takes an entry that was not applied`,
    )
  );
}

function findCommit(entries: readonly HistoryEntry[], to: string): HistoryEntry | Refused {
  if (!/^[0-9a-f]{6,64}$/.test(to)) {
    return refused('invalid', 'this is not the id of a commit', 'Give at least its first 6 digits');
  }
  const found = entries.filter(({ commit }) => commit.id.startsWith(to));
  const ids = new Set(found.map(({ commit }) => commit.id));
  // One commit of its branch has several entries where its Application document changed: what Git says is not meant.
  const first = found.find(({ objectsDigest }) => objectsDigest !== entries[0]?.objectsDigest) ?? found[0];
  if (ids.size > 1) {
    return refused(
      'conflict',
      `${ids.size} commits begin with ${to}`,
      `Give more of it: ${[...ids].join(', ')}`,
    );
  }
  if (first !== undefined) return first;
  const known = [...new Set(entries.map(short))].slice(0, 5).join(', ');
  const message = `no entry of its history is of commit ${to}: that commit changed nothing for it, or is not known`;
  return refused('not-found', message, `The newest entries are ${known}. ${seeHistory}`);
}

function findBefore(entries: readonly HistoryEntry[], before: string): HistoryEntry | Refused {
  const limit = Date.parse(before);
  if (Number.isNaN(limit)) {
    return refused('invalid', 'this is no time', 'Write it as 2026-11-03T14:00:00Z');
  }
  const found = entries.find(
    ({ firstAppliedAt }) => firstAppliedAt !== undefined && Date.parse(firstAppliedAt) < limit,
  );
  return found ?? refused('not-found', `nothing of its history was applied before ${before}`, seeHistory);
}

function short({ commit }: HistoryEntry): string {
  return commit.id.slice(0, 7);
}

function refused(code: ErrorCode, message: string, remedy: string): Refused {
  return { type: 'refused', code, message, remedy };
}
