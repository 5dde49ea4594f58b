import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBinaries } from '../test/clusters/binaries.ts';
import { type ControlPlane, startControlPlanes } from '../test/clusters/control-plane.ts';
import { freePorts } from '../test/clusters/ports.ts';
import { waitUntil } from '../test/clusters/wait.ts';
import type { ShownHub } from '../test/support/browser.ts';
import { createGitRepo, type FileChanges, type GitRepo } from '../test/support/git-repo.ts';
import { startGitServer } from '../test/support/git-server.ts';
import { allContents, catalogOf } from './fleet.ts';

const root = join(import.meta.dirname, '..');
const apiToken = 'bench';

/** One control plane, a Git server, a hub and an agent, each as users run them. */
export interface World {
  readonly cluster: ControlPlane;
  /** The hub's API and its pages, with the token that opens them. */
  readonly hub: ShownHub;
  /** Commits and tells the hub, as a Git host would. Resolves once the hub has been told. */
  push(changes: FileChanges): Promise<void>;
  /** Requests that the agent has sent so far, by verb. */
  agentRequests(): Promise<Readonly<Record<string, number>>>;
  /** Resident memory in bytes. */
  resident(process: 'hub' | 'agent'): number;
  /** Commits and enrols; the agent starts on an empty cluster and a fleet of one version. */
  startAgent(): Promise<void>;
  stop(): Promise<void>;
}

export async function startWorld(log: (line: string) => void): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const closers: (() => Promise<void> | void)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await startParts(dir, closers, log)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  dir: string,
  closers: (() => Promise<void> | void)[],
  log: (line: string) => void,
): Promise<Omit<World, 'stop'>> {
  const planes = await startControlPlanes({
    names: ['bench'],
    controllers: 'none',
    dir: join(dir, 'cluster'),
    log,
  });
  closers.push(() => planes.stop());
  const cluster = planes.cluster('bench');
  const git = await startGitServer({ dir: join(dir, 'git') });
  closers.push(() => git.close());
  const repo = await createGitRepo(join(dir, 'git'), 'bench.git');
  const repoURL = git.url('bench.git');
  await repo.commit({ ...catalogOf(repoURL), ...allContents('v0') });

  const hub = await startHub(dir, repoURL, closers);
  let agent: ChildProcess | undefined;
  return {
    cluster,
    hub: { address: hub.api, token: apiToken },
    push: (changes) => push(repo, changes, hub.api, repoURL),
    agentRequests: async () => {
      agent?.send('counts');
      const [counts] = (await once(agent as ChildProcess, 'message')) as [Record<string, number>];
      return counts;
    },
    resident: (which) => residentBytes((which === 'hub' ? hub.child : agent)?.pid ?? 0),
    startAgent: async () => {
      agent = await startAgent(dir, hub.api, cluster, closers);
    },
  };
}

async function startHub(
  dir: string,
  repoURL: string,
  closers: (() => Promise<void> | void)[],
): Promise<{ api: string; child: ChildProcess }> {
  const binaries = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  const [apiPort = 0, agentsPort = 0] = await freePorts(2);
  const api = `http://127.0.0.1:${apiPort}`;
  const child = spawn(join(root, 'bin/fairlead'), ['hub'], {
    env: {
      PATH: process.env['PATH'],
      FAIRLEAD_FLEET_URL: repoURL,
      FAIRLEAD_DATA_DIR: join(dir, 'hub'),
      FAIRLEAD_API_LISTEN: `127.0.0.1:${apiPort}`,
      FAIRLEAD_AGENTS_LISTEN: `127.0.0.1:${agentsPort}`,
      FAIRLEAD_ADVERTISE: '127.0.0.1',
      FAIRLEAD_API_TOKEN: apiToken,
      FAIRLEAD_HELM: binaries.helm.path,
      FAIRLEAD_KUSTOMIZE: binaries.kustomize.path,
      FAIRLEAD_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  keepLog(child, join(dir, 'hub.log'), closers);
  await waitUntil('the hub has read the fleet', () => isReady(api), {
    limitMs: 60_000,
    detail: () => tail(join(dir, 'hub.log')),
  });
  return { api, child };
}

async function isReady(api: string): Promise<boolean> {
  try {
    return (await fetch(`${api}/readyz`)).ok;
  } catch {
    return false;
  }
}

async function startAgent(
  dir: string,
  api: string,
  cluster: ControlPlane,
  closers: (() => Promise<void> | void)[],
): Promise<ChildProcess> {
  const headers = { authorization: `Bearer ${apiToken}` };
  const answer = await fetch(`${api}/api/v1/clusters/bench/enrollment`, { method: 'POST', headers });
  const { token } = (await answer.json()) as { token: string };
  const child = fork(join(root, 'bench/agent-process.ts'), {
    env: {
      PATH: process.env['PATH'],
      FAIRLEAD_ENROLL_TOKEN: token,
      FAIRLEAD_STATE_DIR: join(dir, 'agent'),
      FAIRLEAD_KUBECONFIG: cluster.kubeconfig,
    },
    execArgv: ['--max-semi-space-size=2'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  keepLog(child, join(dir, 'agent.log'), closers);
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`the agent ended: ${tail(join(dir, 'agent.log'))}`);
    }),
  ]);
  return child;
}

async function push(repo: GitRepo, changes: FileChanges, api: string, repoURL: string): Promise<void> {
  await repo.commit(changes);
  const answer = await fetch(`${api}/api/v1/webhook`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ repository: { clone_url: repoURL } }),
  });
  if (!answer.ok) throw new Error(`webhook: ${answer.status} ${await answer.text()}`);
}

function keepLog(child: ChildProcess, file: string, closers: (() => Promise<void> | void)[]): void {
  child.stderr?.pipe(createWriteStream(file));
  const ended = once(child, 'exit');
  closers.push(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(kill);
  });
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
