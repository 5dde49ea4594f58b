import type { Health } from '../../core/health.ts';
import { isJsonArray, jsonAt, numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { conditionOf, health, healthy, wordsOf } from './conditions.ts';

/** Rules of kinds that run pods: Argo CD's (gitops-engine, pkg/health) with the additions of the engine reference §3. */

export function deploymentHealth(object: KubeObject): Health {
  if (jsonAt(object, 'spec', 'paused') === true) return health('Suspended', 'the rollout is paused');
  const behind = behindGeneration(object);
  if (behind !== undefined) return behind;
  const failure = conditionOf(object, 'ReplicaFailure');
  if (failure?.status === 'True') return health('Degraded', wordsOf(failure));
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return health('Degraded', wordsOf(progressing));
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const updated = statusNumber(object, 'updatedReplicas');
  const total = statusNumber(object, 'replicas');
  const available = statusNumber(object, 'availableReplicas');
  if (updated < wanted) return health('Progressing', `${updated} of ${wanted} replicas are updated`);
  if (total > updated) return health('Progressing', `${total - updated} old replicas are still there`);
  if (available < updated) return health('Progressing', `${available} of ${updated} replicas are available`);
  return healthy;
}

export function statefulSetHealth(object: KubeObject): Health {
  if (statusNumber(object, 'observedGeneration') === 0) return health('Progressing', 'not observed yet');
  const behind = behindGeneration(object);
  if (behind !== undefined) return behind;
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const ready = statusNumber(object, 'readyReplicas');
  if (ready < wanted) return health('Progressing', `${ready} of ${wanted} replicas are ready`);
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return healthy;
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
  const updated = statusNumber(object, 'updatedReplicas');
  if (partition > 0) {
    if (updated >= wanted - partition) return healthy;
    return health('Progressing', `${updated} of ${wanted - partition} replicas are updated`);
  }
  if (stringAt(object, 'status', 'updateRevision') !== stringAt(object, 'status', 'currentRevision')) {
    return health('Progressing', `${updated} of ${wanted} replicas are updated`);
  }
  return healthy;
}

export function daemonSetHealth(object: KubeObject): Health {
  const behind = behindGeneration(object);
  if (behind !== undefined) return behind;
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return healthy;
  const desired = statusNumber(object, 'desiredNumberScheduled');
  const updated = statusNumber(object, 'updatedNumberScheduled');
  const available = statusNumber(object, 'numberAvailable');
  if (updated < desired) return health('Progressing', `${updated} of ${desired} pods are updated`);
  if (available < desired) return health('Progressing', `${available} of ${desired} pods are available`);
  return healthy;
}

export function replicaSetHealth(object: KubeObject): Health {
  const behind = behindGeneration(object);
  if (behind !== undefined) return behind;
  const failure = conditionOf(object, 'ReplicaFailure');
  if (failure?.status === 'True') return health('Degraded', wordsOf(failure));
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const available = statusNumber(object, 'availableReplicas');
  return available < wanted
    ? health('Progressing', `${available} of ${wanted} replicas are available`)
    : healthy;
}

/** Unlike Argo CD's, the status of a condition counts, and a resumed Job is running, not done. */
export function jobHealth(object: KubeObject): Health {
  for (const type of ['Failed', 'FailureTarget']) {
    const failed = conditionOf(object, type);
    if (failed?.status === 'True') return health('Degraded', wordsOf(failed));
  }
  if (conditionOf(object, 'Complete')?.status === 'True') return healthy;
  if (conditionOf(object, 'Suspended')?.status === 'True') return health('Suspended', 'the Job is suspended');
  return health('Progressing', 'the Job has not completed');
}

export function cronJobHealth(object: KubeObject): Health {
  if (jsonAt(object, 'spec', 'suspend') === true) return healthy;
  const scheduled = stringAt(object, 'status', 'lastScheduleTime');
  const succeeded = stringAt(object, 'status', 'lastSuccessfulTime');
  const active = jsonAt(object, 'status', 'active');
  if (scheduled === undefined || (isJsonArray(active) && active.length > 0)) return healthy;
  if (succeeded === undefined || succeeded < scheduled)
    return health('Degraded', 'the last run did not succeed');
  return healthy;
}

const failingReason = /^Err|Error$|BackOff$/;

export function podHealth(object: KubeObject): Health {
  const restarts = (stringAt(object, 'spec', 'restartPolicy') ?? 'Always') === 'Always';
  const failing = restarts ? failingContainer(object) : undefined;
  if (failing !== undefined) return health('Degraded', failing);
  const phase = stringAt(object, 'status', 'phase') ?? 'Pending';
  const message = stringAt(object, 'status', 'message') ?? '';
  switch (phase) {
    case 'Pending':
      return health('Progressing', message === '' ? 'the pod is pending' : message);
    case 'Succeeded':
      return healthy;
    case 'Failed':
      return health('Degraded', message === '' ? 'the pod failed' : message);
    case 'Running':
      if (restarts && conditionOf(object, 'Ready')?.status === 'True') return healthy;
      return health('Progressing', restarts ? 'the pod is not ready' : 'the pod is running');
    default:
      return health('Unknown', `the pod is in phase ${phase}`);
  }
}

function failingContainer(object: KubeObject): string | undefined {
  for (const list of ['initContainerStatuses', 'containerStatuses']) {
    const statuses = jsonAt(object, 'status', list);
    if (!isJsonArray(statuses)) continue;
    for (const status of statuses) {
      const reason = stringAt(status, 'state', 'waiting', 'reason') ?? '';
      if (!failingReason.test(reason)) continue;
      const words = stringAt(status, 'state', 'waiting', 'message') ?? '';
      return `container ${stringAt(status, 'name') ?? ''}: ${words === '' ? reason : `${reason}, ${words}`}`;
    }
  }
  return undefined;
}

/** What a controller has not read yet can't be judged by its status. */
function behindGeneration(object: KubeObject): Health | undefined {
  const observed = numberAt(object, 'status', 'observedGeneration');
  const generation = object.metadata.generation ?? 0;
  if (observed === undefined && isObservedKind(object)) return health('Progressing', 'not observed yet');
  if (observed === undefined || observed >= generation) return undefined;
  return health('Progressing', 'the newest change is not observed yet');
}

function isObservedKind(object: KubeObject): boolean {
  return object.apiVersion.startsWith('apps/') && (object.metadata.generation ?? 0) > 0;
}

function statusNumber(object: KubeObject, name: string): number {
  return numberAt(object, 'status', name) ?? 0;
}
