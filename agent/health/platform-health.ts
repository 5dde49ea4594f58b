import type { Health } from '../../core/health.ts';
import { isJsonArray, isJsonObject, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import {
  behindGeneration,
  conditionOf,
  conditionsOf,
  health,
  healthBy,
  healthy,
  trueCondition,
  wordsOf,
} from './conditions.ts';
import { type HealthFacts, type Judgement, judgement, patiently } from './judgement.ts';

/** Rules of Kubernetes' own kinds that run no pods: Argo CD's built-in and Lua ones (gitops-engine, pkg/health), and kstatus'. */

export function serviceHealth(object: KubeObject): Health {
  if (stringAt(object, 'spec', 'type') !== 'LoadBalancer') return healthy;
  if (hasAddress(object)) return healthy;
  return health('Progressing', 'NoAddress', 'the load balancer has no address yet');
}

export function ingressHealth(object: KubeObject): Health {
  if (hasAddress(object)) return healthy;
  return health('Progressing', 'NoAddress', 'no controller has given it an address yet');
}

function hasAddress(object: KubeObject): boolean {
  const addresses = jsonAt(object, 'status', 'loadBalancer', 'ingress');
  return isJsonArray(addresses) && addresses.length > 0;
}

export function persistentVolumeClaimHealth(object: KubeObject): Health {
  const phase = stringAt(object, 'status', 'phase') ?? 'Pending';
  if (phase === 'Bound') return resizing(object) ?? healthy;
  if (phase === 'Lost') return health('Degraded', 'ClaimLost', 'its volume is lost');
  return phase === 'Pending'
    ? health('Progressing', 'ClaimPending', 'no volume is bound to it yet')
    : health('Unknown', 'PhaseUnknown', `the claim is in phase ${phase}`);
}

/** A claim that grows is bound all the while; only a resize that failed is worth a word. */
function resizing(object: KubeObject): Health | undefined {
  const failed = trueCondition(object, 'ControllerResizeError') ?? trueCondition(object, 'NodeResizeError');
  return failed === undefined ? undefined : healthBy('Degraded', failed);
}

export function persistentVolumeHealth(object: KubeObject): Health {
  const phase = stringAt(object, 'status', 'phase') ?? 'Pending';
  if (phase === 'Failed') {
    return health('Degraded', 'VolumeFailed', stringAt(object, 'status', 'message') ?? 'the volume failed');
  }
  if (phase === 'Pending') return health('Progressing', 'VolumePending', 'the volume is not available yet');
  return healthy;
}

export function podDisruptionBudgetHealth(object: KubeObject): Health {
  if (!isJsonObject(object['status'])) {
    return health('Progressing', 'NotObserved', 'not observed yet');
  }
  const behind = behindGeneration(object);
  if (behind !== undefined) return behind;
  const condition = conditionOf(object, 'DisruptionAllowed');
  if (condition?.status !== 'False' || condition.reason === 'InsufficientPods') return healthy;
  return healthBy('Degraded', condition);
}

export function customResourceDefinitionHealth(object: KubeObject): Health {
  if (trueCondition(object, 'Terminating') !== undefined)
    return health('Progressing', 'Terminating', 'it is being deleted');
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return healthBy('Degraded', names);
  const structure = trueCondition(object, 'NonStructuralSchema');
  if (structure !== undefined) return healthBy('Degraded', structure);
  const established = conditionOf(object, 'Established');
  if (established?.status === 'True') return healthy;
  if (established === undefined || established.reason === 'Installing') {
    return health('Progressing', 'Installing', 'it is not established yet');
  }
  return healthBy('Degraded', established);
}

/** Conditions of a namespace that name what keeps it from going. */
const blockers: ReadonlySet<string> = new Set([
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionContentFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
  'NamespaceContentRemaining',
  'NamespaceFinalizersRemaining',
]);

export function namespaceHealth(object: KubeObject): Health {
  const phase = stringAt(object, 'status', 'phase') ?? 'Active';
  if (phase === 'Active') return healthy;
  const blocked = whatBlocks(object);
  return health(
    'Progressing',
    'Terminating',
    `the namespace is in phase ${phase}${blocked === '' ? '' : `: ${blocked}`}`,
  );
}

/** What keeps a namespace that is on its way out, in the namespace controller's words; '' where nothing does. */
export function whatBlocks(object: KubeObject): string {
  return conditionsOf(object)
    .filter(({ type, status }) => status === 'True' && blockers.has(type))
    .map(wordsOf)
    .join('; ');
}

/** An API server behind the aggregation layer that stays away breaks discovery for everybody. */
const apiServicePatienceMs = 2 * 60_000;

export function apiServiceHealth(object: KubeObject, facts: HealthFacts): Judgement {
  const available = conditionOf(object, 'Available');
  if (available === undefined) {
    return judgement(health('Progressing', 'NotObserved', 'waiting to be processed'));
  }
  if (available.status === 'True') return judgement(healthy);
  const stages = { early: healthBy('Progressing', available), late: healthBy('Degraded', available) };
  return patiently(stages, available.changedAt, apiServicePatienceMs, facts);
}

/** An admission policy whose expressions don't fit the kinds that it is for fails requests, or lets them pass. */
export function admissionPolicyHealth(object: KubeObject): Health | undefined {
  if (!isJsonObject(object['status'])) return undefined;
  const behind = behindGeneration(object);
  if (behind !== undefined) return behind;
  const warnings = jsonAt(object, 'status', 'typeChecking', 'expressionWarnings');
  if (!isJsonArray(warnings) || warnings.length === 0) return healthy;
  const [first] = warnings;
  const where = stringAt(first, 'fieldRef') ?? 'an expression';
  const words = (stringAt(first, 'warning') ?? '').trim().replaceAll(/\s+/g, ' ');
  return health('Degraded', 'TypeCheckFailed', `${where}: ${words}`);
}

export function certificateRequestHealth(object: KubeObject): Health {
  const refused = trueCondition(object, 'Denied') ?? trueCondition(object, 'Failed');
  if (refused !== undefined) return healthBy('Degraded', refused);
  if (stringAt(object, 'status', 'certificate') !== undefined) return healthy;
  const isApproved = trueCondition(object, 'Approved') !== undefined;
  return isApproved
    ? health('Progressing', 'NotIssued', 'it is approved, and no certificate is issued yet')
    : health('Progressing', 'NotApproved', 'nobody has approved it yet');
}
