import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiServer } from './api-server.ts';
import { type BinaryPaths, ensureBinaries } from './binaries.ts';
import { startEtcd } from './etcd.ts';
import { type ClusterAccess, encodeKubeconfig } from './kubeconfig.ts';
import type { ManagedProcess } from './managed-process.ts';
import { Reaper } from './reaper.ts';
import type { BinaryName } from './versions.ts';
import { startWorkloads } from './workloads.ts';

/** Which clusters to start, and how. */
export interface ControlPlaneOptions {
  /** Names of the clusters, such as `east`; lower-case letters, digits and `-`. */
  readonly names: readonly string[];
  /**
   * `none`: an API server alone. It is real in all it does, but nothing ends the
   * deletion of a namespace, collects garbage or makes a Deployment ready.
   * `kwok`: controllers, a scheduler and a fake node too.
   */
  readonly controllers: 'none' | 'kwok';
  /** `requests`: each request becomes a line of the API server's `auditLog`. Default: none is noted down. */
  readonly audit?: 'requests';
  /** Folder for data, keys and logs; the caller removes it. */
  readonly dir: string;
  /** Takes progress lines, such as those of a build. Default: none. */
  readonly log?: (line: string) => void;
}

/** One running cluster. */
export interface ControlPlane extends ClusterAccess {
  /** Path of an administrator's kubeconfig whose one context is named as the cluster. */
  readonly kubeconfig: string;
  /** The API server, to be stopped, paused and started again by tests of faults. */
  readonly apiServer: ApiServer;
  /** Process ids of what runs for this cluster alone. */
  readonly pids: readonly number[];
}

/** Several running clusters that share one etcd. */
export interface ControlPlanes {
  /** In the order of the names asked for. */
  readonly clusters: readonly ControlPlane[];
  /** Path of a kubeconfig with a context for each cluster. */
  readonly kubeconfig: string;
  /** Process ids of everything that runs. */
  readonly pids: readonly number[];
  /** Looks up a cluster. @throws Error where there is none of this name. */
  cluster(name: string): ControlPlane;
  /** Stops everything: controllers, then API servers, then etcd. May be called again. */
  stop(): Promise<void>;
}

/** Processes in the order in which they were started; they are stopped in the other one. */
interface Running {
  readonly etcd: ManagedProcess[];
  readonly apiServers: ApiServer[];
  readonly workloads: ManagedProcess[];
}

/**
 * Starts real control planes on loopback, and waits until they are ready. They
 * end with this process at the latest, however it ends.
 *
 * @throws Error with the last log lines of what failed; nothing is left running then.
 */
export async function startControlPlanes(options: ControlPlaneOptions): Promise<ControlPlanes> {
  const names: readonly BinaryName[] =
    options.controllers === 'kwok'
      ? ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok']
      : ['etcd', 'kube-apiserver'];
  const binaries = await ensureBinaries(names, { log: options.log ?? (() => undefined) });
  mkdirSync(options.dir, { recursive: true });
  const reaper = new Reaper();
  const running: Running = { etcd: [], apiServers: [], workloads: [] };
  const stop = () => stopAll(running, reaper);
  try {
    const etcd = await startEtcd({ command: binaries.etcd.path, dir: options.dir, reaper });
    running.etcd.push(etcd.process);
    const starts = options.names.map((name) =>
      startCluster(name, etcd.url, options, binaries, running, reaper),
    );
    const clusters = settled(await Promise.allSettled(starts));
    return toControlPlanes(clusters, running, options.dir, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startCluster(
  name: string,
  etcdUrl: string,
  options: ControlPlaneOptions,
  binaries: BinaryPaths,
  running: Running,
  reaper: Reaper,
): Promise<ControlPlane> {
  const dir = join(options.dir, name);
  const apiServer = new ApiServer({
    name,
    command: binaries['kube-apiserver'].path,
    etcdUrl,
    dir,
    serviceAccounts: options.controllers === 'kwok' ? 'made' : 'absent',
    ...(options.audit === undefined ? {} : { audit: options.audit }),
    reaper,
  });
  running.apiServers.push(apiServer);
  await apiServer.start();
  const { access } = apiServer;
  const kubeconfig = join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, encodeKubeconfig([access]), { mode: 0o600 });
  const workloads: ManagedProcess[] = [];
  if (options.controllers === 'kwok') {
    const commands = {
      'kube-controller-manager': binaries['kube-controller-manager'].path,
      'kube-scheduler': binaries['kube-scheduler'].path,
      kwok: binaries.kwok.path,
    };
    workloads.push(...(await startWorkloads({ apiServer, kubeconfig, commands, dir, reaper })));
    running.workloads.push(...workloads);
  }
  return {
    ...access,
    kubeconfig,
    apiServer,
    get pids() {
      return [apiServer.process, ...workloads].filter((p) => p?.isRunning).map((p) => p?.pid ?? 0);
    },
  };
}

/** All values, once every start has ended one way or the other. @throws the first failure. */
function settled<T>(results: readonly PromiseSettledResult<T>[]): readonly T[] {
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function toControlPlanes(
  clusters: readonly ControlPlane[],
  running: Running,
  dir: string,
  stop: () => Promise<void>,
): ControlPlanes {
  const kubeconfig = join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, encodeKubeconfig(clusters), { mode: 0o600 });
  return {
    clusters,
    kubeconfig,
    get pids() {
      const shared = running.etcd.filter((p) => p.isRunning).map((p) => p.pid);
      return [...shared, ...clusters.flatMap((cluster) => cluster.pids)];
    },
    cluster(name) {
      const found = clusters.find((cluster) => cluster.name === name);
      if (found) return found;
      throw new Error(`no cluster ${name}; there are ${clusters.map((c) => c.name).join(', ')}`);
    },
    stop,
  };
}

async function stopAll(running: Running, reaper: Reaper): Promise<void> {
  await Promise.all(running.workloads.map((process) => process.stop()));
  // Without etcd an API server can take minutes to end: it goes first.
  await Promise.all(running.apiServers.map((server) => server.stop()));
  await Promise.all(running.etcd.map((process) => process.stop()));
  reaper.close();
}
