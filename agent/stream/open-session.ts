import { X509Certificate } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type ClientDuplexStream, logVerbosity, type StatusObject, setLogVerbosity } from '@grpc/grpc-js';
import type { Digest } from '../../core/digest.ts';
import { AppError, formatError } from '../../core/error.ts';
import type { AnswerPart, HubMessage } from '../../core/session.ts';
import { encodeAgentMessage, encodeReportBatch } from '../../proto/codec/agent-message.ts';
import type { HubFrame } from '../../proto/codec/encode-hub-message.ts';
import { foldHubMessage, maxBlobBytes, noPartialFrames } from '../../proto/codec/fold-hub-message.ts';
import { encodeReport } from '../../proto/codec/report.ts';
import {
  type ConnectRequest,
  type ConnectResponse,
  SessionServiceClient,
  type Report as WireReport,
} from '../../proto/gen/fairlead/session/v1/session.ts';
import type { StoredDesired } from '../ports.ts';
import { backoffMs } from '../session/backoff.ts';
import {
  type AgentSession,
  type AgentSessionEffect,
  type AgentSessionEvent,
  type HubState,
  openAgentSession,
} from '../session/session.ts';
import { stepAgentSession } from '../session/step.ts';
import { channelCredentials, channelOptions } from './channel.ts';
import { DecodedDesired } from './decoded-desired.ts';
import { explainFailure } from './explain-failure.ts';
import type { SessionOptions } from './session-options.ts';

export interface Session {
  /** Ends the stream; resolves once nothing is being written any more. */
  close(): Promise<void>;
}

type Stream = ClientDuplexStream<ConnectRequest, ConnectResponse>;

/** A stream that held this long was no flapping: the next wait starts from the shortest. */
const steadyMs = 30_000;
const retryMs = 5_000;

