import { createHash } from 'node:crypto';
import {
  experimental,
  logVerbosity,
  Server,
  type ServerCredentials,
  type ServerDuplexStream,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { AppError } from '../../core/error.ts';
import { listenError } from '../../core/listen-error.ts';
import {
  type ConnectRequest,
  type ConnectResponse,
  EnrollmentServiceService,
  SessionServiceService,
} from '../../proto/gen/fairlead/session/v1/session.ts';
import type { Connection } from '../ports.ts';
import type { QueryPort } from '../session/query-port.ts';
import type { HubSessionFacts } from '../session/session.ts';
import { AgentConnection } from './agent-connection.ts';
import { enrollAgent } from './enroll-agent.ts';
import { readAnswer } from './read-answer.ts';
import type { ServerIdentity, SessionServerOptions } from './session-server-options.ts';

export interface SessionServer extends QueryPort {
  /** `host:port` where it listens. */
  readonly address: string;
  /** The heads of these clusters may have changed. */
  publish(clusters: Iterable<string>): void;
  /** A cluster may have operations to be sent. */
  notifyOperations(cluster: string): void;
  /** It has left the fleet: its stream ends. */
  dismiss(cluster: string): void;
  /** Its holds are not what they were. */
  notifyHolds(cluster: string): void;
  connections(): ReadonlyMap<string, Connection>;
  close(): Promise<void>;
}

/** A peer that answers no ping in this time is gone. Both ends ping, so that each notices by itself. */
const keepalive = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
};

/** The largest message of an agent: reports are windowed to 256 KiB, but one alone may be larger. */
const maxReceiveBytes = 32 * 1024 * 1024;

/**
 * Listens for agents: sessions over mutual TLS, enrolments without a client certificate, on one port. Throws AppError
 * `unavailable` where the address can't be listened on.
 */
export async function openSessionServer(options: SessionServerOptions): Promise<SessionServer> {
  // What grpc-js would print by itself comes back as errors and is told in our own words.
  setLogVerbosity(logVerbosity.NONE);
  const registry = new Registry(options);
  const server = new Server({ ...keepalive, 'grpc.max_receive_message_length': maxReceiveBytes });
  server.addService(SessionServiceService, {
    connect: (call: ServerDuplexStream<ConnectRequest, ConnectResponse>) => registry.accept(call),
  });
  server.addService(EnrollmentServiceService, { enroll: enrollAgent(options) });
  const host = options.listen.host.includes(':') ? `[${options.listen.host}]` : options.listen.host;
  const port = await listen(server, `${host}:${options.listen.port}`, credentials(options.identity));
  return {
    address: `${host}:${port}`,
    publish: (clusters) => registry.feedAll(new Set(clusters), { type: 'head-changed' }),
    dismiss: (cluster) => registry.feedAll(new Set([cluster]), { type: 'dismissed' }),
    notifyHolds: (cluster) => registry.feedAll(new Set([cluster]), { type: 'holds-changed' }),
    notifyOperations: (cluster) => registry.feedAll(new Set([cluster]), { type: 'operations-changed' }),
    connections: () => registry.describe(),
    ask: (cluster, request, signal) => readAnswer(registry.agentOf(cluster), request, signal),
    close: async () => {
      await registry.close();
      server.forceShutdown();
    },
  };
}

/** Every open stream, and which of them speaks for its cluster. */
class Registry {
  readonly #options: SessionServerOptions;
  readonly #open = new Set<AgentConnection>();
  readonly #admitted = new Map<string, AgentConnection>();

  constructor(options: SessionServerOptions) {
    this.#options = options;
  }

  accept(call: ServerDuplexStream<ConnectRequest, ConnectResponse>): void {
    const connection = new AgentConnection(call, readFacts(call, this.#options), this.#options, {
      onAdmitted: (admitted) => this.#admit(admitted),
      onClosed: (closed) => this.#remove(closed),
    });
    this.#open.add(connection);
  }

  /** Throws AppError `unavailable` where it isn't connected. */
  agentOf(cluster: string): AgentConnection {
    const connection = this.#admitted.get(cluster);
    if (connection !== undefined) return connection;
    throw new AppError('unavailable', `no agent of cluster ${cluster} is connected`, {
      remedy: 'Its log and `fairlead doctor` say why; what it reported last is in `fairlead app get`',
    });
  }

  feedAll(
    clusters: ReadonlySet<string>,
    event: { type: 'head-changed' | 'holds-changed' | 'operations-changed' | 'dismissed' },
  ): void {
    for (const connection of this.#open) {
      if (clusters.has(connection.cluster)) connection.feed(event);
    }
  }

  describe(): ReadonlyMap<string, Connection> {
    return new Map([...this.#admitted].map(([cluster, connection]) => [cluster, connection.describe()]));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((connection) => connection.close()));
  }

  #admit(connection: AgentConnection): void {
    const { cluster } = connection;
    const older = this.#admitted.get(cluster);
    this.#admitted.set(cluster, connection);
    older?.feed({ type: 'replaced' });
    this.#options.log.info({ cluster }, 'an agent connected');
    this.#options.onEvent({ type: 'connected', cluster });
  }

  #remove(connection: AgentConnection): void {
    const { cluster } = connection;
    this.#open.delete(connection);
    if (this.#admitted.get(cluster) !== connection) return;
    this.#admitted.delete(cluster);
    this.#options.log.info({ cluster }, 'an agent disconnected');
    this.#options.onEvent({ type: 'disconnected', cluster });
  }
}

function readFacts(
  call: ServerDuplexStream<ConnectRequest, ConnectResponse>,
  options: SessionServerOptions,
): HubSessionFacts {
  // Only a certificate that this hub's CA signed and that is in its time gets here.
  const certificate = call.getAuthContext().sslPeerCertificate;
  const name = certificate?.subject.CN;
  return {
    certificateName: typeof name === 'string' ? name : '',
    certificateFingerprint:
      certificate === undefined ? '' : createHash('sha256').update(certificate.raw).digest('hex'),
    hubVersion: options.hubVersion,
    epochs: options.store.epochs,
    digestKey: options.store.digestKey,
  };
}

/**
 * A client certificate is asked for and not demanded: an agent that enrols has none, and one whose certificate expired
 * gets a sentence instead of a broken handshake. Who has none proved is refused by the session.
 */
function credentials(identity: ServerIdentity): ServerCredentials {
  const caCertificate = Buffer.from(identity.authority);
  // grpc-js adds the server to those it tells only after it asked for the certificates, so the answer comes a moment later.
  const provider: experimental.CertificateProvider = {
    addCaCertificateListener: (listener) => queueMicrotask(() => listener({ caCertificate })),
    removeCaCertificateListener: () => undefined,
    addIdentityCertificateListener: (listener) => {
      const update = ({ chain, key }: { chain: string; key: string }): void =>
        listener({ certificate: Buffer.from(chain), privateKey: Buffer.from(key) });
      queueMicrotask(() => update(identity.server()));
      identity.onRenewed(update);
    },
    removeIdentityCertificateListener: () => undefined,
  };
  return experimental.createCertificateProviderServerCredentials(provider, provider, false);
}

function listen(server: Server, address: string, serverCredentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials, (error, port) => {
      if (error === null) return resolve(port);
      reject(listenError(error, { what: 'the hub', address, flag: '--agents-listen' }));
    });
  });
}
