import type { Attempt } from '../../core/attempt.ts';
import type { Digest } from '../../core/digest.ts';
import type { Drift } from '../../core/drift.ts';
import type { Gate } from '../../core/gate.ts';
import type { Health } from '../../core/health.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { ObjectFailure, ObjectStatus, ObjectWarning } from '../../core/status.ts';

/** One object as its application's status counts it. */
export interface StatusObject {
  readonly ref: ObjectRef;
  readonly sync: ObjectStatus['sync'];
  readonly presence: 'live' | 'missing' | 'unknown';
  readonly health?: Health;
  readonly verdict?: 'approximate';
  readonly countsForHealth: boolean;
  /** False for what left Git. */
  readonly isWanted: boolean;
}

export interface StatusFacts {
  readonly application: string;
  readonly digest: Digest;
  readonly appliedDigest?: Digest;
  readonly appliedAt?: string;
  /** The desired state that was last complete, and when it was first (ISO 8601). */
  readonly completedDigest?: Digest;
  readonly completedAt?: string;
  readonly objects: readonly StatusObject[];
  readonly drifts: readonly Drift[];
  readonly failures: readonly ObjectFailure[];
  readonly warnings: readonly ObjectWarning[];
  readonly gates: readonly Gate[];
  /** `applying`: steps are under way. `waiting`: this desired state was not asked to be applied (mode observe). */
  readonly activity: 'applying' | 'waiting' | 'idle';
  readonly attempt?: Attempt;
  readonly removal?: 'done' | 'pending';
}
