import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
// Loaded for its weight only: the memory that is measured is that of an agent's process.
import '../agent/context.ts';
import { openEngine } from '../agent/engine/engine.ts';
import { openKube } from '../agent/kube/client.ts';
import { openConnection } from '../agent/kube/connection.ts';
import { guardKube } from '../agent/kube/guard-kube.ts';
import type { DesiredSet } from '../agent/ports.ts';
import { openOutbox } from '../agent/report/open-outbox.ts';
import { openState } from '../agent/state/open-state.ts';
import { type DesiredApplication, defaultDeleteLimits, encodeDesired } from '../core/desired.ts';
import { digest } from '../core/digest.ts';
import { openGuard } from '../core/guard.ts';
import type { Report } from '../core/session.ts';
import { manyApplications, objectsOf } from './many-objects.ts';

/** What was measured of one desired state, from the moment that the engine has it until all of it is reported applied. */
export interface EngineTurn {
  readonly seconds: number;
  /** Of this process, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** Requests by verb, watches apart. */
  readonly requests: Readonly<Record<string, number>>;
  readonly residentBytes: number;
}

const namespace = 'fairlead';
const clock = {
  now: () => new Date(),
  setTimer(ms: number, run: () => void) {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * An agent without its session: engine, state folder and outbox as users run them, in a process of its own, with
 * credentials as in a pod (the library that reads a kubeconfig would weigh 70 MB more). A message
 * `{ version }` puts the objects of that version in force, and is answered with an `EngineTurn`.
 */
const counts: Record<string, number> = {};
const { STATE_DIR: dir = '', SERVER: server = '', CA: caPem = '', TOKEN: token = '' } = process.env;
const log = pino({ level: 'warn' }, pino.destination(2));
const state = await openState({ dir });
const outbox = await openOutbox({ dir, clock });
const unguarded = openKube(await openConnection({ type: 'explicit', server, caPem, token }), {
  onRequest({ verb }) {
    counts[verb] = (counts[verb] ?? 0) + 1;
  },
});
let onReport: (report: Report) => void = () => undefined;
const engine = openEngine({
  kube: guardKube(unguarded, openGuard, namespace),
  state,
  async report(report) {
    onReport(report);
    await outbox.add(report);
  },
  namespace,
  guard: openGuard,
  digestKey: randomBytes(32),
  clock,
  random: Math.random,
  log,
});

function desiredOf(version: number): DesiredSet {
  const applications = Array.from({ length: manyApplications }, (_, index): DesiredApplication => {
    const manifests = objectsOf('fairlead', index, version).map((object, line) => ({
      object,
      origin: { file: `app-${index}.yaml`, line },
    }));
    return {
      application: `bench/app-${index}`,
      project: 'bench',
      mode: 'heal',
      prune: true,
      allowEmpty: false,
      namespace: 'default',
      createNamespace: false,
      deleteLimits: defaultDeleteLimits,
      manifests,
    };
  });
  const entries = applications.map(
    (desired) => [desired.application, { digest: digest(encodeDesired(desired)), desired }] as const,
  );
  return { generation: version, applications: new Map(entries) };
}

/** Resolves when every application was reported synced at this very desired state. */
function reportedApplied(desired: DesiredSet): Promise<void> {
  const missing = new Set(desired.applications.keys());
  return new Promise((resolve) => {
    onReport = (report) => {
      if (report.type !== 'application') return;
      const { application, appliedDigest, sync } = report.status;
      if (sync !== 'Synced' || appliedDigest !== desired.applications.get(application)?.digest) return;
      missing.delete(application);
      if (missing.size === 0) resolve();
    };
  });
}

async function measure(version: number): Promise<EngineTurn> {
  const desired = desiredOf(version);
  const before = { ...counts };
  const cpu = process.cpuUsage();
  const start = performance.now();
  const applied = reportedApplied(desired);
  engine.setDesired(desired);
  await applied;
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const requests = Object.fromEntries(
    Object.entries(counts).map(([verb, count]) => [verb, count - (before[verb] ?? 0)]),
  );
  return {
    seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    requests,
    residentBytes: process.memoryUsage.rss(),
  };
}

process.on('message', ({ version }: { version: number }) => {
  void measure(version).then(async (turn) => {
    await engine.whenIdle();
    process.send?.(turn);
  });
});
process.once('SIGTERM', () => {
  void engine
    .close()
    .then(() => unguarded.close())
    .then(() => outbox.close())
    .then(() => process.exit(0));
});
process.send?.({ ready: true });
