import type { Health } from '../../core/health.ts';
import { jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { conditionOf, health, healthy } from './conditions.ts';
import { containerStates, containerTrouble, failedContainer, unscheduled } from './container-trouble.ts';

const ignoreRestartPolicy = 'argocd.argoproj.io/ignore-restart-policy';

/** Argo CD's rule with init containers, which it misses. A pod that waits for a node is in progress, and says why. */
export function podHealth(object: KubeObject): Health {
  const runsOn = keepsRunning(object);
  const trouble = containerTrouble(object);
  if (runsOn && trouble?.severity === 'failing') return health('Degraded', trouble.reason, trouble.message);
  const phase = stringAt(object, 'status', 'phase') ?? 'Pending';
  switch (phase) {
    case 'Pending':
      return pending(object);
    case 'Succeeded':
      return healthy;
    case 'Failed':
      return failed(object);
    case 'Running':
      return runsOn ? running(object) : health('Progressing', 'Running', 'the pod is running');
    default:
      return health('Unknown', 'PhaseUnknown', `the pod is in phase ${phase}`);
  }
}

/** Whether it is meant to run on, so that a restart is a failure. */
function keepsRunning(object: KubeObject): boolean {
  const policy = stringAt(object, 'spec', 'restartPolicy') ?? 'Always';
  return policy === 'Always' || object.metadata.annotations?.[ignoreRestartPolicy] === 'true';
}

function pending(object: KubeObject): Health {
  const scheduling = unscheduled(object);
  if (scheduling !== undefined) return health('Progressing', scheduling.reason, scheduling.message);
  const trouble = containerTrouble(object);
  if (trouble !== undefined) return health('Progressing', trouble.reason, trouble.message);
  const message = stringAt(object, 'status', 'message') ?? '';
  return health('Progressing', 'Pending', message === '' ? 'the pod is pending' : message);
}

function failed(object: KubeObject): Health {
  const reason = stringAt(object, 'status', 'reason');
  const message = stringAt(object, 'status', 'message');
  const container = failedContainer(object);
  return health(
    'Degraded',
    reason ?? container?.reason ?? 'PodFailed',
    message ?? container?.message ?? 'the pod failed',
  );
}

function running(object: KubeObject): Health {
  if (conditionOf(object, 'Ready')?.status === 'True') return healthy;
  const restarted = containerStates(object).find(
    ({ status, isInit }) => !isInit && jsonAt(status, 'lastState', 'terminated') !== undefined,
  );
  if (restarted === undefined) {
    const waiting = containerTrouble(object);
    return health(
      'Progressing',
      waiting?.reason ?? 'NotReady',
      waiting?.message ?? conditionWords(object) ?? 'the pod is not ready',
    );
  }
  const ended = failedContainer(object);
  return health('Degraded', ended?.reason ?? 'Restarted', ended?.message ?? 'a container was restarted');
}

function conditionWords(object: KubeObject): string | undefined {
  const words = conditionOf(object, 'Ready')?.message ?? '';
  return words === '' ? undefined : words;
}
