import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../test/clusters/control-plane.ts';
import { KubeClient, type KubeObject } from '../test/clusters/kube-client.ts';
import type { AgentFigures } from './agent-process.ts';
import { agentEnvironment, answerOf, endProcess, keepLog, tail } from './processes.ts';

const root = join(import.meta.dirname, '..');
const namespace = 'fairlead-system';

interface ShippedAgentOptions {
  readonly cluster: ControlPlane;
  readonly dir: string;
  /** A new token of `fairlead cluster enroll`. */
  readonly enroll: () => Promise<string>;
}

/**
 * The agent of one cluster as the chart installs it: compiled, with the image's flags, a service account's files, its
 * probes on, and its state in Secrets.
 */
export class ShippedAgent {
  readonly #options: ShippedAgentOptions;
  #child: ChildProcess | undefined;

  constructor(options: ShippedAgentOptions) {
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** `kept`: on the state of the one before; `new`: as on a new cluster, whatever the one before kept. Resolves once it runs. */
  async start(state: 'new' | 'kept'): Promise<void> {
    const { dir, cluster } = this.#options;
    const token = state === 'new' ? await this.#forget() : undefined;
    const { hostname, port } = new URL(cluster.server);
    const log = join(dir, 'agent.log');
    const child = fork(join(root, 'dist/bench/agent-process.js'), {
      env: {
        PATH: process.env['PATH'],
        ...agentEnvironment,
        SERVICE_ACCOUNT: this.#serviceAccount(),
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        FAIRLEAD_STATE_DIR: join(dir, 'agent'),
        FAIRLEAD_STATE: 'secret',
        FAIRLEAD_NAMESPACE: namespace,
        FAIRLEAD_PROBE_LISTEN: '127.0.0.1:0',
        ...(token === undefined ? {} : { FAIRLEAD_ENROLL_TOKEN: token }),
      },
      execArgv: ['--max-semi-space-size=2', '--heap-growing-percent=25'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    keepLog(child, log);
    await answerOf(child, () => tail(log));
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined) await endProcess(this.#child);
  }

  /** `collected`: after a collection of garbage, which an agent that is measured otherwise must not have had. */
  async figures(question: 'figures' | 'collected' = 'figures'): Promise<AgentFigures> {
    if (this.#child === undefined) throw new Error('the agent was not started');
    const answer = answerOf(this.#child);
    this.#child.send(question);
    return (await answer) as AgentFigures;
  }

  /** The token for a new beginning. */
  async #forget(): Promise<string> {
    const { cluster, dir, enroll } = this.#options;
    rmSync(join(dir, 'agent'), { recursive: true, force: true });
    const client = new KubeClient(cluster);
    try {
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const path = `/api/v1/namespaces/${namespace}/secrets`;
      const { items } = await client.request('GET', path);
      for (const { metadata } of items as readonly KubeObject[])
        await client.request('DELETE', `${path}/${metadata.name}`);
    } finally {
      client.close();
    }
    return enroll();
  }

  /** As a kubelet mounts them. */
  #serviceAccount(): string {
    const { dir, cluster } = this.#options;
    const folder = join(dir, 'service-account');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'token'), cluster.token, { mode: 0o600 });
    writeFileSync(join(folder, 'ca.crt'), cluster.caPem);
    return folder;
  }
}
