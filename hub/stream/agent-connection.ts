import type { ServerDuplexStream } from '@grpc/grpc-js';
import { AppError } from '../../core/error.ts';
import type { QueryRequest } from '../../core/query.ts';
import type { AnswerPart, HubMessage, NumberedReport } from '../../core/session.ts';
import { decodeAgentMessage } from '../../proto/codec/agent-message.ts';
import { encodeHubMessage } from '../../proto/codec/encode-hub-message.ts';
import type { ConnectRequest, ConnectResponse } from '../../proto/gen/fairlead/session/v1/session.ts';
import type { Connection } from '../ports.ts';
import {
  type HubSession,
  type HubSessionEffect,
  type HubSessionEvent,
  type HubSessionFacts,
  openHubSession,
} from '../session/session.ts';
import { stepHubSession } from '../session/step.ts';
import { packBlob } from './pack-blob.ts';
import type { AskedAgent } from './read-answer.ts';
import type { SessionServerOptions } from './session-server-options.ts';

export interface ConnectionHooks {
  /** The agent is who it says: an older connection of its cluster ends. */
  onAdmitted(connection: AgentConnection): void;
  onClosed(connection: AgentConnection): void;
}

type StoreEffect = Exclude<
  HubSessionEffect,
  { type: 'send' | 'await-drain' | 'close' | 'admit' | 'note' | 'answer' }
>;

/** Whoever connects and says nothing for this long is no agent. */
const greetingMs = 15_000;

/** Batches of reports of one agent that may wait for the store before its stream is paused. */
const maxSaves = 4;

/** Runs the hub's end of one agent's session on its stream: feeds events, carries out effects. */
export class AgentConnection implements AskedAgent {
  readonly cluster: string;
  readonly #call: ServerDuplexStream<ConnectRequest, ConnectResponse>;
  readonly #options: SessionServerOptions;
  readonly #hooks: ConnectionHooks;
  readonly #since: string;
  #state: HubSession;
  /** Messages are written one after the other, each when the transport took the last. */
  #outgoing: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #saves = 0;
  /** Batches are saved one after the other; once one failed no later one is, or the later number would count for both. */
  #saved: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #greeting: NodeJS.Timeout;
  readonly #pending = new Set<Promise<void>>();
  /** Who waits for the answer to a query. */
  readonly #listeners = new Map<string, (part: AnswerPart) => void>();

