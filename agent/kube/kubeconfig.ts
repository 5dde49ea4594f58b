import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { AppError } from '../../core/error.ts';
import {
  type Connection,
  type ConnectionSurroundings,
  type Credentials,
  cacheCredentials,
  type KubeconfigSource,
} from './credentials.ts';

/**
 * The library caches what exec plugins and OIDC gave until it expires. This short age only keeps it from reading
 * certificate files for each request, and from starting a plugin once per request in flight.
 */
const maxAgeMs = 10_000;

/** A kubeconfig's context, with every way of authentication that the library knows. */
export async function openKubeconfig(
  source: KubeconfigSource,
  { env, now }: ConnectionSurroundings,
): Promise<Connection> {
  const files = kubeconfigFiles(source, env['KUBECONFIG']);
  const subject = files.join(delimiter);
  let config = loadContext(files, source.context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new AppError('invalid', `context ${config.getCurrentContext()} names a cluster that isn't there`, {
      subject,
      remedy: 'Mend the kubeconfig, or name another context by --context',
    });
  }
  if (cluster.proxyUrl !== undefined) {
    throw new AppError('unsupported', `cluster ${cluster.name} is reached through a proxy-url`, {
      subject,
      remedy: 'Run the agent where it reaches the API server directly, best in the cluster itself',
    });
  }
  let isRefused = false;
  const read = async () => {
    // From the files again: the library keeps a plugin's token until its stated end even when it is refused.
    if (isRefused) config = loadContext(files, source.context);
    isRefused = false;
    return readCredentials(config, subject);
  };
  const cache = cacheCredentials(read, maxAgeMs, now);
  return {
    server: cluster.server,
    origin: `context ${config.getCurrentContext()} of ${subject}`,
    credentials: cache.credentials,
    renew() {
      isRefused = true;
      cache.renew();
    },
  };
}

/** As kubectl does: of the files that are listed, those that exist. */
function kubeconfigFiles(source: KubeconfigSource, listed: string | undefined): readonly string[] {
  const named = source.path !== undefined ? [source.path] : (listed ?? '').split(delimiter).filter(Boolean);
  const candidates = named.length > 0 ? named : [join(homedir(), '.kube', 'config')];
  const files = candidates.filter((file) => existsSync(file));
  if (files.length > 0) return files;
  throw new AppError('not-found', 'there is no such kubeconfig', {
    subject: candidates.join(delimiter),
    remedy: 'Name one that exists by --kubeconfig, FAIRLEAD_KUBECONFIG or KUBECONFIG',
  });
}

function loadContext(files: readonly string[], context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  for (const file of files) mergeFile(config, file);
  const contexts = config.getContexts().map((each) => each.name);
  const wanted = context ?? config.getCurrentContext() ?? '';
  if (!contexts.includes(wanted)) {
    const what = wanted === '' ? 'there is no current context' : `there is no context ${wanted}`;
    const known = contexts.length === 0 ? 'the file has no contexts' : `there are ${contexts.join(', ')}`;
    throw new AppError('not-found', `${what}; ${known}`, {
      subject: files.join(delimiter),
      remedy:
        contexts.length === 0 ? 'Name another kubeconfig by --kubeconfig' : 'Name one of them by --context',
    });
  }
  config.setCurrentContext(wanted);
  return config;
}

function mergeFile(config: KubeConfig, file: string): void {
  try {
    const next = new KubeConfig();
    next.loadFromFile(file);
    config.mergeConfig(next, (config.getCurrentContext() ?? '') !== '');
  } catch (cause) {
    const [why] = AppError.from(cause).message.split('\n');
    throw new AppError('invalid', `this is no usable kubeconfig: ${why}`, {
      subject: file,
      remedy: 'Mend it, or name another by --kubeconfig',
      cause,
    });
  }
}

async function readCredentials(config: KubeConfig, subject: string): Promise<Credentials> {
  const options: RequestOptions & { servername?: string } = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.trim() : String(cause);
    const context = config.getCurrentContext();
    throw new AppError('unauthenticated', `no credentials could be had for context ${context}: ${why}`, {
      subject,
      cause,
    });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {}))
    headers[name.toLowerCase()] = String(value);
  if (typeof options.auth === 'string') {
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return {
    headers,
    tls: {
      ...(options.ca ? { ca: String(options.ca) } : {}),
      ...(options.cert ? { cert: String(options.cert) } : {}),
      ...(options.key ? { key: String(options.key) } : {}),
      ...(options.servername ? { servername: options.servername } : {}),
      ...(options.rejectUnauthorized === false ? { rejectUnauthorized: false } : {}),
    },
  };
}
