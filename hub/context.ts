import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { diskError } from '../core/disk-error.ts';
import type { Log } from '../core/log.ts';
import type { Problem } from '../core/problem.ts';
import { version } from '../core/version.ts';
import { createNotifications } from './alerting/open-notifications.ts';
import { openApi } from './api/open-api.ts';
import { readOrCreateApiToken } from './api-token.ts';
import { openCharts } from './charts/open-charts.ts';
import type { HubConfig } from './config.ts';
import { createControl, foldSessionEvent, HubEvents } from './control.ts';
import type { RemotePort } from './credentials/remote.ts';
import { count, countFetches, countRenders, createFigures } from './figures.ts';
import { findTool } from './find-tool.ts';
import { parseGitAddress } from './git/credentials.ts';
import { openGit } from './git/open-git.ts';
import { openHosts } from './hosts/open-hosts.ts';
import { openIdentity } from './identity/open-identity.ts';
import { FleetLoop } from './loop.ts';
import { openApiTokens } from './open-api-tokens.ts';
import { readGitHosts } from './read-git-hosts.ts';
import { openRemote } from './remote/open-remote.ts';
import { openRender } from './render/open-render.ts';
import { createRepositories } from './repositories.ts';
import { openSignatures } from './signatures/open-signatures.ts';
import { SignatureCheck } from './sources/signature-check.ts';
import { openStore } from './store/open-store.ts';
import { openSessionServer, type SessionServer } from './stream/open-session-server.ts';
import { systemTimers } from './timers.ts';

/** A running hub. */
export interface Hub {
  /** `http://host:port`. */
  readonly api: string;
  /** `host:port` that agents are told to dial. */
  readonly agents: string;
  readonly token: string;
  /** Where the token is kept, if this start made it: it's to be printed now and never again. */
  readonly freshTokenFile: string | undefined;
  close(): Promise<void>;
}

interface HubSurroundings {
  readonly clock: { now(): Date };
  readonly log: Log;
}

/** Builds every edge of a hub from its configuration and starts it. Throws AppError; then nothing is left open. */
export async function openHub(config: HubConfig, { clock, log }: HubSurroundings): Promise<Hub> {
  const closers: (() => Promise<void> | void)[] = [];
  async function close(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) await closer();
  }
  try {
    return { ...(await openParts(config, { clock, log }, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openParts(
  config: HubConfig,
  { clock, log }: HubSurroundings,
  closers: (() => Promise<void> | void)[],
): Promise<Omit<Hub, 'close'>> {
  makeDataDir(config.dataDir);
  const store = await openStore({ dir: config.dataDir, clock });
  closers.push(() => store.close());
  const { token, file, fresh } = readOrCreateApiToken(config.dataDir, config.apiToken);
  const people = config.apiTokens === undefined ? undefined : openApiTokens(config.apiTokens, log);
  const remote = await openRemote({
    lists: { credentials: config.credentials, gitCredentials: config.gitCredentials },
    environment: process.env,
    clock,
    log,
  });
  closers.push(() => remote.close());
  const git = await openGit({
    dir: join(config.dataDir, 'git'),
    implementation: config.git,
    remote,
    log,
  });
  closers.push(() => git.close());
  const hosts = openHosts({
    hosts: config.gitHosts === undefined ? [] : readGitHosts(config.gitHosts),
    clock,
  });
  const render = await openRender({
    helm: config.helm ?? findTool('helm', process.env['PATH']),
    kustomize: config.kustomize ?? findTool('kustomize', process.env['PATH']),
    tmpDir: join(config.dataDir, 'render'),
    log,
  });
  const signatures = openSignatures({
    gpgv: findTool('gpgv', process.env['PATH']),
    sshKeygen: findTool('ssh-keygen', process.env['PATH']),
    tmpDir: join(config.dataDir, 'signatures'),
  });
  const identity = await openIdentity({
    dir: join(config.dataDir, 'identity'),
    hostnames: [config.advertise],
    clock,
    log,
  });
  closers.push(() => identity.close());

  const charts = openCharts({
    dir: join(config.dataDir, 'charts'),
    find: (url) => remote.access(url),
    now: () => clock.now(),
  });
  const events = new HubEvents();
  const figures = createFigures();
  let sessions: SessionServer | undefined;
  const loop = new FleetLoop({
    fleet: config.fleet,
    pollIntervalMs: config.pollIntervalMs,
    git: countFetches(git, figures),
    charts,
    render: countRenders(render, figures),
    signatures: new SignatureCheck(git, signatures),
    store,
    clock,
    log,
    onGeneration(commit, clusters) {
      sessions?.publish(clusters);
      events.emit({ type: 'generation', commit: commit.id, clusters });
    },
    onDeparted(cluster) {
      sessions?.dismiss(cluster);
      events.emit({ type: 'cluster', cluster });
    },
    onPass({ result, durationMs, applications }) {
      count(figures.passes, result);
      figures.lastPassEndedAt = clock.now().getTime();
      figures.lastPassDurationMs = durationMs;
      notifications.notifier.passed(applications);
    },
  });
  const notifications = createNotifications({
    store,
    catalog: () => loop.catalog(),
    connections: () => sessions?.connections() ?? new Map(),
    secretsDir: config.notificationSecrets,
    externalUrl: config.externalUrl,
    pollIntervalMs: config.pollIntervalMs,
    figures,
    clock,
    timers: systemTimers,
    random: Math.random,
    log,
  });
  events.subscribe((event) => notifications.notifier.handle(event));
  closers.push(() => notifications.notifier.close());
  closers.push(() => loop.close());
  sessions = await openSessionServer({
    listen: config.agents,
    hubVersion: version,
    identity,
    store,
    clock,
    log,
    onEvent: (event) => foldSessionEvent(event, loop, events),
  });
  closers.push(() => sessions?.close());
  const agents = `${config.advertise}:${sessions.address.slice(sessions.address.lastIndexOf(':') + 1)}`;
  const control = createControl(
    {
      store,
      loop,
      identity,
      git,
      hosts,
      render,
      fleet: config.fleet,
      sessions: () => sessions,
      agentAddress: () => agents,
      secretProblems: () => [...notifications.notifier.problems(), ...credentialProblems(remote)],
      clock,
    },
    events,
  );
  const api = await openApi({
    listen: config.api,
    store,
    control,
    queries: sessions,
    tokens: [token],
    ...(people === undefined ? {} : { people }),
    fleetRepository: parseGitAddress(config.fleet.url, []).url,
    notifications: notifications.port,
    repositories: createRepositories({
      remote,
      git,
      charts,
      store,
      sources: () => loop.sources(),
      fleetUrl: config.fleet.url,
    }),
    figures,
    version,
    clock,
    log,
    ...(config.webhookSecret === undefined ? {} : { webhookSecret: config.webhookSecret }),
    ...(config.metricsToken === undefined ? {} : { metricsToken: config.metricsToken }),
  });
  closers.push(() => api.close());
  await loop.start();
  await notifications.notifier.start();
  return { api: api.address, agents, token, freshTokenFile: fresh ? file : undefined };
}

/** Whoever looks at the fleet shall see that a changed list of credentials doesn't count. */
function credentialProblems(remote: RemotePort): readonly Problem[] {
  const why = remote.problem();
  if (why === undefined) return [];
  const message = `The list of credentials can't be read now, so the last good one counts: ${why}`;
  return [{ code: 'credentials-unreadable', message }];
}

function makeDataDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError(error, dir, 'The hub needs its data folder to start (--data-dir)');
  }
}
