import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DesiredApplication, decodeDesired } from '../../core/desired.ts';
import type { Guard } from '../../core/guard.ts';
import { type Head, rootDigest } from '../../core/head.ts';
import type { ClusterCapabilities, Report } from '../../core/session.ts';
import { openCharts } from '../../hub/charts/open-charts.ts';
import type { FleetConfig } from '../../hub/fleet-files.ts';
import { FleetLoop } from '../../hub/loop.ts';
import type { ApplicationRecord, GitPort, RenderPort, SignaturePort, StorePort } from '../../hub/ports.ts';
import { SignatureCheck } from '../../hub/sources/signature-check.ts';
import { openStore } from '../../hub/store/open-store.ts';
import { createGitRepo, type FileChanges, type GitRepo } from './git-repo.ts';
import { type GitServer, type GitServerOptions, startGitServer } from './git-server.ts';
import { type RecordedLog, recordLog } from './record-log.ts';
import { openTestGit } from './test-git.ts';

/** Polls never come by themselves in a test. */
const never = 24 * 3600 * 1000;

export interface LoopRigOptions {
  readonly render: RenderPort;
  /** Repositories to make, besides `fleet.git`. */
  readonly repositories?: readonly string[];
  /** What it says of commits; none are signed where it is absent. */
  readonly signatures?: SignaturePort;
  /** `git` where absent. */
  readonly implementation?: 'git' | 'isomorphic-git';
  /** What goes wrong with requests to the Git server. */
  readonly fail?: GitServerOptions['fail'];
  /** The catalog's folder in `fleet.git`, the root where absent. */
  readonly path?: string;
}

/** The hub's shell on real Git repositories over HTTP and the real store; without agents, API and polls. */
export interface LoopRig {
  readonly server: GitServer;
  readonly log: RecordedLog;
  readonly loop: FleetLoop;
  readonly store: StorePort;
  readonly git: GitPort;
  readonly fleet: FleetConfig;
  readonly dir: string;
  repo(name: string): GitRepo;
  /** URL of a repository. */
  url(name: string): string;
  /** Names of applications that were rendered, sorted; emptied by reading. */
  takeRenders(): readonly string[];
  /** URLs, in the order of their fetches; emptied by reading. */
  takeFetches(): readonly string[];
  /** Clusters whose head changed, one list for each stored generation; emptied by reading. */
  takeGenerations(): readonly (readonly string[])[];
  /** Commits to `fleet.git` and waits for the pass over everything. */
  commit(changes: FileChanges): Promise<void>;
  /** Asks for a pass, over one repository where it is named, and waits for its end. */
  pass(repo?: string): Promise<void>;
  /** Ends the loop and the store and starts them on the same folder. */
  restart(): Promise<void>;
  head(cluster: string): Promise<Head>;
  record(name: string): Promise<ApplicationRecord | undefined>;
  /** What a head names for an application. */
  desired(cluster: string, name: string): Promise<DesiredApplication | undefined>;
  /** What agents would see: generation and root of every head. */
  heads(): Promise<Readonly<Record<string, string>>>;
  /** Reports capabilities as an agent does, and in `guard` what that was installed for. */
  reportCapabilities(
    cluster: string,
    capabilities: Partial<ClusterCapabilities>,
    guard?: Guard,
  ): Promise<void>;
  /** Says as an agent does that a removal is done. */
  finishRemoval(cluster: string, name: string): Promise<void>;
  close(): Promise<void>;
}

interface Parts {
  readonly git: GitPort;
  readonly store: StorePort;
  readonly loop: FleetLoop;
}

