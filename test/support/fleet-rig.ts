import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, openAgent } from '../../agent/context.ts';
import type { RequestRecord } from '../../agent/kube/transport.ts';
import { type Client, openClient, type Schemas, unwrap } from '../../cli/client/open-client.ts';
import { openGuard } from '../../core/guard.ts';
import { type Hub, openHub } from '../../hub/context.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { type ControlPlane, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { createGitRepo, type FileChanges, type GitRepo } from './git-repo.ts';
import { type GitServer, startGitServer } from './git-server.ts';
import { type RecordedLog, recordLog } from './record-log.ts';

/** One cluster of the fleet, with what its agent asked of it. */
export interface RigCluster {
  readonly name: string;
  readonly plane: ControlPlane;
  /** An administrator's own client, as another writer than the agent. */
  readonly live: KubeClient;
  /** What the agent sent since the last `forgetRequests`. */
  requests(verb: RequestRecord['verb']): number;
  /** `apply deployments.apps 200`: requests that can change the cluster, since the last `forgetRequests`. */
  writes(): readonly string[];
  forgetRequests(): void;
  /**
   * Ends the agent and starts it again on what it kept, with a new enrolment token where one is given; resolves when it
   * is connected and has nothing to do.
   */
  restartAgent(enrollmentToken?: string): Promise<void>;
}

/** A hub and an agent for each cluster in this process; clusters and the Git server are real. */
export interface FleetRig {
  /** Everything is in here: `hub`, and `agent-NAME` of each cluster. */
  readonly dir: string;
  readonly url: string;
  readonly repo: GitRepo;
  readonly gitServer: GitServer;
  readonly api: string;
  readonly token: string;
  readonly client: Client;
  readonly tools: { readonly helm: string; readonly kustomize: string };
  /** What hub and agents logged. */
  readonly log: RecordedLog;
  /** Those whose agents the rig started. */
  readonly clusters: readonly RigCluster[];
  readonly planes: readonly ControlPlane[];
  cluster(name: string): RigCluster;
  /** Commits, tells the hub as a Git host would, and resolves with the commit's id when the hub has acted on it. */
  push(changes: FileChanges): Promise<string>;
  application(name: string): Promise<Schemas['Application']>;
  until(
    name: string,
    what: string,
    test: (application: Schemas['Application']) => boolean,
  ): Promise<Schemas['Application']>;
  /** Resolves when what Git says of these, of all where none is named, is applied and reported as such. */
  untilSynced(...names: readonly string[]): Promise<void>;
  /** Resolves when no agent has anything to do. */
  untilIdle(): Promise<void>;
  /** Asks for an operation as the CLI does, and waits for its result. */
  operate(name: string, type: 'sync' | 'diff'): Promise<Schemas['Operation']>;
  /** The hub is gone from here on. */
  stopHub(): Promise<void>;
  /** Ends the hub and starts it again on what it kept and at the same addresses. */
  restartHub(): Promise<void>;
  /** The fleet repository as files, each time in a folder of its own. */
  checkout(): Promise<string>;
  close(): Promise<void>;
}

export interface FleetRigOptions {
  readonly clusters: readonly string[];
  readonly controllers: 'none' | 'kwok';
  /** `started` by default: one agent for each cluster, as an administrator. `none`: the test installs its own. */
  readonly agents?: 'started' | 'none';
  /** The first commit; it must declare the clusters. */
  readonly files: (url: string) => Promise<FileChanges>;
}

const writingVerbs: ReadonlySet<string> = new Set(['apply', 'create', 'update', 'patch', 'delete']);
const limitMs = 120_000;
const pollIntervalMs = 1_000;
const repoName = 'fleet.git';

