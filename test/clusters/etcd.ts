import { join } from 'node:path';
import { ManagedProcess } from './managed-process.ts';
import { freePorts } from './ports.ts';
import type { Reaper } from './reaper.ts';

/** A running etcd. It serves several clusters, each below a prefix of its own. */
export interface Etcd {
  /** Where clients connect, as kube-apiserver's `--etcd-servers` takes it. */
  readonly url: string;
  readonly process: ManagedProcess;
}

/** What an etcd needs to start. */
export interface EtcdOptions {
  /** Path of the etcd binary. */
  readonly command: string;
  /** Folder for the data and the log. */
  readonly dir: string;
  readonly reaper: Reaper;
}

const readyLimitMs = 60_000;
const attempts = 3;

/**
 * Starts one etcd member on loopback and waits until it is healthy. It doesn't
 * flush to disk: its data is worth nothing after the test.
 *
 * @throws Error with its last log lines, where it doesn't become healthy.
 */
export async function startEtcd(options: EtcdOptions): Promise<Etcd> {
  for (let attempt = 1; ; attempt += 1) {
    const [client, peer] = await freePorts(2);
    const url = `http://127.0.0.1:${client}`;
    const process = new ManagedProcess({
      name: 'etcd',
      command: options.command,
      args: etcdArgs(join(options.dir, `etcd-${attempt}`), url, `http://127.0.0.1:${peer}`),
      dir: options.dir,
      reaper: options.reaper,
    });
    try {
      await process.waitUntilReady(() => isHealthy(url), readyLimitMs);
      return { url, process };
    } catch (error) {
      await process.kill();
      const clash = process.lastLines().includes('address already in use');
      if (!clash || attempt === attempts) throw error;
    }
  }
}

function etcdArgs(dataDir: string, client: string, peer: string): readonly string[] {
  return [
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
    return response.ok;
  } catch {
    return false;
  }
}
