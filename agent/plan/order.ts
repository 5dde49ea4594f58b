import type { ObjectRef } from '../../core/object-ref.ts';

/**
 * Objects of one stage are applied together, a stage after the one before it. Within a stage the order of kinds only
 * says which request leaves first.
 */
export type Stage = 'namespaces' | 'definitions' | 'foundations' | 'rest' | 'interceptors';

export const stages: readonly Stage[] = ['namespaces', 'definitions', 'foundations', 'rest', 'interceptors'];

const stageOfKind: ReadonlyMap<string, Stage> = new Map([
  ['/Namespace', 'namespaces'],
  ['apiextensions.k8s.io/CustomResourceDefinition', 'definitions'],
  ...[
    'networking.k8s.io/NetworkPolicy',
    '/ResourceQuota',
    '/LimitRange',
    'scheduling.k8s.io/PriorityClass',
    'node.k8s.io/RuntimeClass',
    'storage.k8s.io/StorageClass',
    'networking.k8s.io/IngressClass',
    'policy/PodDisruptionBudget',
    '/ServiceAccount',
    '/Secret',
    '/ConfigMap',
    '/PersistentVolume',
    '/PersistentVolumeClaim',
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
    'rbac.authorization.k8s.io/Role',
    'rbac.authorization.k8s.io/RoleBinding',
    '/Service',
  ].map((kind): [string, Stage] => [kind, 'foundations']),
  // What intercepts requests of others comes when its own backend is there (engine reference §1.7).
  ['apiregistration.k8s.io/APIService', 'interceptors'],
  ['admissionregistration.k8s.io/MutatingWebhookConfiguration', 'interceptors'],
  ['admissionregistration.k8s.io/ValidatingWebhookConfiguration', 'interceptors'],
]);

/** The order of kinds within a stage; kinds that aren't named come last. After Argo CD's `sync_tasks.go`. */
const kindOrder: readonly string[] = [
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'IngressClass',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'Ingress',
  'APIService',
];
const rankOfKind: ReadonlyMap<string, number> = new Map(kindOrder.map((kind, rank) => [kind, rank]));

export function stageOf(ref: ObjectRef): Stage {
  return stageOfKind.get(`${ref.group}/${ref.kind}`) ?? 'rest';
}

/** A total order over objects: by stage, then kind, then identity. */
export function compareRefs(left: ObjectRef, right: ObjectRef): number {
  return (
    stages.indexOf(stageOf(left)) - stages.indexOf(stageOf(right)) ||
    rankOf(left) - rankOf(right) ||
    compareText(left.kind, right.kind) ||
    compareText(left.group, right.group) ||
    compareText(left.namespace, right.namespace) ||
    compareText(left.name, right.name)
  );
}

function rankOf(ref: ObjectRef): number {
  return rankOfKind.get(ref.kind) ?? kindOrder.length;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