/** Starts everything and waits until every agent is connected. Leaves nothing behind where it throws. */
export async function openFleetRig(options: FleetRigOptions): Promise<FleetRig> {
  const closers: (() => Promise<void> | void)[] = [];
  async function close(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) await closer();
  }
  try {
    return { ...(await openParts(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Closers = (() => Promise<void> | void)[];

async function openParts(options: FleetRigOptions, closers: Closers): Promise<Omit<FleetRig, 'close'>> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-fleet-'));
  closers.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const { clusters: names, controllers } = options;
  const starting = startControlPlanes({ names, controllers, dir: join(dir, 'clusters') });
  closers.push(() => starting.then((planes) => planes.stop()).catch(() => undefined));
  const gitServer = await startGitServer({ dir: join(dir, 'git') });
  closers.push(() => gitServer.close());
  const url = gitServer.url(repoName);
  const repo = await createGitRepo(join(dir, 'git'), repoName);
  await repo.commit(await options.files(url));
  const log = recordLog();
  const binaries = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  const tools = { helm: binaries.helm.path, kustomize: binaries.kustomize.path };
  const dataDir = join(dir, 'hub');
  let hub = await startHub(dataDir, url, tools, log);
  let stopping: Promise<void> | undefined;
  const stopHub = (): Promise<void> => (stopping ??= hub.close());
  closers.push(stopHub);
  async function restartHub(): Promise<void> {
    const ports = { api: portOf(hub.api), agents: portOf(hub.agents) };
    await hub.close();
    hub = await startHub(dataDir, url, tools, log, ports);
  }
  const client = clientOf(hub);
  const planes = await starting;
  const base = { dir, url, repo, gitServer, api: hub.api, token: hub.token, client, tools, log };
  await untilPassed(base, await repo.head());
  const started = options.agents === 'none' ? [] : planes.clusters;
  const clusters = await Promise.all(started.map((plane) => startCluster(base, plane, closers)));
  return { ...base, clusters, planes: planes.clusters, stopHub, restartHub, ...actionsOf(base, clusters) };
}

type Base = Pick<
  FleetRig,
  'dir' | 'url' | 'repo' | 'gitServer' | 'api' | 'token' | 'client' | 'tools' | 'log'
>;

/** Of `http://host:port` or `host:port`. */
function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

function startHub(
  dataDir: string,
  url: string,
  tools: FleetRig['tools'],
  log: RecordedLog,
  ports: { readonly api: number; readonly agents: number } = { api: 0, agents: 0 },
): Promise<Hub> {
  const host = '127.0.0.1';
  const config = {
    fleet: { url, branch: 'main', path: '', protectedPath: 'fleet' },
    dataDir,
    api: { host, port: ports.api },
    agents: { host, port: ports.agents },
    advertise: '127.0.0.1',
    pollIntervalMs,
    webhookSecret: undefined,
    apiToken: undefined,
    apiTokens: undefined,
    ...tools,
    git: 'auto',
    credentials: undefined,
    gitCredentials: undefined,
    gitHosts: undefined,
    notificationSecrets: undefined,
    externalUrl: undefined,
    metricsToken: undefined,
    logLevel: 'debug',
  } as const;
  return openHub(config, { clock: { now: () => new Date() }, log });
}

function clientOf({ api, token }: Hub): Client {
  const from = 'the rig';
  return openClient({
    server: api,
    token,
    serverFrom: from,
    tokenFrom: from,
    configFile: '',
    configFound: false,
  });
}

async function startCluster(base: Base, plane: ControlPlane, closers: Closers): Promise<RigCluster> {
  const { name, server, caPem, token } = plane;
  const live = new KubeClient(plane);
  closers.push(() => live.close());
  const requests: RequestRecord[] = [];
  const path = { name };
  const enrolled = await unwrap(base.client.POST('/api/v1/clusters/{name}/enrollment', { params: { path } }));
  const start = (enrollmentToken: string | undefined): Promise<Agent> =>
    openAgent(
      {
        stateDir: join(base.dir, `agent-${name}`),
        stateIn: 'folder',
        carryOver: 'none',
        enrollmentToken,
        cluster: { type: 'explicit', server, caPem, token },
        namespace: 'fairlead-system',
        guard: openGuard,
        probe: undefined,
        admission: undefined,
        logLevel: 'debug',
      },
      base.log,
      { kube: { onRequest: (request) => requests.push(request) } },
    );
  let agent = await start(enrolled.token);
  closers.push(() => agent.close());
  const cluster: RigClusterWithAgent = {
    name,
    plane,
    live,
    agent: () => agent,
    requests: (verb) => requests.filter((request) => request.verb === verb).length,
    writes: () =>
      requests
        .filter(({ verb }) => writingVerbs.has(verb))
        .map(({ verb, resource, status }) => `${verb} ${resource} ${status}`),
    forgetRequests: () => void requests.splice(0),
    async restartAgent(enrollmentToken) {
      await agent.close();
      requests.splice(0);
      await untilLink(base, name, 'silent');
      agent = await start(enrollmentToken);
      await untilLink(base, name, 'connected');
      await waitUntil(`${name} is watched again`, () => cluster.requests('watch') > 0, { limitMs });
      await agent.whenIdle();
    },
  };
  await untilLink(base, name, 'connected');
  return cluster;
}

interface RigClusterWithAgent extends RigCluster {
  agent(): Agent;
}

async function untilLink(base: Base, cluster: string, link: 'connected' | 'silent'): Promise<void> {
  const path = { name: cluster };
  await waitUntil(
    `${cluster} is ${link}`,
    async () => {
      const found = await unwrap(base.client.GET('/api/v1/clusters/{name}', { params: { path } }));
      return found.connected === (link === 'connected');
    },
    { limitMs, detail: () => troubles(base.log) },
  );
}

/** A pass over this commit has ended, whatever it found. */
async function untilPassed(base: Base, commit: string): Promise<void> {
  await waitUntil(
    `a pass over ${commit}`,
    async () => (await unwrap(base.client.GET('/api/v1/status', {}))).lastPass?.commit.id === commit,
    { limitMs, everyMs: 50, detail: () => troubles(base.log) },
  );
}

function actionsOf(
  base: Base,
  clusters: readonly RigCluster[],
): Pick<
  FleetRig,
  'cluster' | 'push' | 'application' | 'until' | 'untilSynced' | 'untilIdle' | 'operate' | 'checkout'
> {
  const { client, repo } = base;
  const application: FleetRig['application'] = (key) =>
    unwrap(client.GET('/api/v1/applications/{key}', { params: { path: { key } } }));
  const until: FleetRig['until'] = async (name, what, test) => {
    let last: Schemas['Application'] | undefined;
    return waitUntil(
      `${name} ${what}`,
      async () => {
        last = await application(name);
        return test(last) ? last : undefined;
      },
      { limitMs, detail: () => `${JSON.stringify(last, undefined, 1)}\n${troubles(base.log)}` },
    );
  };
  return {
    application,
    until,
    cluster(name) {
      const found = clusters.find((cluster) => cluster.name === name);
      if (found) return found;
      throw new Error(`no cluster ${name}`);
    },
    async push(changes) {
      const commit = await repo.commit(changes);
      await tellHub(base);
      await untilPassed(base, commit);
      return commit;
    },
    async untilSynced(...names) {
      const { items } = await unwrap(client.GET('/api/v1/applications', {}));
      const wanted = names.length > 0 ? names : items.map(({ name }) => name);
      for (const name of wanted)
        await until(name, 'is synced', (found) => {
          return found.sync === 'Synced' && found.appliedDigest === found.digest;
        });
    },
    async untilIdle() {
      await Promise.all((clusters as readonly RigClusterWithAgent[]).map((each) => each.agent().whenIdle()));
    },
    async operate(key, type) {
      const params = { path: { key } };
      const asked = await unwrap(
        client.POST('/api/v1/applications/{key}/operations', { params, body: { type } }),
      );
      return waitUntil(
        `${type} of ${key}`,
        async () => {
          const path = { id: asked.id };
          const now = await unwrap(client.GET('/api/v1/operations/{id}', { params: { path } }));
          return now.finishedAt === undefined ? undefined : now;
        },
        { limitMs, everyMs: 50, detail: () => troubles(base.log) },
      );
    },
    async checkout() {
      const files = await mkdtemp(join(base.dir, 'files-'));
      await repo.git(`--work-tree=${files}`, 'checkout', '--force', 'main', '--', '.');
      return files;
    },
  };
}

async function tellHub({ api, token, url }: Base): Promise<void> {
  const answer = await fetch(`${api}/api/v1/webhook`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ repository: { clone_url: url } }),
  });
  if (!answer.ok) throw new Error(`webhook: ${answer.status} ${await answer.text()}`);
}

function troubles(log: RecordedLog): string {
  const entries = log.entries.filter(({ level }) => level === 'warn' || level === 'error').slice(-8);
  return entries.map(({ fields, message }) => `${message} ${JSON.stringify(fields)}`).join('\n');
}
