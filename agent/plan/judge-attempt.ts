import type { Health } from '../../core/health.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';
import { holdsBack } from '../health/object-health.ts';

/** How long an object may be degraded before that counts: a rollout passes through it at times (engine reference §1.13). */
export const degradedGraceMs = 15_000;

export interface AttemptFacts {
  /** The first hook that failed, in a sentence. */
  readonly hookProblem: string | undefined;
  readonly objects: readonly AttemptObject[];
  readonly now: Date;
}

export interface AttemptObject {
  readonly ref: ObjectRef;
  /** Why the API server refuses it, where trying again soon won't help. */
  readonly problem?: string;
  readonly health?: Health;
  readonly degradedSince?: Date;
}

/** Why an attempt can't succeed any more; `undefined` while it can. */
export function judgeAttempt({ hookProblem, objects, now }: AttemptFacts): string | undefined {
  if (hookProblem !== undefined) return hookProblem;
  for (const { ref, problem, health, degradedSince } of objects) {
    if (problem !== undefined) return `${displayRef(ref)} can't be applied: ${problem}`;
    if (degradedSince === undefined || !holdsBack(health)) continue;
    if (now.getTime() - degradedSince.getTime() < degradedGraceMs) continue;
    return `${displayRef(ref)} is degraded: ${health?.message ?? ''}`;
  }
  return undefined;
}
