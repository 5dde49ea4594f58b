import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiServer } from './api-server.ts';
import { KubeClient } from './kube-client.ts';
import { ManagedProcess } from './managed-process.ts';
import { freePorts } from './ports.ts';
import type { Reaper } from './reaper.ts';
import { waitUntil } from './wait.ts';

/** What the controllers of one cluster need to start. */
export interface WorkloadsOptions {
  readonly apiServer: ApiServer;
  /** Administrator's kubeconfig of the cluster. */
  readonly kubeconfig: string;
  /** Paths of the binaries. */
  readonly commands: Readonly<Record<'kube-controller-manager' | 'kube-scheduler' | 'kwok', string>>;
  readonly dir: string;
  readonly reaper: Reaper;
}

const readyLimitMs = 120_000;
const attempts = 3;
const nodeName = 'node-1';
const notReadyTaint = 'node.kubernetes.io/not-ready';

/** Only what a workload needs to become ready, and what deleting depends on: it keeps the start cheap. */
const controllers = [
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'node-lifecycle-controller',
  'persistentvolume-binder-controller',
  'persistentvolume-protection-controller',
  'persistentvolumeclaim-protection-controller',
  'pod-garbage-collector-controller',
  'replicaset-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'statefulset-controller',
  'ttl-after-finished-controller',
];

/**
 * Starts kube-controller-manager, kube-scheduler and kwok with one fake node,
 * so that workloads become ready, and waits until pods can be placed. No volume
 * is provisioned: a PersistentVolumeClaim stays pending.
 *
 * @returns the processes, to be stopped by the caller.
 * @throws Error with the last log lines of what failed; nothing is left running then.
 */
export async function startWorkloads(options: WorkloadsOptions): Promise<readonly ManagedProcess[]> {
  const client = new KubeClient(options.apiServer.access);
  try {
    await client.apply(fakeNode());
    for (let attempt = 1; ; attempt += 1) {
      const processes = await spawnAll(options);
      try {
        await waitForPlaces(client, processes);
        return processes;
      } catch (error) {
        await Promise.all(processes.map((process) => process.kill()));
        const clash = processes.some((process) => process.lastLines().includes('address already in use'));
        if (!clash || attempt === attempts) throw error;
      }
    }
  } finally {
    client.close();
  }
}

async function waitForPlaces(client: KubeClient, processes: readonly ManagedProcess[]): Promise<void> {
  await waitUntil('pods can be placed', () => canPlacePods(client, processes), {
    limitMs: readyLimitMs,
    detail: () => processes.map(describe).join('\n'),
  });
}

async function spawnAll(options: WorkloadsOptions): Promise<readonly ManagedProcess[]> {
  const { apiServer, commands, dir, reaper } = options;
  const spawn = (command: keyof typeof commands, args: readonly string[]) =>
    new ManagedProcess({
      name: `${apiServer.name}-${command}`,
      command: commands[command],
      args: [`--kubeconfig=${options.kubeconfig}`, ...args],
      dir,
      reaper,
    });
  const common = ['--leader-elect=false', '--secure-port=0'];
  return [
    spawn('kube-controller-manager', [...common, ...controllerArgs(options)]),
    spawn('kube-scheduler', common),
    spawn('kwok', await kwokArgs(options)),
  ];
}

function controllerArgs({ apiServer, dir }: WorkloadsOptions): readonly string[] {
  const caFile = join(dir, 'ca.crt');
  writeFileSync(caFile, apiServer.access.caPem);
  return [
    `--controllers=${controllers.join(',')}`,
    `--service-account-private-key-file=${apiServer.serviceAccountKeyFile}`,
    `--root-ca-file=${caFile}`,
    // kwok plays no heartbeat: without this every node counts as lost after 50 s, and its pods as not ready.
    '--node-monitor-grace-period=24h',
    '--kube-api-qps=100',
    '--kube-api-burst=200',
  ];
}

/** kwok also answers as kubelet, so that the logs of a pod can be read. */
async function kwokArgs({ apiServer, dir }: WorkloadsOptions): Promise<readonly string[]> {
  const [port] = await freePorts(1);
  const config = join(dir, 'kwok.yaml');
  const logs = join(dir, 'pod-output.txt');
  writeFileSync(logs, ['starting', 'listening on :8080', 'ready'].map(logLine).join(''));
  const stages = readFileSync(new URL('stages.yaml', import.meta.url), 'utf8');
  writeFileSync(config, `${stages}---\n${JSON.stringify(clusterLogs(logs))}\n`);
  return [
    `--config=${config}`,
    '--manage-all-nodes=true',
    '--node-ip=127.0.0.1',
    `--node-port=${port}`,
    `--server-address=127.0.0.1:${port}`,
    `--tls-cert-file=${apiServer.certificate.certFile}`,
    `--tls-private-key-file=${apiServer.certificate.keyFile}`,
  ];
}

/** A line as a container runtime writes it. */
function logLine(text: string): string {
  return `2026-01-01T00:00:00.000000000Z stdout F ${text}\n`;
}

function clusterLogs(logsFile: string): object {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'ClusterLogs',
    metadata: { name: 'every-pod' },
    spec: { logs: [{ logsFile, follow: false }] },
  };
}

function fakeNode(): object {
  const labels = {
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
  };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels } };
}

/** The node takes pods, and ServiceAccounts are made. */
async function canPlacePods(client: KubeClient, processes: readonly ManagedProcess[]): Promise<boolean> {
  const ended = processes.find((process) => !process.isRunning);
  if (ended) throw new Error(describe(ended));
  const node = await client.get({ apiVersion: 'v1', kind: 'Node', name: nodeName });
  const conditions: { type: string; status: string }[] = node.status?.conditions ?? [];
  const taints: { key: string }[] = node.spec?.taints ?? [];
  if (!conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return false;
  if (taints.some(({ key }) => key === notReadyTaint)) return false;
  const name = { apiVersion: 'v1', kind: 'ServiceAccount', name: 'default', namespace: 'default' };
  return (await client.find(name)) !== undefined;
}

function describe(process: ManagedProcess): string {
  const state = process.isRunning ? 'is running' : 'has ended';
  return `${process.name} ${state}; last lines of ${process.logFile}:\n${process.lastLines()}`;
}
