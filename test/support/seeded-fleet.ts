import type { Drift } from '../../core/drift.ts';
import type { NumberedReport } from '../../core/session.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { Catalog } from '../../hub/catalog/catalog.ts';
import type { ApplicationRecord, Commit, Connection, StorePort } from '../../hub/ports.ts';
import { seededApplication, seededStatus } from './seeded-application.ts';

/** A fleet as Git and its agents would have told a hub: every state that there is, most of it calm. */
export interface SeededFleet {
  readonly records: readonly ApplicationRecord[];
  readonly statuses: ReadonlyMap<string, ApplicationStatus>;
  readonly catalog: Catalog;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly lastCommit: Commit;
  /** Puts all of it into a hub's store, as passes and agents do. */
  fill(store: StorePort): Promise<void>;
}

export interface SeedOptions {
  readonly applications: number;
  readonly clusters: number;
  readonly now: Date;
}

const environments = ['dev', 'staging', 'prod'] as const;
const regions = ['eu', 'us', 'ap'] as const;

export function seedFleet({ applications, clusters, now }: SeedOptions): SeededFleet {
  const names = Array.from({ length: clusters }, (_, index) => clusterName(index));
  // The last of them is silent.
  const heard = names.slice(0, -1);
  const ago = (minutes: number): string => new Date(now.getTime() - minutes * 60_000).toISOString();
  const records = Array.from({ length: applications }, (_, index) =>
    seededApplication(index, names[index % names.length] ?? '', ago),
  );
  const statuses = new Map(
    records.flatMap((record, index) => {
      const status = seededStatus(record, index, ago);
      return status === undefined ? [] : [[record.application, status] as const];
    }),
  );
  const lastCommit = newest(records);
  return {
    records,
    statuses,
    lastCommit,
    catalog: catalogOf(names),
    connections: new Map(
      heard.map((cluster) => [cluster, { cluster, agentVersion: '0.1.0', since: ago(300), generation: 12 }]),
    ),
    async fill(store) {
      const earlier = records.map((record) => earlierOf(record, ago));
      for (const [index, generation] of [earlier, records].entries()) {
        await store.saveGeneration({
          fleetCommit: lastCommit,
          files: [],
          removedFiles: [],
          applications: generation,
          removedApplications: [],
          heads: new Map(),
          blobs: new Map(),
          renders: new Map(),
        });
        for (const cluster of names) {
          const told = statusesOf(cluster, generation, statuses);
          await store.saveReports(cluster, reportsOf(told, index * 100_000));
        }
      }
      for (const [index, cluster] of names.entries()) {
        await meet(store, cluster, { silent: !heard.includes(cluster), index, ago });
      }
    },
  };
}

function clusterName(index: number): string {
  const environment = environments[index % 3] ?? 'dev';
  return `${environment}-${regions[Math.floor(index / 3) % 3]}-${Math.floor(index / 9) + 1}`;
}

function newest(records: readonly ApplicationRecord[]): Commit {
  const commits = records.flatMap(({ commit }) => commit ?? []);
  const [first] = commits.toSorted((left, right) => (left.committedAt < right.committedAt ? 1 : -1));
  if (first === undefined) throw new Error('a seeded fleet has at least one application');
  return first;
}

/** What ran before: the same, of the commit before. */
function earlierOf(record: ApplicationRecord, ago: (minutes: number) => string): ApplicationRecord {
  if (record.digest === undefined) return record;
  return {
    ...record,
    digest: `${record.digest}-earlier`,
    objectsDigest: `${record.objectsDigest}-earlier`,
    commit: { id: 'a07c4e19d2', author: 'p.lindqvist', committedAt: ago(3000), subject: 'web: 1.1' },
  };
}

function statusesOf(
  cluster: string,
  records: readonly ApplicationRecord[],
  statuses: ReadonlyMap<string, ApplicationStatus>,
): readonly ApplicationStatus[] {
  return records
    .filter((record) => record.cluster === cluster)
    .flatMap((record) => {
      const status = statuses.get(record.application);
      if (status === undefined) return [];
      return status.appliedDigest === undefined || record.digest === undefined
        ? [status]
        : [
            {
              ...status,
              appliedDigest: status.digest === record.digest ? status.appliedDigest : record.digest,
            },
          ];
    });
}

function reportsOf(statuses: readonly ApplicationStatus[], start: number): readonly NumberedReport[] {
  const opened = (drift: Drift) => ({ type: 'opened' as const, drift });
  const reports = statuses.flatMap((status) => [
    ...status.drifts.map((drift) => ({
      type: 'drift' as const,
      event: { drift: opened(drift).drift, change: 'opened' as const, at: drift.observedAt },
    })),
    { type: 'application' as const, status },
  ]);
  return reports.map((report, index) => ({ sequence: start + index + 1, report }));
}

interface Meeting {
  readonly silent: boolean;
  readonly index: number;
  readonly ago: (minutes: number) => string;
}

async function meet(store: StorePort, cluster: string, { silent, index, ago }: Meeting): Promise<void> {
  await store.saveContact(cluster, { agentVersion: '0.1.0', generation: 12, at: silent ? ago(47) : ago(0) });
  await store.saveEnrolled({
    cluster,
    certificateFingerprint: `${index}`.padStart(64, '0'),
    enrolledAt: ago(60 * 24 * 20),
    certificateExpiresAt: ago(-60 * 24 * 70),
  });
  const capabilities = { kubernetesVersion: 'v1.34.2', apiVersions: [], clusterScopedKinds: [] };
  const problems = index === 3 ? ['it may not list secrets in namespace payments'] : [];
  const status = { capabilities, problems, generation: 12 };
  await store.saveReports(cluster, [{ sequence: 900_000, report: { type: 'cluster', status } }]);
}

function catalogOf(names: readonly string[]): Catalog {
  const located = (file: string) => ({ location: { file, line: 1 }, fieldLines: new Map<string, number>() });
  return {
    fleet: {
      kind: 'Fleet',
      name: 'fleet',
      environments: environments.map((name) => ({ name })),
      deleteLimits: { freeObjects: 10, maxShare: 0.5 },
      ...located('fleet/fleet.yaml'),
    },
    projects: new Map(),
    clusters: new Map(
      names.map((name) => [
        name,
        {
          kind: 'Cluster',
          name,
          labels: { region: name.split('-')[1] ?? '' },
          environment: name.split('-')[0] ?? '',
          servers: [`https://${name}.example:6443`],
          ...located(`fleet/clusters/${name}.yaml`),
        },
      ]),
    ),
    applications: new Map(),
    notifications: new Map(),
    accessPolicies: [],
    frozen: new Map(),
    problems: [],
  };
}
