import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlPlane, startControlPlanes } from '../test/clusters/control-plane.ts';
import type { ShownHub } from '../test/support/browser.ts';
import { createGitRepo, type FileChanges, type GitRepo } from '../test/support/git-repo.ts';
import { startGitServer } from '../test/support/git-server.ts';
import { compileShipped } from './compile.ts';
import { endProcess } from './processes.ts';
import { ShippedAgent } from './shipped-agent.ts';
import { startShippedHub, tellHub } from './shipped-hub.ts';

const apiToken = 'bench';

/** One control plane, a Git server, a hub and an agent, each as users run them. */
export interface World {
  readonly cluster: ControlPlane;
  readonly agent: ShippedAgent;
  /** The hub's API and its pages, with the token that opens them. */
  readonly hub: Required<ShownHub>;
  readonly hubPid: number;
  /** Commits and tells the hub, as a Git host would. Resolves once the hub has been told. */
  push(changes: FileChanges): Promise<void>;
  stop(): Promise<void>;
}

interface WorldOptions {
  /** The catalog and the content of its applications, at the start. */
  readonly files: (repoURL: string) => FileChanges;
  /** `requests`: the API server notes down each request, which costs it something. */
  readonly audit?: 'requests';
  /** Takes progress lines. */
  readonly log: (line: string) => void;
}

/** The agent isn't started yet. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const closers: (() => Promise<void> | void)[] = [() => rmSync(dir, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    await compileShipped();
    return { ...(await startParts(dir, closers, options)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  dir: string,
  closers: (() => Promise<void> | void)[],
  { files, audit, log }: WorldOptions,
): Promise<Omit<World, 'stop'>> {
  const planes = await startControlPlanes({
    names: ['bench'],
    controllers: 'none',
    dir: join(dir, 'cluster'),
    log,
    ...(audit === undefined ? {} : { audit }),
  });
  closers.push(() => planes.stop());
  const cluster = planes.cluster('bench');
  const git = await startGitServer({ dir: join(dir, 'git') });
  closers.push(() => git.close());
  const repo = await createGitRepo(join(dir, 'git'), 'bench.git');
  const repoURL = git.url('bench.git');
  await repo.commit(files(repoURL));

  const hub = await startShippedHub({ dir, repoURL, apiToken });
  closers.push(() => endProcess(hub.child));
  const agent = new ShippedAgent({ cluster, dir, enroll: () => enroll(hub.api) });
  closers.push(() => agent.stop());
  return {
    cluster,
    agent,
    hub: { address: hub.api, token: apiToken },
    hubPid: hub.child.pid ?? 0,
    push: (changes) => push(repo, changes, hub.api, repoURL),
  };
}

/** A token for an agent. */
async function enroll(api: string): Promise<string> {
  const headers = { authorization: `Bearer ${apiToken}` };
  const answer = await fetch(`${api}/api/v1/clusters/bench/enrollment`, { method: 'POST', headers });
  return ((await answer.json()) as { token: string }).token;
}

async function push(repo: GitRepo, changes: FileChanges, api: string, repoURL: string): Promise<void> {
  await repo.commit(changes);
  await tellHub(api, apiToken, repoURL);
}
