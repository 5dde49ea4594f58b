import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBinaries } from '../test/clusters/binaries.ts';
import { freePorts } from '../test/clusters/ports.ts';
import { waitUntil } from '../test/clusters/wait.ts';
import { endProcess, imageEnvironment, keepLog, tail } from './processes.ts';

const root = join(import.meta.dirname, '..');

interface ShippedHubOptions {
  /** Its data lie in `hub` below it, its log in `hub.log`. */
  readonly dir: string;
  readonly repoURL: string;
  readonly apiToken: string;
  readonly logLevel?: 'info' | 'warn';
  readonly git?: 'git' | 'isomorphic-git';
  /** How long the first reading of the fleet may take. */
  readonly limitMs?: number;
}

export interface ShippedHub {
  readonly api: string;
  readonly child: ChildProcess;
}

/** A hub as its image runs it, once it has read the fleet. `compileShipped` comes first. */
export async function startShippedHub(options: ShippedHubOptions): Promise<ShippedHub> {
  const { dir, repoURL, apiToken, logLevel = 'warn', git = 'auto', limitMs = 120_000 } = options;
  const binaries = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  const [apiPort = 0, agentsPort = 0] = await freePorts(2);
  const api = `http://127.0.0.1:${apiPort}`;
  const command = ['--max-semi-space-size=2', join(root, 'dist/cli/main.js'), 'hub'];
  const child = spawn(process.execPath, command, {
    env: {
      PATH: process.env['PATH'],
      ...imageEnvironment,
      FAIRLEAD_FLEET_URL: repoURL,
      FAIRLEAD_DATA_DIR: join(dir, 'hub'),
      FAIRLEAD_API_LISTEN: `127.0.0.1:${apiPort}`,
      FAIRLEAD_AGENTS_LISTEN: `127.0.0.1:${agentsPort}`,
      FAIRLEAD_ADVERTISE: '127.0.0.1',
      FAIRLEAD_API_TOKEN: apiToken,
      FAIRLEAD_HELM: binaries.helm.path,
      FAIRLEAD_KUSTOMIZE: binaries.kustomize.path,
      FAIRLEAD_LOG_LEVEL: logLevel,
      FAIRLEAD_GIT: git,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  keepLog(child, join(dir, 'hub.log'));
  try {
    await waitUntil('the hub has read the fleet', () => isReady(api), {
      limitMs,
      detail: () => tail(join(dir, 'hub.log')),
    });
  } catch (error) {
    await endProcess(child);
    throw error;
  }
  return { api, child };
}

async function isReady(api: string): Promise<boolean> {
  try {
    return (await fetch(`${api}/readyz`)).ok;
  } catch {
    return false;
  }
}

/** Tells the hub of a commit, as a Git host would. Resolves once it has been told. */
export async function tellHub(api: string, apiToken: string, repoURL: string): Promise<void> {
  const answer = await fetch(`${api}/api/v1/webhook`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ repository: { clone_url: repoURL } }),
  });
  if (!answer.ok) throw new Error(`webhook: ${answer.status} ${await answer.text()}`);
}
