import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Drift } from '../../core/drift.ts';
import { AppError } from '../../core/error.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { NamedToken } from '../../hub/access/api-tokens.ts';
import type { NotificationsPort } from '../../hub/api/context.ts';
import { openApi } from '../../hub/api/open-api.ts';
import type { Catalog } from '../../hub/catalog/catalog.ts';
import type { ApplicationRecord, ControlPort, HubEvent, StorePort } from '../../hub/ports.ts';
import type { QueryPort } from '../../hub/session/query-port.ts';
import { openStore } from '../../hub/store/open-store.ts';

export const testToken = 'a-token-for-tests';
export const metricsToken = 'a-token-for-metrics';
export const webhookSecret = 'shared with the Git host';
export const fleetUrl = 'https://git.example/acme/fleet.git';
export const now = new Date('2026-11-03T14:02:20.000Z');

const silent = (): void => undefined;
export const silentLog = { debug: silent, info: silent, warn: silent, error: silent };

const commit = {
  id: '4f2c1aa90b',
  author: 'm.ortiz',
  committedAt: '2026-11-03T12:00:00.000Z',
  subject: 'web: 1.2',
};

const located = (file: string) => ({ location: { file, line: 1 }, fieldLines: new Map<string, number>() });

function application(
  name: string,
  cluster: string,
  rest: Partial<ApplicationRecord> = {},
): ApplicationRecord {
  return {
    application: `argocd/${name}`,
    name,
    project: 'platform',
    cluster,
    environment: cluster,
    namespace: 'payments',
    mode: 'sync',
    repoURL: 'https://git.example/acme/apps.git',
    targetRevision: 'main',
    path: `apps/${name}`,
    location: { file: `apps/${name}.yaml`, line: 1 },
    commit,
    digest: `sha256:${name}`,
    deletesOnRemoval: false,
    gates: [],
    problems: [],
    ...rest,
  };
}

export const records: readonly ApplicationRecord[] = [
  application('payments-prod', 'prod', { owner: 'team-payments' }),
  application('payments-staging', 'staging'),
  application('shared', 'staging', {
    gates: [
      {
        kind: 'frozen',
        reason: "apps/shared.yaml can't be read now",
        location: { file: 'apps/shared.yaml', line: 7 },
        remedy: 'Mend the syntax there',
      },
    ],
  }),
  application('shared', 'prod', { application: 'team-b/shared' }),
  (({ commit: _commit, digest: _digest, ...rest }) => rest)(
    application('search', 'prod', {
      gates: [
        {
          kind: 'refusal',
          reason: "project platform doesn't allow namespace kube-system",
          location: { file: 'fleet/projects/platform.yaml', line: 14 },
          remedy: 'Ask the owner of project platform to allow it',
        },
      ],
    }),
  ),
];

const web = { group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'web' };

export const drift: Drift = {
  id: 'drift-0001-replicas',
  application: 'argocd/payments-prod',
  ref: web,
  kind: 'changed',
  fields: [
    {
      path: 'spec.replicas',
      desired: 3,
      live: 5,
      writer: { manager: 'kubectl', operation: 'Update', subresource: 'scale' },
    },
  ],
  observedAt: '2026-11-03T14:02:11.000Z',
  writer: { manager: 'kubectl', operation: 'Update', subresource: 'scale' },
  verdict: 'exact',
};

export const status: ApplicationStatus = {
  application: 'argocd/payments-prod',
  digest: 'sha256:payments-prod',
  sync: 'OutOfSync',
  cause: 'drifted',
  appliedDigest: 'sha256:payments-prod',
  appliedAt: '2026-11-03T12:01:00.000Z',
  health: { status: 'Healthy', message: '' },
  objects: [{ ref: web, sync: 'OutOfSync', health: { status: 'Healthy', message: '' } }],
  drifts: [drift],
  failures: [],
  gates: [],
};

