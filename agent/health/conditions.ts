import type { Health, HealthStatus } from '../../core/health.ts';
import { isJsonArray, isJsonObject, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';

/** One entry of `status.conditions`. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function conditionsOf(object: KubeObject): readonly Condition[] {
  const conditions = jsonAt(object, 'status', 'conditions');
  if (!isJsonArray(conditions)) return [];
  return conditions.filter(isJsonObject).map((condition) => ({
    type: stringAt(condition, 'type') ?? '',
    status: stringAt(condition, 'status') ?? '',
    reason: stringAt(condition, 'reason') ?? '',
    message: stringAt(condition, 'message') ?? '',
  }));
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}

/** A condition's own words, or its reason where it has none. */
export function wordsOf(condition: Condition): string {
  return condition.message === '' ? condition.reason : condition.message;
}

export const healthy: Health = { status: 'Healthy', message: '' };

export function health(status: HealthStatus, message: string): Health {
  return { status, message };
}
