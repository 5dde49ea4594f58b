import { setTimeout as pause } from 'node:timers/promises';
import { type KubeClient, KubeError } from '../clusters/kube-client.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { type Name, Tools } from '../support/kubectl.ts';
import { readOwned } from '../support/rendered.ts';

/** What is written while nobody works at a cluster. */
export interface Busy {
  /** Git leaves their number of replicas out. */
  readonly scaled: readonly Name[];
  /** Only their status is written. */
  readonly autoscalers: readonly Name[];
  readonly restarted: readonly Name[];
}

export interface Bustle {
  /** Resolves with the number of writes once the last one is answered. @throws Error of one that failed. */
  stop(): Promise<number>;
}

const everyMs = 5_000;
const autoscaler = { manager: '', agent: 'kube-controller-manager/v1.37.2', subresource: 'status' };

/**
 * What goes on in a cluster by itself: one workload after another is scaled as autoscalers do it, or restarted, and
 * controllers answer with pods, endpoints and status. Nothing of it touches what Git says.
 */
export function beginBustle(access: ClusterAccess, busy: Busy): Bustle {
  const tools = new Tools(access);
  const stopping = new AbortController();
  const running = run(tools, busy, stopping.signal);
  // Who stops it learns of it.
  running.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      return running.finally(() => tools.close());
    },
  };
}

async function run(tools: Tools, busy: Busy, signal: AbortSignal): Promise<number> {
  let writes = 0;
  for (let turn = 0; !signal.aborted; turn += 1) {
    for (const step of stepsOf(tools, busy, turn)) {
      await step().catch(unlessOutrun);
      writes += 1;
      await pause(everyMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
    }
  }
  return writes;
}

function stepsOf(
  tools: Tools,
  { scaled, autoscalers, restarted }: Busy,
  turn: number,
): readonly (() => Promise<unknown>)[] {
  const replicas = 2 + (turn % 2);
  const status = { currentReplicas: replicas, desiredReplicas: replicas };
  const restartedAt = { 'kubectl.kubernetes.io/restartedAt': `turn ${turn}` };
  const restart = { spec: { template: { metadata: { annotations: restartedAt } } } };
  return [
    ...scaled.map((name) => () => tools.autoscale(name, replicas)),
    ...autoscalers.map((name) => () => tools.merge(name, { status }, autoscaler)),
    ...restarted.map((name) => () => tools.strategic(name, restart, { manager: 'kubectl-rollout' })),
  ];
}

/** A controller that was outrun by another tries again in its next turn. */
function unlessOutrun(error: unknown): void {
  if (!(error instanceof KubeError) || error.status !== 409) throw error;
}

/** Everything that is ours and runs; scaled is what an autoscaler names. */
export async function readBusy(client: KubeClient): Promise<Busy> {
  const owned = [...(await readOwned(client))].map(([title, { metadata, spec }]) => {
    const place = { name: metadata.name as string, namespace: metadata.namespace as string };
    return { ...place, kind: title.split(' ')[0] ?? '', target: spec?.scaleTargetRef?.name as string };
  });
  const autoscalers = owned.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  const workloads = owned.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  const nameOf = (apiVersion: string, kind: string, name: string, namespace: string): Name => {
    return { apiVersion, kind, name, namespace };
  };
  return {
    scaled: autoscalers.map(({ target, namespace }) => nameOf('apps/v1', 'Deployment', target, namespace)),
    autoscalers: autoscalers.map(({ kind, name, namespace }) =>
      nameOf('autoscaling/v2', kind, name, namespace),
    ),
    restarted: workloads.map(({ kind, name, namespace }) => nameOf('apps/v1', kind, name, namespace)),
  };
}
