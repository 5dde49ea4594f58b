import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, openClient } from '../cli/client/open-client.ts';
import { ensureBinaries } from '../test/clusters/binaries.ts';
import type { ManagedProcess } from '../test/clusters/managed-process.ts';
import { Reaper } from '../test/clusters/reaper.ts';
import { type AlertReceiver, openAlertReceiver } from './alert-receiver.ts';
import type { Closers } from './closers.ts';
import { type ClusterName, type DemoCluster, startOwnClusters } from './clusters.ts';
import { openContextClusters } from './context-clusters.ts';
import { type FleetRepository, openFleetRepository } from './fleet-repository.ts';
import { incidentChannel } from './incident-channel.ts';
import { type CommandResult, HubProcess, runFairlead, startAgent } from './processes.ts';

/** Three clusters, a Git server, a hub and, once they are enrolled, three agents; all of them real processes. */
export interface World {
  /** Everything is in here. */
  readonly dir: string;
  /** A log file for each process. */
  readonly logs: string;
  readonly clusters: readonly DemoCluster[];
  readonly repository: FleetRepository;
  /** Where the hub sends what people must hear of prod. */
  readonly alerts: AlertReceiver;
  readonly hub: HubProcess;
  /** The hub's API. */
  readonly client: Client;
  /** Namespace of each agent. */
  readonly agentNamespace: string;
  cluster(name: ClusterName): DemoCluster;
  /** What the example's namespace is called in these clusters. */
  namespace(name: string): string;
  /** Runs the CLI against the hub. */
  fairlead(...args: readonly string[]): Promise<CommandResult>;
  startAgent(cluster: ClusterName, token: string): void;
  /** Throws with the last log lines where the hub or an agent has ended by itself. */
  checkRunning(): void;
  /** Process ids of everything that runs. */
  pids(): readonly number[];
}

export interface WorldOptions {
  /** Contexts of the user's kubeconfig, for dev, staging and prod; clusters of our own where absent. */
  readonly contexts?: readonly string[];
  /** What is being done, for people. */
  readonly show: (line: string) => void;
}

/**
 * Starts everything but the agents. What was started is in `closers`, also where this throws.
 * Nothing outlives this process, however it ends.
 */
export async function openWorld({ contexts, show }: WorldOptions, closers: Closers): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-demo-'));
  closers.add(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const logs = join(dir, 'logs');
  mkdirSync(logs);
  const reaper = new Reaper();
  closers.add(() => reaper.close());

  const binaries = await ensureBinaries(['helm', 'kustomize'], { log: show });
  show(contexts ? 'connecting to your clusters' : 'starting three control planes');
  const fleet = contexts
    ? await openContextClusters(contexts, closers, show)
    : await startOwnClusters(dir, closers, show);
  show('starting a Git server with the fleet repository');
  const alerts = await openAlertReceiver(closers);
  const channel = incidentChannel(dir, alerts.url);
  const repository = await openFleetRepository(dir, fleet.prefix, channel.files, closers);
  show('starting the hub');
  const webhookSecret = randomBytes(24).toString('base64url');
  const hub = new HubProcess({
    logs,
    reaper,
    dataDir: join(dir, 'hub'),
    fleetUrl: repository.url,
    webhookSecret,
    notificationSecrets: channel.secretsDir,
    helm: binaries.helm.path,
    kustomize: binaries.kustomize.path,
  });
  closers.checkOpen();
  closers.add(() => hub.stop());
  await hub.start();
  const hook = join(import.meta.dirname, 'send-webhook.ts');
  repository.onPush(
    `WEBHOOK_SECRET=${webhookSecret} "${process.execPath}" "${hook}" ${hub.api} ${repository.url}`,
  );

  const agentNamespace = `${fleet.prefix}${fleet.prefix === '' ? 'fairlead-system' : 'system'}`;
  const agents: ManagedProcess[] = [];
  closers.add(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
  });
  return {
    dir,
    logs,
    clusters: fleet.clusters,
    repository,
    alerts,
    hub,
    client: openClient(hub.settings),
    agentNamespace,
    cluster: (name) => clusterOf(fleet.clusters, name),
    namespace: (name) => `${fleet.prefix}${name}`,
    fairlead: (...args) => runFairlead(args, hub.settings),
    startAgent(name, token) {
      closers.checkOpen();
      const { context, kubeconfig } = clusterOf(fleet.clusters, name);
      const stateDir = join(dir, `agent-${name}`);
      agents.push(
        startAgent({ name, context, kubeconfig, token, stateDir, namespace: agentNamespace, logs, reaper }),
      );
    },
    checkRunning() {
      for (const each of [hub.process, ...agents]) {
        if (each && !each.isRunning) throw new Error(`${each.name} has ended:\n${each.lastLines()}`);
      }
    },
    pids() {
      const ours = [hub.process, ...agents].filter((each) => each?.isRunning);
      return [...fleet.pids, ...ours.map((each) => each?.pid ?? 0)];
    },
  };
}

function clusterOf(clusters: readonly DemoCluster[], name: ClusterName): DemoCluster {
  const found = clusters.find((cluster) => cluster.name === name);
  if (found) return found;
  throw new Error(`no cluster ${name}`);
}

/** The last lines of each log that say something is wrong. */
export function lastTroubles(logs: string, lines = 3): string {
  if (!existsSync(logs)) return '';
  const files = readdirSync(logs).filter((file) => file.endsWith('.log'));
  return files
    .map((file) => {
      const all = readFileSync(join(logs, file), 'utf8').trimEnd().split('\n').filter(Boolean);
      // Levels of pino: 40 is a warning.
      const troubles = all.filter((line) => /^\{"level":[4-6]0|^fairlead |Error/.test(line));
      const shown = troubles.slice(-lines);
      return shown.length === 0 ? '' : `${file}:\n${shown.map((line) => `  ${line}`).join('\n')}\n`;
    })
    .join('');
}
