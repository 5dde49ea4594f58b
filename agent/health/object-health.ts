import type { Health } from '../../core/health.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { groupOf, type ObjectRef } from '../../core/object-ref.ts';
import { horizontalPodAutoscalerHealth } from './autoscaler-health.ts';
import { cronJobHealth, jobHealth } from './batch-health.ts';
import { health } from './conditions.ts';
import { customKindRule } from './custom-kinds.ts';
import { genericHealth } from './generic-health.ts';
import { type HealthFacts, type Judgement, judgement, type Rule, timeless } from './judgement.ts';
import {
  admissionPolicyHealth,
  apiServiceHealth,
  certificateRequestHealth,
  customResourceDefinitionHealth,
  ingressHealth,
  namespaceHealth,
  persistentVolumeClaimHealth,
  persistentVolumeHealth,
  podDisruptionBudgetHealth,
  serviceHealth,
  whatBlocks,
} from './platform-health.ts';
import { podHealth } from './pod-health.ts';
import { daemonSetHealth, deploymentHealth, replicaSetHealth, statefulSetHealth } from './workload-health.ts';

/** Kubernetes' own kinds. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['apps/Deployment', timeless(deploymentHealth)],
  ['apps/StatefulSet', timeless(statefulSetHealth)],
  ['apps/DaemonSet', timeless(daemonSetHealth)],
  ['apps/ReplicaSet', timeless(replicaSetHealth)],
  ['/ReplicationController', timeless(replicaSetHealth)],
  ['/Pod', timeless(podHealth)],
  ['batch/Job', timeless(jobHealth)],
  ['batch/CronJob', timeless(cronJobHealth)],
  ['/Service', timeless(serviceHealth)],
  ['networking.k8s.io/Ingress', timeless(ingressHealth)],
  ['extensions/Ingress', timeless(ingressHealth)],
  ['/PersistentVolumeClaim', timeless(persistentVolumeClaimHealth)],
  ['/PersistentVolume', timeless(persistentVolumeHealth)],
  ['autoscaling/HorizontalPodAutoscaler', horizontalPodAutoscalerHealth],
  ['policy/PodDisruptionBudget', timeless(podDisruptionBudgetHealth)],
  ['apiextensions.k8s.io/CustomResourceDefinition', timeless(customResourceDefinitionHealth)],
  ['/Namespace', timeless(namespaceHealth)],
  ['apiregistration.k8s.io/APIService', apiServiceHealth],
  ['admissionregistration.k8s.io/ValidatingAdmissionPolicy', timeless(admissionPolicyHealth)],
  ['certificates.k8s.io/CertificateSigningRequest', timeless(certificateRequestHealth)],
]);

/** Kinds that stay in progress for good in many clusters, or whose failure says nothing of this release. */
const ungated: ReadonlySet<string> = new Set([
  'batch/CronJob',
  '/Service',
  'networking.k8s.io/Ingress',
  'extensions/Ingress',
  '/PersistentVolumeClaim',
  '/PersistentVolume',
  'autoscaling/HorizontalPodAutoscaler',
  'policy/PodDisruptionBudget',
  'certificates.k8s.io/CertificateSigningRequest',
]);

/** The health of one live object by the rule of its kind, or by the fleet's own in its place. */
export function judgeHealth(object: KubeObject, facts: HealthFacts, fleetRule?: Rule): Judgement {
  const kind = { group: groupOf(object.apiVersion), kind: object.kind };
  if (object.metadata.deletionTimestamp !== undefined) return judgement(leaving(object, kind));
  if (fleetRule !== undefined) return fleetRule(object, facts);
  const judged = ruleOf(kind)(object, facts);
  if (judged.health === undefined || judged.health.status === 'Healthy') return judged;
  return { ...judged, health: gated(judged.health, kind) };
}

type Kind = Pick<ObjectRef, 'group' | 'kind'>;

function ruleOf({ group, kind }: Kind): Rule {
  return rules.get(`${group}/${kind}`) ?? customKindRule(group, kind) ?? genericHealth;
}

function gated(health: Health, { group, kind }: Kind): Health {
  return ungated.has(`${group}/${kind}`) ? { ...health, gating: false } : health;
}

function leaving(object: KubeObject, kind: Kind): Health {
  const finalizers = object.metadata.finalizers ?? [];
  const held = finalizers.length === 0 ? '' : `, held by ${finalizers.join(', ')}`;
  const blocked = object.kind === 'Namespace' ? whatBlocks(object) : '';
  const message = `pending deletion${held}${blocked === '' ? '' : `: ${blocked}`}`;
  return gated(health('Progressing', 'Terminating', message), kind);
}

/** Whether what comes after an object waits for it. */
export function holdsBack(health: Health | undefined): boolean {
  if (health === undefined || health.gating === false) return false;
  return health.status !== 'Healthy' && health.status !== 'Suspended';
}
