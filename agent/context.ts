import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseEnrollmentToken } from '../core/enrollment-token.ts';
import { AppError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import { version } from '../core/version.ts';
import type { AgentConfig } from './config.ts';
import { openEngine } from './engine/engine.ts';
import { type KubeOptions, openKube } from './kube/client.ts';
import { openConnection } from './kube/connection.ts';
import type { StatePort } from './ports.ts';
import { openOutbox } from './report/open-outbox.ts';
import { openState } from './state/open-state.ts';
import { type AgentIdentity, readIdentity } from './stream/agent-identity.ts';
import { enroll } from './stream/enroll.ts';
import { openSession } from './stream/open-session.ts';

/** A running agent. */
export interface Agent {
  readonly cluster: string;
  /** `host:port` of its hub. */
  readonly hub: string;
  /** Resolves when there is nothing to do now. */
  whenIdle(): Promise<void>;
  close(): Promise<void>;
}

/** What tests and benchmarks listen in with. */
interface AgentOverrides {
  readonly kube?: KubeOptions;
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

async function openParts(
  config: AgentConfig,
  log: Log,
  overrides: AgentOverrides,
  closers: (() => Promise<void> | void)[],
): Promise<Omit<Agent, 'close'>> {
  const clock = { now: () => new Date(), setTimer };
  const state = await openState({ dir: join(config.stateDir, 'state') });
  closers.push(() => state.close());
  const connection = await openConnection(config.cluster);
  const identity = await readOrEnroll(config, log);
  const outbox = await openOutbox({ dir: join(config.stateDir, 'state'), clock });
  closers.push(() => outbox.close());
  const kube = openKube(connection, overrides.kube);
  closers.push(() => kube.close());
  const engine = openEngine({
    kube,
    state,
    report: (report) => outbox.add(report),
    namespace: config.namespace,
    digestKey: await maskingKey(state),
    clock,
    random: Math.random,
    log,
  });
  closers.push(() => engine.close());
  const session = await openSession({
    identity,
    agentVersion: version,
    state,
    outbox,
    clock,
    random: Math.random,
    log,
    onInForce: (desired) => engine.setDesired(desired),
    onOperation: (operation) => engine.runOperation(operation),
    onHubState: (hub) => engine.setHubProblems([...hub.problems, ...lostProblems(outbox.lost())]),
  });
  closers.push(() => session.close());
  return { cluster: identity.cluster, hub: identity.hub, whenIdle: () => engine.whenIdle() };
}

async function readOrEnroll(config: AgentConfig, log: Log): Promise<AgentIdentity> {
  const known = await readIdentity(config.stateDir);
  if (known !== undefined) return known;
  if (config.enrollmentToken === undefined) {
    throw new AppError('unauthenticated', 'this agent is not enrolled yet', {
      subject: config.stateDir,
      remedy: 'Give the token of `fairlead cluster enroll NAME` by --enroll-token or FAIRLEAD_ENROLL_TOKEN',
    });
  }
  const identity = await enroll({
    token: parseEnrollmentToken(config.enrollmentToken),
    dir: config.stateDir,
  });
  log.info({ cluster: identity.cluster, hub: identity.hub }, 'enrolled');
  return identity;
}

function lostProblems(lost: number): readonly string[] {
  if (lost === 0) return [];
  return [
    `${lost} drift events were dropped, since too many waited for the hub: the history of drifts has a gap`,
  ];
}

/** The key that masks values of Secrets in reports. Its own to this folder, so that masks stay comparable over time. */
async function maskingKey(state: StatePort): Promise<Uint8Array> {
  const name = 'masking-key';
  const stored = await state.readDocument(name);
  if (typeof stored === 'string') return Buffer.from(stored, 'base64');
  const key = randomBytes(32);
  await state.saveDocument(name, key.toString('base64'));
  return key;
}

function setTimer(ms: number, run: () => void): { cancel(): void } {
  const timer = setTimeout(run, ms);
  return { cancel: () => clearTimeout(timer) };
}
