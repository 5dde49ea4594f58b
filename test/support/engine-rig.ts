import { openEngine } from '../../agent/engine/engine.ts';
import type { Engine } from '../../agent/engine/engine-api.ts';
import type { OrphanPace } from '../../agent/engine/orphan-scan.ts';
import { type KubeOptions, openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { Connection } from '../../agent/kube/credentials.ts';
import { guardKube } from '../../agent/kube/guard-kube.ts';
import type { DesiredSet, KubePort, PeoplePort, StatePort } from '../../agent/ports.ts';
import { type DesiredApplication, defaultDeleteLimits, encodeDesired } from '../../core/desired.ts';
import { digest } from '../../core/digest.ts';
import type { DriftEvent } from '../../core/drift.ts';
import { type Guard, openGuard } from '../../core/guard.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { OperationResult, Report } from '../../core/session.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { waitUntil } from '../clusters/wait.ts';
import { memoryState } from './memory-state.ts';
import { recordLog } from './record-log.ts';

const limitMs = 60_000;

/** What the engine of a rig seals values with. */
export const rigKey = new Uint8Array(32).fill(7);

/** One application as Git would give it; everything that a test doesn't say is the plainest. */
export function wantedApplication(
  name: string,
  objects: readonly KubeObject[],
  options: Partial<DesiredApplication> = {},
): DesiredApplication {
  return {
    application: `apps/${name}`,
    project: 'platform',
    mode: 'heal',
    prune: true,
    allowEmpty: false,
    namespace: 'default',
    createNamespace: false,
    deleteLimits: defaultDeleteLimits,
    manifests: objects.map((object, index) => ({
      object,
      origin: { file: `${name}.yaml`, line: index + 1 },
    })),
    ...options,
  };
}

/** One engine on a real API server, with everything that it asked and told. */
export interface EngineRig {
  readonly engine: Engine;
  readonly state: StatePort;
  readonly requests: string[];
  readonly reports: Report[];
  /** Verbs of requests that are neither watches nor reads of the first state. */
  writes(): readonly string[];
  want(...applications: readonly DesiredApplication[]): void;
  status(name: string): ApplicationStatus | undefined;
  drifts(name: string): readonly DriftEvent[];
  result(id: string): OperationResult | undefined;
  until(name: string, what: string, test: (status: ApplicationStatus) => boolean): Promise<ApplicationStatus>;
  untilApplied(...applications: readonly DesiredApplication[]): Promise<void>;
  close(): Promise<void>;
}

/** What a test sets that is the real one else. */
export interface RigOverrides {
  /** In place of the access's own. */
  readonly connection?: Connection;
  readonly kube?: Omit<KubeOptions, 'onRequest'>;
  readonly now?: () => Date;
  readonly leakSweepMs?: number;
  readonly people?: PeoplePort;
  readonly orphanPace?: OrphanPace;
}

/** `between` stands between the engine and the API server: what happens there happens in the middle of a request. */
export async function engineRig(
  access: ClusterAccess,
  state: StatePort = memoryState(),
  between: (kube: KubePort) => KubePort = (kube) => kube,
  guard: Guard = openGuard,
  overrides: RigOverrides = {},
): Promise<EngineRig> {
  const requests: string[] = [];
  const reports: Report[] = [];
  const { server, caPem, token } = access;
  const connection =
    overrides.connection ?? (await openConnection({ type: 'explicit', server, caPem, token }));
  const kube = openKube(connection, {
    ...overrides.kube,
    onRequest: (request) => requests.push(`${request.verb} ${request.resource}`),
  });
  const engine = openEngine({
    kube: between(guardKube(kube, guard, 'fairlead-test')),
    state,
    report: async (report) => void reports.push(report),
    namespace: 'fairlead-test',
    guard,
    digestKey: rigKey,
    clock: {
      now: overrides.now ?? (() => new Date()),
      setTimer(ms, fire) {
        const timer = setTimeout(fire, ms);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    random: Math.random,
    log: recordLog(),
    ...(overrides.people === undefined ? {} : { people: overrides.people }),
    ...(overrides.leakSweepMs === undefined ? {} : { leakSweepMs: overrides.leakSweepMs }),
    ...(overrides.orphanPace === undefined ? {} : { orphanPace: overrides.orphanPace }),
  });
  let generation = 0;
  const status = (name: string) =>
    reports.findLast(
      (report): report is Extract<Report, { type: 'application' }> =>
        report.type === 'application' && report.status.application === `apps/${name}`,
    )?.status;
  const rig: EngineRig = {
    engine,
    state,
    requests,
    reports,
    writes: () => requests.filter((request) => /^(apply|create|update|patch|delete) /.test(request)),
    want(...applications) {
      generation += 1;
      engine.setDesired(desiredSet(generation, applications));
    },
    status,
    drifts: (name) =>
      reports.flatMap((report) =>
        report.type === 'drift' && report.event.drift.application === `apps/${name}` ? [report.event] : [],
      ),
    result: (id) =>
      reports.findLast(
        (report): report is Extract<Report, { type: 'operation' }> =>
          report.type === 'operation' && report.result.id === id,
      )?.result,
    until: (name, what, test) =>
      waitUntil(
        `${name} ${what}`,
        () => {
          const found = status(name);
          return found !== undefined && test(found) ? found : undefined;
        },
        { limitMs, everyMs: 10, detail: () => JSON.stringify(status(name), undefined, 1) },
      ),
    async untilApplied(...applications) {
      rig.want(...applications);
      for (const application of applications) {
        const wanted = digest(encodeDesired(application));
        const name = application.application.slice('apps/'.length);
        await rig.until(
          name,
          'is applied',
          (found) => found.appliedDigest === wanted && found.sync === 'Synced',
        );
      }
      await engine.whenIdle();
    },
    async close() {
      await engine.close();
      await kube.close();
    },
  };
  return rig;
}

function desiredSet(generation: number, applications: readonly DesiredApplication[]): DesiredSet {
  return {
    generation,
    applications: new Map(
      applications.map((desired) => [
        desired.application,
        { digest: digest(encodeDesired(desired)), desired },
      ]),
    ),
  };
}