/**
 * Puts in force what the disk has, then keeps one stream to the hub for ever. Resolves once the disk was read; the hub
 * need not be there. Throws AppError where the stored state can't be read.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  // What grpc-js would print by itself comes back as statuses and is told in our own words.
  setLogVerbosity(logVerbosity.NONE);
  const session = new RunningSession(options);
  await session.start();
  return session;
}

class RunningSession implements Session {
  readonly #options: SessionOptions;
  readonly #decoded = new DecodedDesired();
  readonly #queue: AgentSessionEvent[] = [];
  #state: AgentSession;
  #feeding = false;
  #stream: Stream | undefined;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  #told = '';
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#state = openAgentSession({ cluster: options.identity.cluster, agentVersion: options.agentVersion });
  }

  async start(): Promise<void> {
    const { state, outbox } = this.#options;
    const stored = await state.readDesired();
    const blobs =
      stored === undefined ? new Map() : await state.readBlobs([...new Set(stored.head.entries.values())]);
    this.#feed({ type: 'started', stored, present: this.#decoded.prime(blobs) });
    outbox.onAdded(() => this.#feed({ type: 'reports-added' }));
    this.#dial();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#retryTimer);
    this.#stream?.cancel();
    await this.#saving;
  }

  /** One event at a time: an effect that answers at once waits for its step's other effects. */
  #feed(event: AgentSessionEvent): void {
    this.#queue.push(event);
    if (this.#feeding) return;
    this.#feeding = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        const { state, effects } = stepAgentSession(this.#state, next);
        this.#state = state;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#feeding = false;
    }
  }

  #perform(effect: AgentSessionEffect): void {
    switch (effect.type) {
      case 'send':
        this.#stream?.write(encodeAgentMessage(effect.message));
        break;
      case 'resume':
        this.#options.onInForce(this.#decoded.assemble(effect.desired.head, new Map()));
        break;
      case 'put-in-force':
        this.#save(() => this.#putInForce(effect.desired, effect.blobs));
        break;
      case 'save-epoch':
        this.#save(() => this.#options.state.saveDesired(effect.desired, new Map()));
        break;
      case 'retry-later':
        clearTimeout(this.#retryTimer);
        this.#retryTimer = setTimeout(() => this.#feed({ type: 'retry' }), retryMs);
        break;
      case 'acknowledge':
        this.#save(() => this.#options.outbox.acknowledge(effect.sequence));
        break;
      case 'send-reports':
        this.#sendReports(effect);
        break;
      case 'operation':
        this.#options.onOperation(effect);
        break;
      case 'holds':
        this.#options.onHolds(effect.holds);
        break;
      case 'cancel':
        this.#options.onCancel(effect.id);
        break;
      case 'query': {
        const { id, request } = effect;
        const answer = (part: AnswerPart): void => this.#feed({ type: 'answered', id, part });
        this.#options.queries.begin({ id, request, answer });
        break;
      }
      case 'query-more':
        this.#options.queries.more(effect.id, effect.bytes);
        break;
      case 'query-end':
        this.#options.queries.end(effect.id);
        break;
      case 'dismissed':
        this.#options.onDismissed();
        break;
      case 'hub-state':
        this.#tell(effect.state);
        break;
      case 'close':
        this.#stream?.cancel();
        break;
    }
  }

  /** What is written to the disk is written in order. */
  #save(work: () => Promise<void>): void {
    this.#saving = this.#saving.then(work).catch((error: unknown) => {
      this.#options.log.error({ err: error }, "cannot write the agent's state");
    });
  }

  async #putInForce(desired: StoredDesired, blobs: ReadonlyMap<Digest, Uint8Array>): Promise<void> {
    try {
      const set = this.#decoded.assemble(desired.head, blobs);
      await this.#options.state.saveDesired(desired, blobs);
      this.#options.onInForce(set);
      this.#feed({ type: 'stored' });
    } catch (error) {
      this.#feed({ type: 'store-failed', message: formatError(AppError.from(error)) });
    }
  }

  #sendReports({ after, maxCount, maxBytes }: Extract<AgentSessionEffect, { type: 'send-reports' }>): void {
    const batch: WireReport[] = [];
    let bytes = 0;
    let through = after;
    for (const numbered of this.#options.outbox.read(after, maxCount)) {
      const report = encodeReport(numbered);
      // One that is larger than the window goes alone: it has to go some time.
      if (batch.length > 0 && bytes + report.body.length > maxBytes) break;
      batch.push(report);
      bytes += report.body.length;
      through = numbered.sequence;
    }
    if (batch.length > 0) this.#stream?.write(encodeReportBatch(batch));
    this.#feed({ type: 'reports-sent', sent: { through, count: batch.length, bytes } });
  }

  #tell(state: HubState): void {
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    const { log, identity, onHubState } = this.#options;
    if (state.connected) log.info({ hub: identity.hub }, 'connected to the hub');
    for (const problem of state.problems) log.warn({ hub: identity.hub }, problem);
    onHubState(state);
  }

  #dial(): void {
    this.#attempt += 1;
    const { identity, clock } = this.#options;
    const expired = describeExpiry(identity.certificate, identity.cluster, clock.now());
    if (expired !== undefined) {
      this.#redial(expired);
      return;
    }
    const openedAt = clock.now().getTime();
    const client = new SessionServiceClient(
      identity.hub,
      channelCredentials(identity),
      channelOptions(identity.hub),
    );
    const stream = client.connect();
    this.#stream = stream;
    let partial = noPartialFrames;
    stream.on('data', (response: ConnectResponse) => {
      try {
        const folded = foldHubMessage(partial, response);
        partial = folded.partial;
        if (folded.frame !== undefined) this.#feed({ type: 'message', message: unpack(folded.frame) });
      } catch (error) {
        this.#feed({ type: 'broken', message: AppError.from(error).message });
      }
    });
    // The status below says the same, and comes without an error too.
    stream.on('error', () => undefined);
    stream.on('status', (status: StatusObject) => {
      client.close();
      this.#stream = undefined;
      if (clock.now().getTime() - openedAt > steadyMs) this.#attempt = 0;
      this.#redial(explainFailure(identity.hub, status));
    });
    this.#feed({ type: 'connected' });
  }

  #redial(reason: string): void {
    if (this.#closed) return;
    this.#feed({ type: 'disconnected', reason });
    this.#timer = setTimeout(
      () => this.#dial(),
      backoffMs(Math.max(1, this.#attempt), this.#options.random()),
    );
  }
}

function unpack(frame: HubFrame): HubMessage {
  if (frame.type !== 'packed-blob') return frame;
  const { digest, data } = frame;
  const bytes = frame.compression === '' ? data : gunzipSync(data, { maxOutputLength: maxBlobBytes });
  return { type: 'blob', digest, bytes };
}

function describeExpiry(certificate: string, cluster: string, now: Date): string | undefined {
  const until = new X509Certificate(certificate).validToDate;
  if (now < until) return undefined;
  return (
    `the certificate of this agent expired on ${until.toISOString()}. What is in force stays. ` +
    `Make a token with fairlead cluster enroll ${cluster} and start the agent with it (--enroll-token)`
  );
}
