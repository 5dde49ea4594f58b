import type { Health } from '../../core/health.ts';
import { jsonAt, numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import {
  behindGeneration,
  conditionOf,
  health,
  healthBy,
  healthy,
  notObserved,
  trueCondition,
} from './conditions.ts';

/**
 * Rules of kinds that keep pods running: Argo CD's (gitops-engine, pkg/health) and kstatus' with the additions of the
 * engine reference §3. Why pods don't come up is found out by `deepest-reason.ts`.
 */

export function deploymentHealth(object: KubeObject): Health {
  if (jsonAt(object, 'spec', 'paused') === true) {
    return health('Suspended', 'Paused', 'the rollout is paused');
  }
  const behind = unread(object);
  if (behind !== undefined) return behind;
  const failure = trueCondition(object, 'ReplicaFailure');
  if (failure !== undefined) return healthBy('Degraded', failure);
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return healthBy('Degraded', progressing);
  const wanted = wantedReplicas(object);
  const updated = statusNumber(object, 'updatedReplicas');
  const total = statusNumber(object, 'replicas');
  const available = statusNumber(object, 'availableReplicas');
  if (updated < wanted) return rolling(`${updated} of ${wanted} replicas are updated`);
  if (total > updated) {
    return health('Progressing', 'PendingTermination', `${total - updated} old replicas are still there`);
  }
  if (available < updated) return unavailable(available, updated);
  return healthy;
}

export function statefulSetHealth(object: KubeObject): Health {
  if (statusNumber(object, 'observedGeneration') === 0) return notObserved;
  const behind = unread(object);
  if (behind !== undefined) return behind;
  const wanted = wantedReplicas(object);
  const ready = statusNumber(object, 'readyReplicas');
  if (ready < wanted) {
    return health('Progressing', 'ReplicasNotReady', `${ready} of ${wanted} replicas are ready`);
  }
  if (statusNumber(object, 'replicas') > wanted) {
    const extra = statusNumber(object, 'replicas') - wanted;
    return health('Progressing', 'PendingTermination', `${extra} replicas more than wanted are still there`);
  }
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return healthy;
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
  const updated = statusNumber(object, 'updatedReplicas');
  if (partition > 0) {
    const due = Math.max(wanted - partition, 0);
    return updated >= due ? healthy : rolling(`${updated} of ${due} replicas are updated`);
  }
  if (stringAt(object, 'status', 'updateRevision') !== stringAt(object, 'status', 'currentRevision')) {
    return rolling(`${updated} of ${wanted} replicas are updated`);
  }
  return healthy;
}

export function daemonSetHealth(object: KubeObject): Health {
  const behind = unread(object);
  if (behind !== undefined) return behind;
  if (stringAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return healthy;
  const desired = statusNumber(object, 'desiredNumberScheduled');
  const updated = statusNumber(object, 'updatedNumberScheduled');
  const available = statusNumber(object, 'numberAvailable');
  if (updated < desired) return rolling(`${updated} of ${desired} pods are updated`);
  if (available < desired) return unavailable(available, desired, 'pods');
  return healthy;
}

/** ReplicaSets, and the ReplicationControllers before them. */
export function replicaSetHealth(object: KubeObject): Health {
  const behind = unread(object);
  if (behind !== undefined) return behind;
  const failure = trueCondition(object, 'ReplicaFailure');
  if (failure !== undefined) return healthBy('Degraded', failure);
  const wanted = wantedReplicas(object);
  const available = statusNumber(object, 'availableReplicas');
  return available < wanted ? unavailable(available, wanted) : healthy;
}

function rolling(message: string): Health {
  return health('Progressing', 'RollingOut', message);
}

function unavailable(available: number, wanted: number, what = 'replicas'): Health {
  return health('Progressing', 'NotAvailable', `${available} of ${wanted} ${what} are available`);
}

/** These controllers always name the generation that they answer: without one they have not looked at all. */
function unread(object: KubeObject): Health | undefined {
  if ((object.metadata.generation ?? 0) === 0) return undefined;
  const observed = numberAt(object, 'status', 'observedGeneration');
  return observed === undefined ? notObserved : behindGeneration(object);
}

function wantedReplicas(object: KubeObject): number {
  return numberAt(object, 'spec', 'replicas') ?? 1;
}

function statusNumber(object: KubeObject, name: string): number {
  return numberAt(object, 'status', name) ?? 0;
}
