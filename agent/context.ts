import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { keyedDigest } from '../core/digest.ts';
import { AppError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import { version } from '../core/version.ts';
import type { Admission, AdmissionOptions } from './admission/open-admission.ts';
import { leaveCluster } from './apply/leave-cluster.ts';
import { type ClaimOptions, ClusterClaimant } from './claim.ts';
import type { AgentConfig } from './config.ts';
import { openEngine } from './engine/engine.ts';
import { FigureGatherer } from './gather-figures.ts';
import { Inspector } from './inspect/inspector.ts';
import { openStateKeeper } from './keep-state.ts';
import { type KubeOptions, openKube } from './kube/client.ts';
import { openConnection } from './kube/connection.ts';
import { guardKube } from './kube/guard-kube.ts';
import { ReportLogger } from './log-report.ts';
import type { ClusterClaim } from './plan/judge-claims.ts';
import type { KubePort, StatePort } from './ports.ts';
import type { Probe, ProbeOptions } from './probe/open-probe.ts';
import { readOrEnroll } from './read-or-enroll.ts';
import { openOutbox } from './report/open-outbox.ts';
import type { LeaseTiming } from './state/lease-hold.ts';
import { openState } from './state/open-state.ts';
import { openSession } from './stream/open-session.ts';

/** A running agent. */
export interface Agent {
  readonly cluster: string;
  /** `host:port` of its hub. */
  readonly hub: string;
  /** Where its probes are answered; absent where they are not. */
  readonly probePort?: number;
  /** Resolves where another agent took over its state, so that this one must end. */
  readonly lost: Promise<AppError>;
  /** Resolves when there is nothing to do now. */
  whenIdle(): Promise<void>;
  close(): Promise<void>;
}

/** What tests and benchmarks listen in with. */
interface AgentOverrides {
  readonly kube?: KubeOptions;
  readonly leaseTiming?: LeaseTiming;
}

/** Builds every edge of an agent from its configuration and starts it. Throws AppError; then nothing is left open. */
export async function openAgent(
  config: AgentConfig,
  log: Log,
  overrides: AgentOverrides = {},
): Promise<Agent> {
  const closers: (() => Promise<void> | void)[] = [];
  async function close(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) await closer();
  }
  try {
    return { ...(await openParts(config, log, overrides, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What keeps the agent from its work, besides its objects. */
interface AgentProblems {
  claim?: string | undefined;
  state?: string | undefined;
  people?: string | undefined;
  hub: readonly string[];
}

async function openParts(
  config: AgentConfig,
  log: Log,
  overrides: AgentOverrides,
  closers: (() => Promise<void> | void)[],
): Promise<Omit<Agent, 'close'>> {
  const clock = { now: () => new Date(), setTimer };
  const connection = await openConnection(config.cluster);
  let probe: Probe | undefined;
  const unguarded = openKube(connection, {
    ...overrides.kube,
    onRequest(request) {
      overrides.kube?.onRequest?.(request);
      probe?.countRequest(request);
    },
  });
  closers.push(() => unguarded.close());
  const keeper = await openStateKeeper(config, {
    kube: unguarded,
    log,
    ...(overrides.leaseTiming === undefined ? {} : { leaseTiming: overrides.leaseTiming }),
  });
  closers.push(() => keeper.close());
  const folder = await openState({ dir: join(config.stateDir, 'state') });
  closers.push(() => folder.close());
  const identity = await readOrEnroll(config, { log, clock });
  const outbox = await openOutbox({ dir: join(config.stateDir, 'state'), clock });
  closers.push(() => outbox.close());
  const problems: AgentProblems = { hub: [] };
  let tell = (): void => undefined;
  const kept = await keeper.keep({
    state: folder,
    outbox,
    onProblem(problem) {
      if (problem === problems.state) return;
      problems.state = problem;
      tell();
    },
  });
  closers.push(() => kept.close());
  const { state } = kept;
  const gatherer = new FigureGatherer(clock.now);
  const figures = () => gatherer.figures(outbox.unsent());
  probe = await openProbeOf(config, { cluster: identity.cluster, figures, log });
  if (probe !== undefined) closers.push(() => probe?.close());
  const kube = guardKube(keeper.fence(unguarded), config.guard, config.namespace);
  const reportLogger = new ReportLogger(log);
  // Its own to this folder, so that masks of Secrets stay comparable over time.
  const maskingKey = Buffer.from(
    await readOrMake(state, log, 'masking-key', () => randomBytes(32).toString('base64')),
    'base64',
  );
  const admission = await openAdmissionOf(config, {
    kube: unguarded,
    seal: (text) => keyedDigest(maskingKey, text),
    now: clock.now,
    onProblem(problem) {
      if (problem === problems.people) return;
      problems.people = problem;
      tell();
    },
  });
  if (admission !== undefined) closers.push(() => admission.close());
  const engine = openEngine({
    ...(admission === undefined ? {} : { people: admission.people }),
    kube,
    state,
    report(report) {
      reportLogger.write(report);
      gatherer.reported(report);
      return outbox.add(report);
    },
    namespace: config.namespace,
    guard: config.guard,
    digestKey: maskingKey,
    clock,
    random: Math.random,
    log,
  });
  closers.push(() => engine.close());
  tell = () =>
    engine.setProblems([
      ...(problems.claim === undefined ? [] : [problems.claim]),
      ...(problems.state === undefined ? [] : [problems.state]),
      ...(problems.people === undefined ? [] : [problems.people]),
      ...problems.hub,
      ...lostProblems(outbox.lost()),
    ]);
  const claim = {
    namespace: config.namespace,
    cluster: identity.cluster,
    authority: new X509Certificate(identity.authority).fingerprint256,
    agent: await readOrMake(state, log, 'agent-id', randomUUID),
  };
  const claimant = openClaim(config, {
    kube,
    log,
    claim,
    onProblem(problem) {
      problems.claim = problem;
      gatherer.claimProblem(problem);
      tell();
    },
  });
  closers.push(() => claimant.close());
  void claimant.granted.then(() => gatherer.granted());
  const inspector = new Inspector({
    kube,
    applications: engine,
    guard: config.guard,
    seal: (text) => keyedDigest(maskingKey, text),
    clock,
    log,
  });
  closers.push(() => inspector.close());
  const session = await openSession({
    identity,
    agentVersion: version,
    state,
    outbox,
    clock,
    random: Math.random,
    log,
    onInForce(desired) {
      gatherer.inForce(desired);
      void claimant.granted.then(() => engine.setDesired(desired));
    },
    onOperation: (operation) => void claimant.granted.then(() => engine.runOperation(operation)),
    onHolds: (holds) => engine.setHolds(holds),
    onCancel: (id) => void claimant.granted.then(() => engine.cancelOperation(id)),
    queries: inspector,
    onDismissed: () => void leave(kube, claim, log),
    onHubState(hub) {
      problems.hub = hub.problems;
      gatherer.hubState(hub.connected);
      tell();
    },
  });
  closers.push(() => session.close());
  return {
    cluster: identity.cluster,
    hub: identity.hub,
    lost: keeper.lost,
    ...(probe === undefined ? {} : { probePort: probe.port }),
    whenIdle: () => claimant.granted.then(() => engine.whenIdle()),
  };
}

async function leave(kube: KubePort, claim: ClusterClaim, log: Log): Promise<void> {
  const result = await leaveCluster(kube, claim).catch((error: unknown) => ({
    type: 'failed' as const,
    message: AppError.from(error).message,
  }));
  const { cluster } = claim;
  if (result.type === 'left')
    log.info(
      { cluster },
      'the cluster has left the fleet; the inventory and the claim are gone, and this agent may be uninstalled',
    );
  else log.warn({ cluster, ...result }, 'the cluster has left the fleet; what this agent kept on it stays');
}

/** One that only observes needs no claim: it can't undo another's work. */
function openClaim(
  { guard }: AgentConfig,
  options: ClaimOptions,
): { readonly granted: Promise<void>; close(): void } {
  if (guard.writes === 'never') return { granted: Promise.resolve(), close: () => undefined };
  return new ClusterClaimant(options);
}

/** Loaded on demand: most agents outside a cluster have no use for it. */
async function openProbeOf(
  { probe }: AgentConfig,
  options: Omit<ProbeOptions, 'listen' | 'version'>,
): Promise<Probe | undefined> {
  if (probe === undefined) return undefined;
  const { openProbe } = await import('./probe/open-probe.ts');
  return openProbe({ ...options, listen: probe, version });
}

/** Loaded on demand: it is off unless somebody asks for it. */
async function openAdmissionOf(
  { admission }: AgentConfig,
  options: Omit<AdmissionOptions, 'listen' | 'webhook'>,
): Promise<Admission | undefined> {
  if (admission === undefined) return undefined;
  const { openAdmission } = await import('./admission/open-admission.ts');
  return openAdmission({ ...options, ...admission });
}

function lostProblems(lost: number): readonly string[] {
  if (lost === 0) return [];
  return [
    `${lost} drift events were dropped, since too many waited for the hub: the history of drifts has a gap`,
  ];
}

/** What a state folder was given once: an id, a key. One that can't be read is made anew, and that is said. */
async function readOrMake(state: StatePort, log: Log, name: string, make: () => string): Promise<string> {
  const stored = await state.readDocument(name).catch((error: unknown) => {
    log.warn({ err: error, name }, 'a document of the state folder cannot be read and is made anew');
    return undefined;
  });
  if (typeof stored === 'string') return stored;
  const made = make();
  await state.saveDocument(name, made);
  return made;
}

function setTimer(ms: number, run: () => void): { cancel(): void } {
  const timer = setTimeout(run, ms);
  return { cancel: () => clearTimeout(timer) };
}