  constructor(
    call: ServerDuplexStream<ConnectRequest, ConnectResponse>,
    facts: HubSessionFacts,
    options: SessionServerOptions,
    hooks: ConnectionHooks,
  ) {
    this.cluster = facts.certificateName;
    this.#call = call;
    this.#options = options;
    this.#hooks = hooks;
    this.#since = options.clock.now().toISOString();
    this.#state = openHubSession(facts);
    this.#greeting = setTimeout(() => this.#end(), greetingMs);
    call.on('data', (request: ConnectRequest) => this.#onRequest(request));
    call.on('end', () => this.#end());
    call.on('cancelled', () => this.#end());
    call.on('error', () => this.#end());
    call.on('drain', () => this.#wake?.());
  }

  describe(): Connection {
    const { agentVersion, inForce } = this.#state;
    return { cluster: this.cluster, agentVersion, since: this.#since, generation: inForce.generation };
  }

  feed(event: HubSessionEvent): void {
    const { state, effects } = stepHubSession(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  query(id: string, request: QueryRequest, listener: (part: AnswerPart) => void): void {
    this.#listeners.set(id, listener);
    if (this.#closed) this.#answer(id, disconnected(this.cluster));
    else this.feed({ type: 'query', id, request });
  }

  takeAnswer(id: string, bytes: number): void {
    this.feed({ type: 'answer-taken', id, bytes });
  }

  endQuery(id: string): void {
    this.#listeners.delete(id);
    this.feed({ type: 'query-end', id });
  }

  #answer(id: string, part: AnswerPart): void {
    const listener = this.#listeners.get(id);
    if (part.type !== 'chunk') this.#listeners.delete(id);
    listener?.(part);
  }

  /** Resolves once nothing that this connection began is left running. */
  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#pending);
  }

  #onRequest(request: ConnectRequest): void {
    try {
      const message = decodeAgentMessage(request);
      clearTimeout(this.#greeting);
      if (message !== undefined) this.feed({ type: 'message', message });
    } catch (error) {
      this.feed({ type: 'failed', code: 'broken', message: AppError.from(error).message });
    }
  }

  #perform(effect: HubSessionEffect): void {
    switch (effect.type) {
      case 'send':
        this.#enqueue(() => this.#send(effect.message));
        break;
      case 'await-drain':
        this.#enqueue(async () => this.feed({ type: 'drained' }));
        break;
      case 'close':
        this.#enqueue(async () => this.#end());
        break;
      case 'admit':
        this.#hooks.onAdmitted(this);
        break;
      case 'answer':
        this.#answer(effect.id, effect.part);
        break;
      case 'note':
        this.#options.log.warn({ cluster: this.cluster }, effect.message);
        break;
      default:
        this.#run(() => this.#useStore(effect));
    }
  }

  async #useStore(effect: StoreEffect): Promise<void> {
    const { store, onEvent, clock } = this.#options;
    const { cluster } = this;
    switch (effect.type) {
      case 'read-agent':
        return this.#readAgent();
      case 'read-head':
        return this.feed({ type: 'head-read', head: await store.readHead(cluster) });
      case 'read-operations':
        return this.feed({ type: 'operations-read', operations: await store.readPendingOperations(cluster) });
      case 'read-holds':
        return this.feed({ type: 'holds-read', holds: await store.readRunningHolds(cluster) });
      case 'read-blobs': {
        const blobs = await store.readBlobs(effect.digests);
        const absent = effect.digests.filter((digest) => !blobs.has(digest));
        return this.feed({ type: 'blobs-read', blobs, absent });
      }
      case 'save-contact': {
        const { agentVersion, generation } = effect;
        await store.saveContact(cluster, { agentVersion, generation, at: clock.now().toISOString() });
        return onEvent({ type: 'contact', cluster, generation });
      }
      case 'save-reports':
        this.#saves += 1;
        if (this.#saves >= maxSaves) this.#call.pause();
        this.#saved = this.#saved.then(() => this.#saveReports(effect.reports));
        return this.#saved;
    }
  }

  async #readAgent(): Promise<void> {
    const { store } = this.#options;
    const [enrolled, acknowledged, head] = await Promise.all([
      store.readEnrolled(this.cluster),
      store.readAcknowledged(this.cluster),
      store.readHead(this.cluster),
    ]);
    this.feed({
      type: 'agent-read',
      enrolledFingerprint: enrolled?.certificateFingerprint,
      isDecommissioned: enrolled?.decommissionedAt !== undefined,
      acknowledged,
      head,
    });
  }

  async #saveReports(reports: readonly NumberedReport[]): Promise<void> {
    try {
      const acknowledged = await this.#options.store.saveReports(this.cluster, reports);
      this.feed({ type: 'reports-saved', acknowledged });
      this.#options.onEvent({ type: 'reports', cluster: this.cluster, reports });
    } finally {
      this.#saves -= 1;
      if (!this.#closed) this.#call.resume();
    }
  }

  /** What fails here fails this stream only; the agent comes back and both go on from what is committed. */
  #run(work: () => Promise<void>): void {
    const running = work().catch((error: unknown) => {
      this.#options.log.error({ cluster: this.cluster, err: error }, 'the store failed an agent');
      const message = 'the hub cannot read or write its store now; the agent will come back by itself';
      this.feed({ type: 'failed', code: 'unavailable', message });
    });
    this.#pending.add(running);
    void running.finally(() => this.#pending.delete(running));
  }

  #enqueue(work: () => Promise<void>): void {
    this.#outgoing = this.#outgoing.then(work).catch((error: unknown) => {
      if (!this.#closed)
        this.#options.log.warn({ cluster: this.cluster, err: error }, 'cannot write to an agent');
      this.#end();
    });
  }

  async #send(message: HubMessage): Promise<void> {
    const frame = message.type === 'blob' ? await packBlob(message.digest, message.bytes) : message;
    if (message.type === 'refused') {
      this.#options.log.warn(
        { cluster: this.cluster, peer: this.#call.getPeer(), reason: message.message },
        'refused an agent',
      );
    }
    for (const response of encodeHubMessage(frame)) {
      if (this.#closed) return;
      if (!this.#call.write(response)) await this.#drained();
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#greeting);
    this.#wake?.();
    this.#call.end();
    for (const id of [...this.#listeners.keys()]) this.#answer(id, disconnected(this.cluster));
    this.#hooks.onClosed(this);
  }
}

function disconnected(cluster: string): AnswerPart {
  const message = `the agent of cluster ${cluster} was disconnected before it had answered`;
  const remedy = 'Try again: it comes back by itself';
  return { type: 'error', failure: { code: 'unavailable', message, remedy } };
}
