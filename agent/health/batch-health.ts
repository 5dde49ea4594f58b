import type { Health } from '../../core/health.ts';
import { isJsonArray, isJsonObject, jsonAt, numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { health, healthBy, healthy, trueCondition } from './conditions.ts';

/**
 * Unlike Argo CD's, the status of a condition counts, a resumed Job is running, not done, and what is about to fail or
 * to complete (`FailureTarget`, `SuccessCriteriaMet`) counts before its last pods have ended.
 */
export function jobHealth(object: KubeObject): Health {
  const failed = trueCondition(object, 'Failed') ?? trueCondition(object, 'FailureTarget');
  if (failed !== undefined) return healthBy('Degraded', failed);
  const isComplete = trueCondition(object, 'Complete') ?? trueCondition(object, 'SuccessCriteriaMet');
  if (isComplete !== undefined) return healthy;
  if (jsonAt(object, 'spec', 'suspend') === true || trueCondition(object, 'Suspended') !== undefined) {
    return health('Suspended', 'Suspended', 'the Job is suspended');
  }
  if (stringAt(object, 'status', 'startTime') === undefined) {
    return health('Progressing', 'NotStarted', 'the Job has not started');
  }
  const retries = numberAt(object, 'status', 'failed') ?? 0;
  const after = retries === 0 ? '' : ` after ${retries} failed ${retries === 1 ? 'pod' : 'pods'}`;
  return health('Progressing', 'Running', `the Job has not completed${after}`);
}

/** Argo CD's: what counts is whether the last run that ended did so well; suspended on purpose is fine. */
export function cronJobHealth(object: KubeObject): Health {
  if (jsonAt(object, 'spec', 'suspend') === true) return healthy;
  if (!isJsonObject(object['status'])) return healthy;
  const scheduled = stringAt(object, 'status', 'lastScheduleTime');
  const succeeded = stringAt(object, 'status', 'lastSuccessfulTime');
  const active = jsonAt(object, 'status', 'active');
  if (scheduled === undefined || (isJsonArray(active) && active.length > 0)) return healthy;
  if (succeeded === undefined || succeeded < scheduled)
    return health('Degraded', 'LastRunFailed', 'the last run did not succeed');
  return healthy;
}
