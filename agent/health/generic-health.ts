import type { Health } from '../../core/health.ts';
import { isJsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import {
  behindGeneration,
  type Condition,
  conditionsOf,
  health,
  healthBy,
  healthy,
  isOutdated,
  observedGeneration,
  outdated,
} from './conditions.ts';
import { type HealthFacts, type Judgement, judgement, patiently } from './judgement.ts';

/** A failure that lasts so long is no start any more. */
const stuckMs = 10 * 60_000;
/** Reasons that say that something failed, where others say that it is on its way. */
const failing = /Fail|Error|Invalid|BackOff|Denied|Rejected|Exceeded|Unauthorized|Forbidden|Misconfigured/;
/** Conditions that say `True` where something is well, the most telling first. */
const goodTypes = ['Ready', 'Available', 'Healthy', 'Synced', 'Succeeded', 'Complete'] as const;
/** Conditions that say `True` where something is wrong for good. */
const badTypes = ['Stalled', 'Failed', 'Degraded'] as const;

const awaited = health(
  'Progressing',
  'StatusAwaited',
  'its controller has not written its status for the newest change yet',
);

/**
 * Any kind that tells of itself by the common conditions, in kstatus' order; nothing for those that don't. Unlike
 * kstatus, a condition `False` whose reason names a failure, or that stays so for ten minutes, is a failure.
 */
export function genericHealth(object: KubeObject, facts: HealthFacts): Judgement {
  const unread = unreadStatus(object, facts);
  if (unread !== undefined) return judgement(unread);
  const conditions = conditionsOf(object);
  const reconciling = found(conditions, 'Reconciling', 'True');
  if (reconciling !== undefined) return judgement(healthBy('Progressing', reconciling));
  for (const type of badTypes) {
    const bad = found(conditions, type, 'True');
    if (bad !== undefined) return judgement(healthBy('Degraded', bad));
  }
  for (const type of goodTypes) {
    const good = conditions.find((condition) => condition.type === type);
    if (good !== undefined) return byGood(good, object, facts);
  }
  const progressing = found(conditions, 'Progressing', 'True');
  if (progressing !== undefined) return judgement(healthBy('Progressing', progressing));
  return judgement(observedGeneration(object) === undefined ? undefined : healthy);
}

/** A status that speaks of an older generation, or may do so. */
export function unreadStatus(object: KubeObject, { status }: HealthFacts): Health | undefined {
  const behind = behindGeneration(object);
  if (behind !== undefined) return behind;
  return status === 'awaited' && !namesGeneration(object) ? awaited : undefined;
}

/** Whether the status itself says which generation it is for. */
function namesGeneration(object: KubeObject): boolean {
  if (!isJsonObject(object['status'])) return false;
  if (observedGeneration(object) !== undefined) return true;
  return conditionsOf(object).some((condition) => condition.observedGeneration !== undefined);
}

function found(conditions: readonly Condition[], type: string, status: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type && condition.status === status);
}

function byGood(condition: Condition, object: KubeObject, facts: HealthFacts): Judgement {
  if (isOutdated(condition, object)) return judgement(outdated);
  if (condition.status === 'True') return judgement(healthy);
  if (condition.status !== 'False') return judgement(healthBy('Progressing', condition));
  if (failing.test(condition.reason)) return judgement(healthBy('Degraded', condition));
  const stages = { early: healthBy('Progressing', condition), late: healthBy('Degraded', condition) };
  return patiently(stages, condition.changedAt, stuckMs, facts);
}
