import type { Attempt } from './attempt.ts';
import type { Digest } from './digest.ts';
import type { Drift } from './drift.ts';
import type { Gate } from './gate.ts';
import type { Health } from './health.ts';
import type { ObjectRef } from './object-ref.ts';

/** Argo CD's words: does live match Git? */
export type SyncStatus = 'Synced' | 'OutOfSync' | 'Unknown';

/** Why it is `OutOfSync`. */
export type SyncCause = 'applying' | 'drifted' | 'gated' | 'failed' | 'not-applied';

/** One object that failed, and why; others went on. */
export interface ObjectFailure {
  readonly ref: ObjectRef;
  /** A class of the engine's error table, kebab-case: `invalid`, `forbidden`, `webhook-down`, … */
  readonly code: string;
  /** The API server's own words, without Secret values. */
  readonly message: string;
  /** What to do next, in a sentence; absent where the message says it. */
  readonly remedy?: string;
}

/** Something about one object that is worth mending, though it fails nothing. */
export type ObjectWarning = ObjectFailure;

export interface ObjectStatus {
  readonly ref: ObjectRef;
  readonly sync: 'Synced' | 'OutOfSync' | 'Unknown';
  /** Absent for kinds that have no health. */
  readonly health?: Health;
  /** Where only Git's fields could be compared with the live ones, for want of a dry-run. */
  readonly verdict?: 'approximate';
}

/** What an agent says of one application: a level, the newest replaces all before it. */
export interface ApplicationStatus {
  readonly application: string;
  /** The desired state that this status speaks of. */
  readonly digest: Digest;
  readonly sync: SyncStatus;
  readonly cause?: SyncCause;
  /** The desired state that was last applied whole, and when (ISO 8601). */
  readonly appliedDigest?: Digest;
  readonly appliedAt?: string;
  /**
   * The desired state that was last complete, every object applied and healthy, and when it was so first (ISO 8601). It
   * stays complete when an object fails later.
   */
  readonly completedDigest?: Digest;
  readonly completedAt?: string;
  /** What the desired state lacks to be complete, in a sentence; absent once it is, and from agents of before. */
  readonly unfinished?: string;
  readonly health: Health;
  readonly objects: readonly ObjectStatus[];
  readonly drifts: readonly Drift[];
  readonly failures: readonly ObjectFailure[];
  /** Absent: none. They leave the sync status as it is. */
  readonly warnings?: readonly ObjectWarning[];
  /** Gates that the agent itself holds, such as the brake. */
  readonly gates: readonly Gate[];
  /** The last attempt, where it has hooks or was stopped before its end. */
  readonly attempt?: Attempt;
  /** Only for an application that was removed from Git: whether its objects are deleted or released. */
  readonly removal?: 'done' | 'pending';
}
