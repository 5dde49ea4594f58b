import type { Health } from '../../core/health.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { groupOf, type ObjectRef } from '../../core/object-ref.ts';
import { health } from './conditions.ts';
import {
  apiServiceHealth,
  customResourceDefinitionHealth,
  genericHealth,
  horizontalPodAutoscalerHealth,
  ingressHealth,
  namespaceHealth,
  persistentVolumeClaimHealth,
  podDisruptionBudgetHealth,
  serviceHealth,
} from './platform-health.ts';
import {
  cronJobHealth,
  daemonSetHealth,
  deploymentHealth,
  jobHealth,
  podHealth,
  replicaSetHealth,
  statefulSetHealth,
} from './workload-health.ts';

interface Rule {
  readonly health: (object: KubeObject) => Health | undefined;
  /** Whether what is not healthy may hold back the next wave: some kinds stay in progress for good in many clusters. */
  readonly gates: boolean;
}

const rules: ReadonlyMap<string, Rule> = new Map([
  ['apps/Deployment', { health: deploymentHealth, gates: true }],
  ['apps/StatefulSet', { health: statefulSetHealth, gates: true }],
  ['apps/DaemonSet', { health: daemonSetHealth, gates: true }],
  ['apps/ReplicaSet', { health: replicaSetHealth, gates: true }],
  ['/Pod', { health: podHealth, gates: true }],
  ['batch/Job', { health: jobHealth, gates: true }],
  ['batch/CronJob', { health: cronJobHealth, gates: false }],
  ['/Service', { health: serviceHealth, gates: false }],
  ['networking.k8s.io/Ingress', { health: ingressHealth, gates: false }],
  ['/PersistentVolumeClaim', { health: persistentVolumeClaimHealth, gates: false }],
  ['autoscaling/HorizontalPodAutoscaler', { health: horizontalPodAutoscalerHealth, gates: false }],
  ['policy/PodDisruptionBudget', { health: podDisruptionBudgetHealth, gates: false }],
  ['apiextensions.k8s.io/CustomResourceDefinition', { health: customResourceDefinitionHealth, gates: true }],
  ['/Namespace', { health: namespaceHealth, gates: true }],
  ['apiregistration.k8s.io/APIService', { health: apiServiceHealth, gates: true }],
]);

const generic: Rule = { health: genericHealth, gates: true };

function ruleOf(kind: Pick<ObjectRef, 'group' | 'kind'>): Rule {
  return rules.get(`${kind.group}/${kind.kind}`) ?? generic;
}

/** The health of one live object; `undefined` for kinds that have none, such as a ConfigMap. */
export function objectHealth(object: KubeObject): Health | undefined {
  if (object.metadata.deletionTimestamp !== undefined) {
    const finalizers = object.metadata.finalizers ?? [];
    const held = finalizers.length === 0 ? '' : `, held by ${finalizers.join(', ')}`;
    return health('Progressing', `pending deletion${held}`);
  }
  return ruleOf({ group: groupOf(object.apiVersion), kind: object.kind }).health(object);
}

/** Whether the next wave waits for objects of this kind to become healthy. */
export function gatesWaves(kind: Pick<ObjectRef, 'group' | 'kind'>): boolean {
  return ruleOf(kind).gates;
}