export const testCatalog: Catalog = {
  fleet: undefined,
  projects: new Map([
    [
      'platform',
      {
        kind: 'AppProject',
        name: 'platform',
        description: 'What the platform team runs',
        sourceRepos: ['https://git.example/acme/*'],
        destinations: [{ name: 'prod', namespace: 'payments' }],
        clusterResourceWhitelist: [],
        clusterResourceBlacklist: [],
        namespaceResourceBlacklist: [],
        orphanedResources: { warn: true, ignore: [] },
        ...located('fleet/projects/platform.yaml'),
      },
    ],
  ]),
  clusters: new Map(
    ['prod', 'staging'].map((name) => [
      name,
      {
        kind: 'Cluster',
        name,
        labels: { tier: '1' },
        environment: name,
        servers: [],
        ...located(`fleet/${name}.yaml`),
      },
    ]),
  ),
  notifications: new Map(),
  accessPolicies: [],
  applications: new Map(),
  frozen: new Map(),
  problems: [],
};

/** No agent answers. */
export const noQueries: QueryPort = {
  ask() {
    throw new AppError('unavailable', 'no agent of this test answers');
  },
};

/** A hub without Git and agents: the real API over the real store, and a control that notes what it was asked. */
export interface TestHub {
  readonly address: string;
  readonly store: StorePort;
  /** Every `refresh`, '' for all. */
  readonly refreshed: readonly string[];
  /** Tells live views. */
  emit(event: HubEvent): void;
  /** How many listen to events now. */
  listeners(): number;
  /** What the agent would answer to the next operations, given to each at once. */
  answer(phase: 'Succeeded' | 'Failed' | undefined, message?: string): void;
  close(): Promise<void>;
}

export interface TestHubOptions {
  readonly notifications?: NotificationsPort;
  /** Replaces parts of the control. */
  readonly control?: Partial<ControlPort>;
  /** What agents answer to queries; nothing if absent. */
  readonly queries?: QueryPort;
  /** Replaces what the store holds. */
  readonly fill?: (store: StorePort) => Promise<void>;
  /** The one of the tests if absent. */
  readonly token?: string;
  /** Who else has a token. */
  readonly people?: () => readonly NamedToken[];
  /** A fixed moment if absent. */
  readonly clock?: { now(): Date };
  readonly webhookSecret?: string;
}

