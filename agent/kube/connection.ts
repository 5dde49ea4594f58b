import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { AppError } from '../../core/error.ts';
import {
  type Connection,
  type ConnectionSurroundings,
  type Credentials,
  cacheCredentials,
  type KubeconfigSource,
} from './credentials.ts';

/** Which API server to talk to, and as whom. */
export type ConnectionSource =
  /** The service account of the pod that this runs in. `directory` is where its files are mounted. */
  | { readonly type: 'in-cluster'; readonly directory?: string }
  | KubeconfigSource
  /** Without `caPem` the system's authorities count. */
  | { readonly type: 'explicit'; readonly server: string; readonly caPem?: string; readonly token?: string };

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';
/** As client-go does: the kubelet renews a token long before its end, so a minute's delay is harmless. */
const tokenFileMaxAgeMs = 60_000;

/** Throws AppError where the source names something that isn't there or can't be read. Sends nothing. */
export async function openConnection(
  source: ConnectionSource,
  surroundings: ConnectionSurroundings = { env: process.env, now: () => performance.now() },
): Promise<Connection> {
  switch (source.type) {
    case 'in-cluster':
      return openInCluster(source.directory ?? serviceAccountDirectory, surroundings);
    case 'kubeconfig': {
      // Loaded on demand: the library behind it costs an agent inside a cluster 85 MB for nothing.
      const { openKubeconfig } = await import('./kubeconfig.ts');
      return openKubeconfig(source, surroundings);
    }
    case 'explicit':
      return openExplicit(source);
  }
}

async function openInCluster(directory: string, { env, now }: ConnectionSurroundings): Promise<Connection> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (host === undefined || host === '') {
    throw new AppError('not-found', 'KUBERNETES_SERVICE_HOST is not set, so this is not a pod', {
      remedy: 'Run the agent in a cluster, or name a kubeconfig and context',
    });
  }
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const read = async (): Promise<Credentials> => {
    // One after the other, so that of two missing files always the same one is named.
    const token = await readServiceAccountFile(join(directory, 'token'));
    const ca = await readServiceAccountFile(join(directory, 'ca.crt'));
    return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
  };
  const cache = cacheCredentials(read, tokenFileMaxAgeMs, now);
  await cache.credentials();
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    origin: `the service account in ${directory}`,
    ...cache,
  };
}

async function readServiceAccountFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('not-found', `the service account's file can't be read: ${why}`, {
      subject: path,
      remedy: 'Check the pod’s serviceAccountName and automountServiceAccountToken',
      cause,
    });
  }
}

function openExplicit(source: Extract<ConnectionSource, { type: 'explicit' }>): Connection {
  if (!URL.canParse(source.server) || !/^https?:$/.test(new URL(source.server).protocol)) {
    throw new AppError('invalid', 'the address of the API server is no http or https URL', {
      subject: source.server,
      remedy: 'Write it as https://HOST:PORT',
    });
  }
  const credentials: Credentials = {
    headers: source.token === undefined ? {} : { authorization: `Bearer ${source.token}` },
    tls: source.caPem === undefined ? {} : { ca: source.caPem },
  };
  return {
    server: source.server,
    origin: 'the configured token',
    credentials: async () => credentials,
    renew: () => undefined,
  };
}
