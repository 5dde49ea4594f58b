import type { Health, HealthStatus } from '../../core/health.ts';
import { isJsonArray, isJsonObject, type Json, jsonAt, numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';

/** One entry of `status.conditions`. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** When its status changed last, ISO 8601; '' where it doesn't say. */
  readonly changedAt: string;
  /** The generation that it was written for, where it says so. */
  readonly observedGeneration: number | undefined;
}

export function conditionsOf(object: KubeObject): readonly Condition[] {
  return readConditions(jsonAt(object, 'status', 'conditions'));
}

/** Conditions wherever they stand, such as below `status.parents` of a route. */
export function readConditions(conditions: Json | undefined): readonly Condition[] {
  if (!isJsonArray(conditions)) return [];
  return conditions.filter(isJsonObject).map((condition) => ({
    type: stringAt(condition, 'type') ?? '',
    status: stringAt(condition, 'status') ?? '',
    reason: stringAt(condition, 'reason') ?? '',
    message: stringAt(condition, 'message') ?? '',
    changedAt: stringAt(condition, 'lastTransitionTime') ?? '',
    observedGeneration: numberAt(condition, 'observedGeneration'),
  }));
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}

/** The condition where its status is `True`. */
export function trueCondition(object: KubeObject, type: string): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type && condition.status === 'True');
}

/** A condition's own words, or its reason where it has none. */
export function wordsOf({ type, status, reason, message }: Condition): string {
  if (message !== '') return message;
  return reason === '' ? `condition ${type} is ${status}` : reason;
}

export const healthy: Health = { status: 'Healthy', message: '' };

export function health(status: HealthStatus, reason: string, message: string): Health {
  return { status, message, reason };
}

/** What a condition says, with its reason, or its type where it gives none. */
export function healthBy(status: HealthStatus, condition: Condition): Health {
  return health(status, condition.reason === '' ? condition.type : condition.reason, wordsOf(condition));
}

/** What a controller has not read yet can't be judged by what it wrote. */
export const notObserved = health('Progressing', 'NotObserved', 'not observed yet');
export const outdated = health('Progressing', 'GenerationBehind', 'the newest change is not observed yet');

/** The generation that the status as a whole was written for: a number, or text of one (Argo Rollouts). */
export function observedGeneration(object: KubeObject): number | undefined {
  const observed = jsonAt(object, 'status', 'observedGeneration');
  if (typeof observed === 'number') return observed;
  return typeof observed === 'string' && /^\d+$/.test(observed) ? Number(observed) : undefined;
}

/** `outdated` where the status as a whole speaks of an older generation than the object's. */
export function behindGeneration(object: KubeObject): Health | undefined {
  const observed = observedGeneration(object);
  return observed === undefined || observed >= (object.metadata.generation ?? 0) ? undefined : outdated;
}

/** Whether a condition was written for an older generation than the object's. */
export function isOutdated({ observedGeneration: observed }: Condition, object: KubeObject): boolean {
  return observed !== undefined && observed < (object.metadata.generation ?? 0);
}
