import { setTimeout as pause } from 'node:timers/promises';
import { KubeError } from '../clusters/kube-client.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { type Name, Tools } from '../support/kubectl.ts';

/** What is written while nobody works at a cluster, of workloads whose number of replicas Git leaves out. */
export interface BustleOptions {
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
export function beginBustle(access: ClusterAccess, options: BustleOptions): Bustle {
  const tools = new Tools(access);
  const stopping = new AbortController();
  const running = run(tools, options, stopping.signal);
  // Who stops it learns of it.
  running.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      return running.finally(() => tools.close());
    },
  };
}

async function run(tools: Tools, options: BustleOptions, signal: AbortSignal): Promise<number> {
  let writes = 0;
  for (let turn = 0; !signal.aborted; turn += 1) {
    for (const step of stepsOf(tools, options, turn)) {
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
  { scaled, autoscalers, restarted }: BustleOptions,
  turn: number,
): readonly (() => Promise<unknown>)[] {
  const replicas = 1 + (turn % 3);
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
