import { isJsonArray, type Json, jsonAt, numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { conditionOf } from './conditions.ts';

/** Why a pod's containers don't run, from the pod alone. */
export interface Trouble {
  readonly reason: string;
  /** One sentence, without the pod's name. */
  readonly message: string;
  /** `failing`: it won't come up by itself. `waiting`: it may be on its way. */
  readonly severity: 'failing' | 'waiting';
}

export interface ContainerState {
  readonly name: string;
  readonly image: string;
  readonly isInit: boolean;
  readonly status: Json;
}

/** Longest text taken from a container or registry. */
const longestWords = 400;
const failingReason = /^Err|Error$|BackOff$|^InvalidImageName$|^ImageInspectError$/;
const pullReasons: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
]);

/** Containers in the order in which they start: init containers hold the others back. */
export function containerStates(pod: KubeObject): readonly ContainerState[] {
  return ['initContainerStatuses', 'containerStatuses'].flatMap((list) => {
    const statuses = jsonAt(pod, 'status', list);
    if (!isJsonArray(statuses)) return [];
    return statuses.map((status) => ({
      name: stringAt(status, 'name') ?? '',
      image: stringAt(status, 'image') ?? '',
      isInit: list === 'initContainerStatuses',
      status,
    }));
  });
}

/** The first container that can't go on. */
export function containerTrouble(pod: KubeObject): Trouble | undefined {
  const states = containerStates(pod);
  const failing = states.find(({ status }) => failingReason.test(waitingReason(status)));
  if (failing !== undefined) return waitingTrouble(failing, 'failing');
  const waiting = states.find(
    ({ status }) => !['', 'PodInitializing', 'ContainerCreating'].includes(waitingReason(status)),
  );
  return waiting === undefined ? undefined : waitingTrouble(waiting, 'waiting');
}

function waitingReason(status: Json): string {
  return stringAt(status, 'state', 'waiting', 'reason') ?? '';
}

function waitingTrouble(state: ContainerState, severity: Trouble['severity']): Trouble {
  const reason = waitingReason(state.status);
  const words = shorten(stringAt(state.status, 'state', 'waiting', 'message') ?? '');
  const said = words === '' ? '' : `: ${words}`;
  const name = nameOf(state);
  if (pullReasons.has(reason)) {
    return { reason, severity, message: `${name} can't pull image ${state.image} (${reason})${said}` };
  }
  if (reason === 'CrashLoopBackOff') {
    const ended = endOf(state, jsonAt(state.status, 'lastState', 'terminated'));
    const restarts = numberAt(state.status, 'restartCount') ?? 0;
    const times = restarts < 2 ? '' : ` ${restarts} times`;
    const why = ended === undefined ? said : `: ${ended.words}`;
    return { reason, severity, message: `${name} keeps crashing${times}${why}` };
  }
  return { reason, severity, message: `${name} can't start (${reason})${said}` };
}

/** The first container that ended badly, now or before its last restart. */
export function failedContainer(pod: KubeObject): Trouble | undefined {
  const states = containerStates(pod);
  for (const when of ['state', 'lastState']) {
    for (const state of states) {
      const ended = endOf(state, jsonAt(state.status, when, 'terminated'));
      if (ended === undefined || ended.code === 0) continue;
      return { reason: ended.reason, severity: 'failing', message: `${nameOf(state)} ${ended.words}` };
    }
  }
  return undefined;
}

function endOf(
  _state: ContainerState,
  terminated: Json | undefined,
): { readonly reason: string; readonly words: string; readonly code: number } | undefined {
  if (terminated === undefined || terminated === null) return undefined;
  const code = numberAt(terminated, 'exitCode') ?? 0;
  const reason = stringAt(terminated, 'reason') ?? 'Error';
  const said = shorten(stringAt(terminated, 'message') ?? '');
  const why = reason === 'Error' || reason === 'Completed' ? '' : ` (${reason})`;
  return { reason, code, words: `exited with code ${code}${why}${said === '' ? '' : `: ${said}`}` };
}

/** The scheduler's words where no node takes the pod. */
export function unscheduled(pod: KubeObject): Trouble | undefined {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  if (scheduled.reason === 'SchedulingGated') {
    return { reason: scheduled.reason, severity: 'waiting', message: 'scheduling is gated' };
  }
  const words = shorten(scheduled.message);
  return {
    reason: scheduled.reason === '' ? 'Unschedulable' : scheduled.reason,
    severity: 'failing',
    message: `no node takes the pod${words === '' ? '' : `: ${words}`}`,
  };
}

/** A container that runs and isn't ready: its probe fails, or it takes its time. */
export function unreadyContainer(pod: KubeObject): ContainerState | undefined {
  return containerStates(pod).find(
    ({ status, isInit }) =>
      !isInit && jsonAt(status, 'state', 'running') !== undefined && jsonAt(status, 'ready') === false,
  );
}

export function nameOf({ name, isInit }: ContainerState): string {
  return `${isInit ? 'init container' : 'container'} ${name}`;
}

/** One line of bounded length: the end of what a program said last tells most. */
export function shorten(words: string): string {
  const line = words.trim().replaceAll(/\s+/g, ' ');
  return line.length <= longestWords ? line : `…${line.slice(1 - longestWords)}`;
}
