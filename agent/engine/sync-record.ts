import type { Digest } from '../../core/digest.ts';
import { type AttemptEnd, type KeptRun, runKey } from '../plan/hook-record.ts';
import type { PreparedApplication } from '../plan/prepare-application.ts';

/** What is remembered of an application's last attempt, so that a restart is not a new one. */
export interface SyncRecord {
  /** Digest of the manifests that were last taken up to be applied. */
  readonly manifests: Digest;
  /** Tells this attempt from every other; the objects of its hooks carry it. An operation's has the operation's id. */
  readonly id: string;
  readonly askedBy?: 'operation';
  /** Objects of them that have not been applied yet. */
  readonly pending: readonly string[];
  /** Keys of hooks that were done, as agents before attempts had an end kept it. */
  readonly hooksDone?: readonly string[];
  /** Runs of its hooks, by `runKey`. */
  readonly runs?: Readonly<Record<string, KeptRun>>;
  /** Why it can't succeed any more; what is left of it are its SyncFail hooks. */
  readonly failing?: string;
  readonly end?: AttemptEnd;
  /** Objects that hooks of this attempt and earlier ones left: reference → uid. */
  readonly hookObjects?: Readonly<Record<string, string>>;
  /** The desired state that was last applied whole, and when. */
  readonly appliedDigest?: Digest;
  readonly appliedAt?: string;
  /** The desired state that was last complete, and when it was first. */
  readonly completedDigest?: Digest;
  readonly completedAt?: string;
}

/** Agents of before wrote no end: one whose objects are all applied had ended well. */
export function endOf(record: SyncRecord): AttemptEnd | undefined {
  const isOld = record.hooksDone !== undefined;
  if (!isOld || record.pending.length > 0 || record.appliedDigest === undefined) return record.end;
  return { type: 'succeeded' };
}

export function runsOf(
  { runs, hooksDone = [] }: SyncRecord,
  prepared: PreparedApplication,
): Readonly<Record<string, KeptRun>> {
  if (runs !== undefined) return runs;
  const done = prepared.hooks.filter((hook) => hooksDone.includes(hook.key));
  const old = done.flatMap((hook) =>
    hook.phases.map((phase) => [runKey(hook.key, phase), { state: 'succeeded' as const }] as const),
  );
  return Object.fromEntries(old);
}