export async function openTestHub(options: TestHubOptions = {}): Promise<TestHub> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-test-hub-'));
  const clock = options.clock ?? { now: () => now };
  const store = await openStore({ dir, clock });
  await (options.fill ?? fill)(store);
  const listeners = new Set<(event: HubEvent) => void>();
  const refreshed: string[] = [];
  let outcome: { phase: 'Succeeded' | 'Failed' | undefined; message: string } = {
    phase: 'Succeeded',
    message: 'done',
  };
  let sequence = 1_000_000;
  const control: ControlPort = {
    refresh: (url) => void refreshed.push(url ?? ''),
    connections: () =>
      new Map([
        [
          'prod',
          { cluster: 'prod', agentVersion: '0.1.0', since: '2026-11-03T10:00:00.000Z', generation: 1 },
        ],
      ]),
    async enroll(cluster) {
      if (!testCatalog.clusters.has(cluster)) {
        throw new AppError('not-found', 'no Cluster document has this name', {
          subject: cluster,
          remedy: 'Commit one below fleet/',
        });
      }
      return { cluster, token: 'one-time.token', expiresAt: '2026-11-03T15:02:20.000Z' };
    },
    async decommission(cluster, objects, by) {
      const request = { type: 'decommission', objects } as const;
      return store.createOperation({ application: '', cluster, request, requestedBy: by });
    },
    publishHolds: () => undefined,
    async submit(operation) {
      const created = await store.createOperation(operation);
      const { phase, message } = outcome;
      if (phase === undefined) return created;
      sequence += 1;
      const result = { id: created.id, phase, message, at: clock.now().toISOString() };
      await store.saveReports(operation.cluster, [{ sequence, report: { type: 'operation', result } }]);
      return created;
    },
    async cancel(id, cancelledBy) {
      const operation = await store.cancelOperation(id, cancelledBy);
      if (operation === undefined) throw new AppError('conflict', 'it has ended already', { subject: id });
      return operation;
    },
    promote: async ({ from, to, dryRun }) => ({
      state: dryRun ? 'preview' : 'written',
      applications: [`argocd/payments-${to}`],
      repoURL: fleetUrl,
      base: 'main',
      branch: `fairlead/promote-payments-${to}-0a1b2c3d`,
      title: `Promote payments to ${to}: web 1.3`,
      text: `What runs in ${from} goes to ${to}.`,
      changes: [
        {
          ref: web,
          field: 'spec.template.spec.containers[name=web].image',
          before: 'registry.example/web:1.2',
          after: 'registry.example/web:1.3',
        },
      ],
      files: [
        {
          path: 'apps/prod.yaml',
          patch: '--- apps/prod.yaml\n+++ apps/prod.yaml\n@@ -1 +1 @@\n-1.2\n+1.3\n',
        },
      ],
      sourceCommits: [commit],
    }),
    rollback: async (name, { dryRun, author, ...target }) => ({
      state: dryRun ? 'preview' : 'written',
      applications: [name],
      repoURL: fleetUrl,
      base: 'main',
      branch: 'fairlead/rollback-payments-prod-4f2c1aa',
      title: `Roll back to ${JSON.stringify(target)}`,
      text: `asked by ${author?.name ?? 'nobody'}`,
      changes: [],
      files: [],
      sourceCommits: [commit],
    }),
    problems: () => testCatalog.problems,
    catalog: () => testCatalog,
    sources: () => [
      { url: fleetUrl, commits: { main: commit.id }, fetchedAt: now.toISOString() },
      {
        url: 'https://git.example/acme/apps.git',
        commits: { main: commit.id },
        fetchedAt: now.toISOString(),
      },
    ],
    lastPass: () => ({ commit, at: now.toISOString() }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ...options.control,
  };
  const api = await openApi({
    listen: { host: '127.0.0.1', port: 0 },
    store,
    control,
    queries: options.queries ?? noQueries,
    tokens: [options.token ?? testToken],
    ...(options.people === undefined ? {} : { people: options.people }),
    ...(options.webhookSecret === undefined ? {} : { webhookSecret: options.webhookSecret }),
    fleetRepository: fleetUrl,
    repositories: { list: async () => [], test: async (url) => ({ url, steps: [] }) },
    notifications: options.notifications ?? { states: () => [], problems: () => [], test: async () => [] },
    figures: {
      fetches: new Map([['ok', 3]]),
      renders: new Map(),
      passes: new Map(),
      deliveries: new Map([['slack delivered', 2]]),
      lastPassDurationMs: 250,
    },
    metricsToken,
    version: '0.1.0',
    clock,
    log: silentLog,
  });
  return {
    address: api.address,
    store,
    refreshed,
    emit: (event) => listeners.forEach((listener) => void listener(event)),
    listeners: () => listeners.size,
    answer: (phase, message = 'done') => {
      outcome = { phase, message };
    },
    async close() {
      await api.close();
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function fill(store: StorePort): Promise<void> {
  await store.saveGeneration({
    fleetCommit: commit,
    files: [],
    removedFiles: [],
    applications: records,
    removedApplications: [],
    heads: new Map(),
    blobs: new Map(),
    renders: new Map(),
  });
  await store.saveContact('prod', { agentVersion: '0.1.0', generation: 1, at: '2026-11-03T14:02:00.000Z' });
  await store.saveContact('staging', {
    agentVersion: '0.1.0',
    generation: 1,
    at: '2026-11-03T13:00:00.000Z',
  });
  await store.saveReports('prod', [
    { sequence: 1, report: { type: 'drift', event: { drift, change: 'opened', at: drift.observedAt } } },
    { sequence: 2, report: { type: 'application', status } },
  ]);
}
