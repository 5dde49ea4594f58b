import type { Health } from '../../core/health.ts';
import { isJsonArray, isJsonObject, type Json, jsonAt, parseJson, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type Condition, conditionOf, conditionsOf, health, healthy, wordsOf } from './conditions.ts';

/** Rules of kinds that run no pods: Argo CD's built-in and Lua ones (gitops-engine, pkg/health). */

export function serviceHealth(object: KubeObject): Health {
  if (stringAt(object, 'spec', 'type') !== 'LoadBalancer') return healthy;
  return hasAddress(object) ? healthy : health('Progressing', 'the load balancer has no address yet');
}

export function ingressHealth(object: KubeObject): Health {
  return hasAddress(object) ? healthy : health('Progressing', 'no controller has given it an address yet');
}

function hasAddress(object: KubeObject): boolean {
  const addresses = jsonAt(object, 'status', 'loadBalancer', 'ingress');
  return isJsonArray(addresses) && addresses.length > 0;
}

export function persistentVolumeClaimHealth(object: KubeObject): Health {
  const phase = stringAt(object, 'status', 'phase') ?? 'Pending';
  if (phase === 'Bound') return healthy;
  if (phase === 'Lost') return health('Degraded', 'its volume is lost');
  return phase === 'Pending'
    ? health('Progressing', 'no volume is bound to it yet')
    : health('Unknown', `the claim is in phase ${phase}`);
}

const failedScale: ReadonlySet<string> = new Set(['FailedGetScale', 'FailedUpdateScale']);
const failedMetrics: ReadonlySet<string> = new Set([
  'FailedGetResourceMetric',
  'FailedGetObjectMetric',
  'FailedGetPodsMetric',
  'FailedGetExternalMetric',
  'FailedComputeMetricsReplicas',
  'InvalidSelector',
]);

export function horizontalPodAutoscalerHealth(object: KubeObject): Health {
  const conditions = [...conditionsOf(object), ...annotatedConditions(object)];
  for (const condition of conditions) {
    if (condition.type === 'AbleToScale' && failedScale.has(condition.reason)) return degraded(condition);
    if (condition.type === 'ScalingActive' && failedMetrics.has(condition.reason)) return degraded(condition);
  }
  const works = conditions.some(
    (condition) =>
      (condition.type === 'AbleToScale' || condition.type === 'ScalingLimited') &&
      condition.status === 'True',
  );
  return works ? healthy : health('Progressing', 'it has not scaled yet');
}

function degraded(condition: Condition): Health {
  return health('Degraded', wordsOf(condition));
}

/** `autoscaling/v1` has no field for conditions and keeps them in an annotation. */
function annotatedConditions(object: KubeObject): readonly Condition[] {
  const text = object.metadata.annotations?.['autoscaling.alpha.kubernetes.io/conditions'];
  if (text === undefined) return [];
  return conditionsOf({ ...object, status: { conditions: parseOrEmpty(text) } });
}

function parseOrEmpty(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return [];
  }
}

export function podDisruptionBudgetHealth(object: KubeObject): Health {
  const condition = conditionOf(object, 'DisruptionAllowed');
  if (condition?.status !== 'False' || condition.reason === 'InsufficientPods') return healthy;
  return degraded(condition);
}

export function customResourceDefinitionHealth(object: KubeObject): Health {
  if (conditionOf(object, 'Terminating')?.status === 'True')
    return health('Progressing', 'it is being deleted');
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return degraded(names);
  const structure = conditionOf(object, 'NonStructuralSchema');
  if (structure?.status === 'True') return degraded(structure);
  const established = conditionOf(object, 'Established');
  if (established?.status === 'True') return healthy;
  if (established === undefined || established.reason === 'Installing') {
    return health('Progressing', 'it is not established yet');
  }
  return degraded(established);
}

export function namespaceHealth(object: KubeObject): Health {
  const phase = stringAt(object, 'status', 'phase') ?? 'Active';
  return phase === 'Active' ? healthy : health('Progressing', `the namespace is in phase ${phase}`);
}

export function apiServiceHealth(object: KubeObject): Health {
  const available = conditionOf(object, 'Available');
  if (available?.status === 'True') return healthy;
  return health('Progressing', available === undefined ? 'waiting to be processed' : wordsOf(available));
}

/** Any kind that tells of itself by the common conditions (kstatus); `undefined` for those that don't. */
export function genericHealth(object: KubeObject): Health | undefined {
  const observed = jsonAt(object, 'status', 'observedGeneration');
  const { generation } = object.metadata;
  if (typeof observed === 'number' && generation !== undefined && observed < generation) {
    return health('Progressing', 'the newest change is not observed yet');
  }
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return health('Progressing', wordsOf(reconciling));
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return degraded(stalled);
  const ready = conditionOf(object, 'Ready');
  if (ready !== undefined) {
    return ready.status === 'True' ? healthy : health('Progressing', wordsOf(ready));
  }
  return isJsonObject(object['status']) && typeof observed === 'number' ? healthy : undefined;
}
