import { join } from 'node:path';
import { startControlPlanes } from '../test/clusters/control-plane.ts';
import type { ClusterAccess } from '../test/clusters/kubeconfig.ts';
import type { Closers } from './closers.ts';
import { type LiveCluster, openLiveCluster } from './live-cluster.ts';

/** The fleet's clusters, in the order of promotion. */
export const clusterNames = ['dev', 'staging', 'prod'] as const;
export type ClusterName = (typeof clusterNames)[number];

export interface DemoCluster {
  readonly name: ClusterName;
  readonly context: string;
  /** Path of its kubeconfig; absent for the user's own, by KUBECONFIG or in its usual place. */
  readonly kubeconfig: string | undefined;
  /** How to reach it without a kubeconfig; absent for the user's own. */
  readonly access: ClusterAccess | undefined;
  readonly live: LiveCluster;
}

export interface DemoClusters {
  readonly clusters: readonly DemoCluster[];
  /** Put before every namespace: '' in clusters of our own. */
  readonly prefix: string;
  /** Process ids of what runs for them; none for the user's own. */
  readonly pids: readonly number[];
}

/** Starts three real control planes on loopback, with controllers, so that workloads become ready. */
export async function startOwnClusters(
  dir: string,
  closers: Closers,
  show: (line: string) => void,
): Promise<DemoClusters> {
  const planes = await startControlPlanes({
    names: clusterNames,
    controllers: 'kwok',
    dir: join(dir, 'clusters'),
    log: show,
  });
  closers.add(() => planes.stop());
  const clusters: DemoCluster[] = [];
  for (const name of clusterNames) {
    const access = planes.cluster(name);
    const { kubeconfig } = access;
    const live = await openLiveCluster({ type: 'kubeconfig', path: kubeconfig, context: name });
    closers.add(() => live.close());
    clusters.push({ name, context: name, kubeconfig, access, live });
  }
  return { clusters, prefix: '', pids: planes.pids };
}
