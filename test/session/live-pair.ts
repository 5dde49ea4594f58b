import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DesiredSet } from '../../agent/ports.ts';
import { type Outbox, openOutbox } from '../../agent/report/open-outbox.ts';
import type { QueryHandler } from '../../agent/session/query-handler.ts';
import type { HubState } from '../../agent/session/session.ts';
import { type AgentState, openState } from '../../agent/state/open-state.ts';
import type { AgentIdentity } from '../../agent/stream/agent-identity.ts';
import { enroll } from '../../agent/stream/enroll.ts';
import { openSession, type Session } from '../../agent/stream/open-session.ts';
import type { ReceivedOperation } from '../../agent/stream/session-options.ts';
import { parseEnrollmentToken } from '../../core/enrollment-token.ts';
import type { Hold } from '../../core/hold.ts';
import type { Log } from '../../core/log.ts';
import { type Identity, openIdentity } from '../../hub/identity/open-identity.ts';
import { openSessionServer, type SessionServer } from '../../hub/stream/open-session-server.ts';
import type { SessionServerEvent } from '../../hub/stream/session-server-options.ts';
import { MemoryStore } from './memory-store.ts';

/** The time as a test wants it. */
export class TestClock {
  offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A folder that is gone when the test's clean-up ran. */
export async function temporaryFolder(cleanUp: (work: () => Promise<void>) => void): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-'));
  cleanUp(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export interface LiveHub {
  readonly store: MemoryStore;
  readonly identity: Identity;
  readonly server: SessionServer;
  readonly events: SessionServerEvent[];
  readonly clock: TestClock;
  /** Makes a token for a cluster at the server's address. */
  token(cluster: string, hub?: string): string;
}

/** A real session server on loopback with a store in memory. */
export async function openLiveHub(
  cleanUp: (work: () => Promise<void>) => void,
  overrides: { readonly store?: MemoryStore; readonly dir?: string; readonly port?: number } = {},
): Promise<LiveHub> {
  const dir = overrides.dir ?? (await temporaryFolder(cleanUp));
  const clock = new TestClock();
  const store = overrides.store ?? new MemoryStore();
  const identity = await openIdentity({ dir, hostnames: [], clock, log: silent });
  const events: SessionServerEvent[] = [];
  const server = await openSessionServer({
    listen: { host: '127.0.0.1', port: overrides.port ?? 0 },
    hubVersion: '0.0.0-test',
    identity,
    store,
    clock,
    log: silent,
    onEvent: (event) => events.push(event),
  });
  cleanUp(async () => {
    identity.close();
    await server.close();
  });
  function token(cluster: string, hub = server.address): string {
    const made = identity.makeToken(cluster, hub);
    const expiresAt = new Date(clock.now().getTime() + 3_600_000).toISOString();
    store.tokens.set(made.secretDigest, { cluster, expiresAt });
    return made.token;
  }
  return { store, identity, server, events, clock, token };
}

export interface LiveAgent {
  readonly session: Session;
  readonly state: AgentState;
  readonly outbox: Outbox;
  readonly inForce: DesiredSet[];
  readonly operations: ReceivedOperation[];
  /** Each list of holds that it was told. */
  readonly holds: (readonly Hold[])[];
  readonly cancelled: string[];
  readonly hubStates: HubState[];
  close(): Promise<void>;
}

/** Enrols with a token into a folder. */
export function enrollInto(dir: string, token: string): Promise<AgentIdentity> {
  return enroll({ token: parseEnrollmentToken(token), dir });
}

/** A real session of an agent on a folder. */
export async function openLiveAgent(
  cleanUp: (work: () => Promise<void>) => void,
  options: {
    readonly dir: string;
    readonly identity: AgentIdentity;
    readonly clock?: TestClock;
    readonly queries?: QueryHandler;
  },
): Promise<LiveAgent> {
  const clock = options.clock ?? new TestClock();
  const state = await openState({ dir: options.dir });
  const outbox = await openOutbox({ dir: options.dir, clock });
  const inForce: DesiredSet[] = [];
  const operations: ReceivedOperation[] = [];
  const holds: (readonly Hold[])[] = [];
  const cancelled: string[] = [];
  const hubStates: HubState[] = [];
  const session = await openSession({
    identity: options.identity,
    agentVersion: '0.0.0-test',
    state,
    outbox,
    clock,
    // Short waits between dials: the back-off itself has its own test.
    random: () => 0.02,
    log: silent,
    onInForce: (desired) => inForce.push(desired),
    onOperation: (operation) => operations.push(operation),
    onHolds: (list) => holds.push(list),
    onCancel: (id) => cancelled.push(id),
    queries: options.queries ?? noQueries,
    onDismissed: () => undefined,
    onHubState: (hubState) => hubStates.push(hubState),
  });
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await session.close();
    await outbox.close();
    await state.close();
  }
  cleanUp(close);
  return { session, state, outbox, inForce, operations, cancelled, holds, hubStates, close };
}

const noQueries: QueryHandler = { begin: () => undefined, more: () => undefined, end: () => undefined };
