import type { Health } from '../../core/health.ts';
import { isJsonArray, isJsonObject, type Json, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { groupOf } from '../../core/object-ref.ts';
import {
  containerStates,
  containerTrouble,
  failedContainer,
  nameOf,
  shorten,
  type Trouble,
  unreadyContainer,
  unscheduled,
} from './container-trouble.ts';

/**
 * Why a workload's pods don't come up: found in its pods, and where they don't say it in the events of one of them, or
 * of the workload itself where it may not even make them.
 */

const workloads: ReadonlySet<string> = new Set([
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  '/ReplicationController',
  'batch/Job',
]);

/** Verdicts that pods explain nothing of: the controller has not looked, or nothing is wrong. */
const selfEvident: ReadonlySet<string> = new Set([
  'NotObserved',
  'GenerationBehind',
  'NotStarted',
  'Paused',
  'Suspended',
  'PendingTermination',
  'Terminating',
]);

/** Whether pods would tell more than the object itself: never of one that is well, nor of one that nobody looks after. */
export function asksForPods(object: KubeObject, health: Health | undefined): boolean {
  if (health === undefined || !workloads.has(`${groupOf(object.apiVersion)}/${object.kind}`)) return false;
  if (health.status !== 'Progressing' && health.status !== 'Degraded') return false;
  return !selfEvident.has(health.reason ?? '') && podSelector(object) !== undefined;
}

/** The label selector of a workload's pods, as a request has it; `undefined` where it selects nothing that can be asked for. */
export function podSelector(object: KubeObject): string | undefined {
  const selector = jsonAt(object, 'spec', 'selector');
  if (!isJsonObject(selector)) return undefined;
  const labels = object.kind === 'ReplicationController' ? selector : selector['matchLabels'];
  const equal = isJsonObject(labels) ? Object.entries(labels).map(([key, value]) => `${key}=${value}`) : [];
  const expressions = selector['matchExpressions'];
  const more = isJsonArray(expressions) ? expressions.map(requirement) : [];
  return equal.length + more.length === 0 ? undefined : [...equal, ...more].join(',');
}

function requirement(expression: Json): string {
  const key = stringAt(expression, 'key') ?? '';
  const values = jsonAt(expression, 'values');
  const list = isJsonArray(values) ? values.join(',') : '';
  switch (stringAt(expression, 'operator')) {
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}

/** What pods say, and whose events may say more. */
export interface PodFindings {
  readonly trouble?: Trouble;
  /** The uid whose events tell what the pods don't. */
  readonly askEventsOf?: string;
}

/** Pods of the newest revision only: those of the one before it explain nothing of what is rolled out. */
export function readPods(owner: KubeObject, pods: readonly KubeObject[]): PodFindings {
  const own = newestRevision(pods.filter((pod) => pod.metadata.deletionTimestamp === undefined));
  if (own.length === 0) return { askEventsOf: owner.metadata.uid ?? '' };
  const found = own.flatMap((pod) => {
    const trouble = podTrouble(pod);
    return trouble === undefined ? [] : [{ pod, trouble }];
  });
  const worst = found.find(({ trouble }) => trouble.severity === 'failing') ?? found[0];
  if (worst === undefined) {
    const unready = own.find((pod) => !isReady(pod));
    const uid = unready?.metadata.uid;
    return uid === undefined ? { askEventsOf: owner.metadata.uid ?? '' } : { askEventsOf: uid };
  }
  const same = found.filter(({ trouble }) => trouble.reason === worst.trouble.reason).length;
  const trouble = own.length === 1 ? worst.trouble : counted(worst.trouble, same, own.length);
  const { uid } = worst.pod.metadata;
  const isVague = isPullWithoutCause(worst.trouble) || worst.trouble.reason === 'ContainersNotReady';
  return { trouble, ...(isVague && uid !== undefined ? { askEventsOf: uid } : {}) };
}

function counted(trouble: Trouble, same: number, all: number): Trouble {
  return { ...trouble, message: `${same} of ${all} pods: ${trouble.message}` };
}

/** Old kubelets say only that they wait; what the registry said stands in an event then. */
function isPullWithoutCause({ reason, message }: Trouble): boolean {
  return reason === 'ImagePullBackOff' && /Back-off pulling image "[^"]*"$/.test(message);
}

function newestRevision(pods: readonly KubeObject[]): readonly KubeObject[] {
  const sorted = [...pods].sort((left, right) => (nameIn(left) < nameIn(right) ? -1 : 1));
  const newest = sorted.reduce<KubeObject | undefined>(
    (last, pod) => (last === undefined || createdAt(pod) > createdAt(last) ? pod : last),
    undefined,
  );
  return newest === undefined ? [] : sorted.filter((pod) => ownerUid(pod) === ownerUid(newest));
}

function nameIn(pod: KubeObject): string {
  return pod.metadata.name ?? '';
}

function createdAt(pod: KubeObject): string {
  return pod.metadata.creationTimestamp ?? '';
}

function ownerUid({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find((reference) => reference['controller'] === true);
  return stringAt(owner, 'uid') ?? '';
}

function isReady(pod: KubeObject): boolean {
  const phase = stringAt(pod, 'status', 'phase');
  const states = containerStates(pod).filter(({ isInit }) => !isInit);
  return (
    phase === 'Succeeded' ||
    (states.length > 0 && states.every(({ status }) => jsonAt(status, 'ready') === true))
  );
}

function podTrouble(pod: KubeObject): Trouble | undefined {
  const container = containerTrouble(pod);
  if (container !== undefined) return container;
  const phase = stringAt(pod, 'status', 'phase');
  if (phase === 'Failed') return failedPod(pod);
  const nodeless = unscheduled(pod);
  if (nodeless !== undefined) return nodeless;
  const unready = unreadyContainer(pod);
  if (unready === undefined) return undefined;
  const restarted =
    jsonAt(unready.status, 'lastState', 'terminated') === undefined ? undefined : failedContainer(pod);
  return (
    restarted ?? {
      reason: 'ContainersNotReady',
      severity: 'waiting',
      message: `${nameOf(unready)} runs and is not ready`,
    }
  );
}

function failedPod(pod: KubeObject): Trouble {
  const reason = stringAt(pod, 'status', 'reason');
  const message = stringAt(pod, 'status', 'message');
  if (reason !== undefined) {
    return {
      reason,
      severity: 'failing',
      message: `a pod ended (${reason})${message === undefined ? '' : `: ${shorten(message)}`}`,
    };
  }
  return failedContainer(pod) ?? { reason: 'PodFailed', severity: 'failing', message: 'a pod failed' };
}

/** One trouble out of both: events are asked where pods say too little. */
export function joinTrouble(pods: PodFindings, events: Trouble | undefined): Trouble | undefined {
  if (events === undefined) return pods.trouble;
  if (pods.trouble === undefined || pods.trouble.reason === 'ContainersNotReady') return events;
  return { ...pods.trouble, message: `${pods.trouble.message}: ${events.message}` };
}

/** Kinds whose controllers never give up, so that nothing else calls what can't come up degraded. */
const patient: ReadonlySet<string> = new Set([
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
]);

/**
 * The verdict with its deepest reason. `lasting`: the trouble stands for so long that the kinds without a deadline of
 * their own count as degraded; pods that may not even be made count so at once.
 */
export function withReason(
  object: KubeObject,
  health: Health,
  trouble: Trouble,
  lasting: 'lasting' | 'new',
): Health {
  const isRefused = trouble.reason === 'FailedCreate';
  const isStuck =
    trouble.severity === 'failing' && (isRefused || (lasting === 'lasting' && patient.has(object.kind)));
  // `Error` says no more than that something is wrong: the workload's own reason says more.
  const isPlain = trouble.reason === 'Error' || trouble.reason === 'PodFailed';
  const start = health.message.replace(/[.\s]+$/, '');
  return {
    ...health,
    status: isStuck ? 'Degraded' : health.status,
    reason: isPlain ? (health.reason ?? trouble.reason) : trouble.reason,
    message: start === '' ? trouble.message : `${start}: ${trouble.message}`,
  };
}