export async function openLoopRig(options: LoopRigOptions): Promise<LoopRig> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-loop-'));
  const repos = new Map<string, GitRepo>();
  for (const name of ['fleet.git', ...(options.repositories ?? [])]) {
    repos.set(name, await createGitRepo(join(dir, 'git'), name));
  }
  const server = await startGitServer({
    dir: join(dir, 'git'),
    ...(options.fail === undefined ? {} : { fail: options.fail }),
  });
  const log = recordLog();
  const seen: Seen = { renders: [], fetches: [], generations: [] };
  const path = options.path ?? '';
  const fleet = { url: server.url('fleet.git'), branch: 'main', path, protectedPath: 'fleet' };
  const start = () => startLoop(options, { dir, fleet, log, seen });
  let parts = await start();

  async function stop(): Promise<void> {
    await parts.loop.close();
    await parts.git.close();
    await parts.store.close();
  }

  async function pass(name?: string): Promise<void> {
    parts.loop.refresh(name === undefined ? undefined : server.url(name));
    await parts.loop.whenIdle();
  }

  function repo(name: string): GitRepo {
    const found = repos.get(name);
    if (found === undefined) throw new Error(`no repository ${name}`);
    return found;
  }

  return {
    server,
    log,
    dir,
    get loop() {
      return parts.loop;
    },
    get store() {
      return parts.store;
    },
    get git() {
      return parts.git;
    },
    fleet,
    repo,
    url: (name) => server.url(name),
    takeRenders: () => seen.renders.splice(0).sort(),
    takeFetches: () => seen.fetches.splice(0),
    takeGenerations: () => seen.generations.splice(0),
    async commit(changes) {
      await repo('fleet.git').commit(changes);
      await pass();
    },
    pass,
    async restart() {
      await stop();
      parts = await start();
    },
    head: (cluster) => parts.store.readHead(cluster),
    record: (name) => parts.store.readApplication(`argocd/${name}`),
    desired: (cluster, name) => readDesired(parts.store, cluster, `argocd/${name}`),
    heads: () => readHeads(parts.store),
    ...reports(() => parts),
    async close() {
      await stop();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface Seen {
  readonly renders: string[];
  readonly fetches: string[];
  readonly generations: (readonly string[])[];
}

async function startLoop(
  options: LoopRigOptions,
  {
    dir,
    fleet,
    log,
    seen,
  }: { readonly dir: string; readonly fleet: FleetConfig; readonly log: RecordedLog; readonly seen: Seen },
): Promise<Parts> {
  let minutes = 0;
  const clock = { now: () => new Date(Date.UTC(2026, 10, 3, 12, minutes++)) };
  const store = await openStore({ dir: join(dir, 'store'), clock });
  const git = countFetches(
    await openTestGit({ dir: join(dir, 'copies'), implementation: options.implementation ?? 'git', log }),
    seen.fetches,
  );
  const loop = new FleetLoop({
    fleet,
    pollIntervalMs: never,
    git,
    charts: openCharts({ dir: join(dir, 'charts'), now: () => clock.now() }),
    render: countRenders(options.render, seen.renders),
    signatures: new SignatureCheck(git, options.signatures ?? { verify: async () => ({ type: 'unsigned' }) }),
    store,
    clock,
    log,
    onGeneration: (_commit, clusters) => void seen.generations.push(clusters),
  });
  await loop.start();
  await loop.whenIdle();
  return { git, store, loop };
}

function reports(parts: () => Parts): Pick<LoopRig, 'reportCapabilities' | 'finishRemoval'> {
  let sequence = 0;
  async function save(cluster: string, report: Report): Promise<void> {
    sequence += 1;
    await parts().store.saveReports(cluster, [{ sequence, report }]);
  }
  return {
    async reportCapabilities(cluster, partial, guard) {
      const nothing = { kubernetesVersion: 'v1.37.0', apiVersions: [], clusterScopedKinds: [] };
      const capabilities = { ...nothing, ...partial };
      const status = { capabilities, problems: [], generation: 1, ...(guard === undefined ? {} : { guard }) };
      await save(cluster, { type: 'cluster', status });
      parts().loop.clusterReported(cluster, status);
      await parts().loop.whenIdle();
    },
    async finishRemoval(cluster, name) {
      const application = `argocd/${name}`;
      const digest = (await parts().store.readHead(cluster)).entries.get(application) ?? '';
      const nothing = { objects: [], drifts: [], failures: [], gates: [] };
      const health = { status: 'Healthy', message: '' } as const;
      const status = { application, digest, sync: 'Synced', health, ...nothing, removal: 'done' } as const;
      await save(cluster, { type: 'application', status });
      parts().loop.finishRemoval(cluster, application);
      await parts().loop.whenIdle();
    },
  };
}

async function readDesired(
  store: StorePort,
  cluster: string,
  application: string,
): Promise<DesiredApplication | undefined> {
  const digest = (await store.readHead(cluster)).entries.get(application);
  if (digest === undefined) return undefined;
  const bytes = (await store.readBlobs([digest])).get(digest);
  if (bytes === undefined) throw new Error(`the store lacks what ${cluster} is told to run: ${application}`);
  return decodeDesired(bytes);
}

async function readHeads(store: StorePort): Promise<Readonly<Record<string, string>>> {
  const { heads } = await store.readFleet();
  const entries = [...heads].map(([cluster, head]) => [
    cluster,
    `${head.generation} ${rootDigest(head.entries)}`,
  ]);
  return Object.fromEntries(entries);
}

function countRenders(port: RenderPort, renders: string[]): RenderPort {
  return {
    async prepare(request) {
      const prepared = await port.prepare(request);
      if (prepared.type === 'problems') return prepared;
      return {
        ...prepared,
        render(signal) {
          renders.push(request.applicationName);
          return prepared.render(signal);
        },
      };
    },
  };
}

function countFetches(port: GitPort, fetches: string[]): GitPort {
  return {
    ...port,
    fetch(url, revisions, signal) {
      fetches.push(url);
      return port.fetch(url, revisions, signal);
    },
  };
}
