import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import api from 'undici/lib/api/index.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { AppError } from '../../core/error.ts';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import { Limiter } from '../../core/limiter.ts';
import type { KubeFailure } from '../ports.ts';
import type { Connection, Credentials } from './credentials.ts';
import { isUntrusted, networkFailure, noAnswer, parseFailure } from './failure.ts';

export type KubeVerb =
  | 'apply'
  | 'dry-run'
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'delete'
  | 'patch'
  | 'logs'
  | 'discovery';

/** One request that was sent, for metrics. */
export interface RequestRecord {
  readonly method: string;
  readonly verb: KubeVerb;
  /** `deployments.apps`, `configmaps`; the path for discovery. */
  readonly resource: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Of the answer's body. A watch or a log is recorded when it opens, with 0. */
  readonly bytes: number;
}

export interface TransportOptions {
  readonly onRequest?: (record: RequestRecord) => void;
  /** Requests at a time, watches not counted. Default 32. */
  readonly maxInFlight?: number;
  /** How long the API server may take for a request, in milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Silence after which a watch is taken for dead, in milliseconds. Default: two intervals of bookmarks, 120,000. */
  readonly watchIdleMs?: number;
}

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly verb: KubeVerb;
  readonly resource: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Failed = { readonly type: 'failed'; readonly failure: KubeFailure };
export type Answer = { readonly type: 'ok'; readonly value: Json } | Failed;
export type Opened = { readonly type: 'open'; readonly body: AsyncIterable<Uint8Array> } | Failed;

interface Lanes {
  /** The TLS identity that they were opened with. */
  readonly identity: string;
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

/** No object is near it; a page of a list that exceeds it is asked for again with fewer objects. */
const maxAnswerBytes = 32 * 1024 * 1024;
/** The API server ends idle connections after 90 s; ending them before it does keeps a write from meeting the end. */
const keepAliveMs = 80_000;
const connectTimeoutMs = 10_000;
/** What an answer may take on its way, beyond the API server's own time; no more than that again. */
const graceMs = 5_000;
/** A busy API server asks for 1 s at first. What asks for more, or goes on, is left to the back-off of who asked. */
const longestThrottleSeconds = 2;
const throttlePauses = 3;

/**
 * Connections to one API server. Requests share one connection by HTTP/2; where something on the way speaks only
 * HTTP/1.1, there is one for each in flight (undici's pool learns it by its first connection). Each watch has a connection of its own, so that a busy
 * watch never holds up a write. Nothing here throws for what the network or the server does: it is a failure as data.
 */
export class Transport {
  readonly #connection: Connection;
  readonly #options: TransportOptions;
  readonly #limiter: Limiter;
  readonly #maxInFlight: number;
  readonly #requestTimeoutMs: number;
  #lanes: Lanes | undefined;
  readonly #ended = new AbortController();

  constructor(connection: Connection, options: TransportOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#maxInFlight = options.maxInFlight ?? 32;
    this.#limiter = new Limiter(this.#maxInFlight);
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
  }

  /**
   * Sends a request when it is its turn, and reads the whole answer. The API server's own flow control (429 with
   * `Retry-After`: it did not take the request) is waited out here while the turn is kept, so that less is sent at once.
   */
  async send(request: KubeRequest): Promise<Answer> {
    return this.#limiter.run(async () => {
      for (let pauses = 0; ; pauses += 1) {
        const answer = await this.#withCredentials(request, (used) => this.#exchange(request, used));
        const pauseMs = pauses === throttlePauses ? undefined : throttlePauseMs(answer);
        if (pauseMs === undefined || this.#ended.signal.aborted) return answer;
        await delay(pauseMs * (1 + Math.random() / 2), undefined, { signal: this.#ended.signal }).catch(
          () => undefined,
        );
      }
    });
  }

  /** Opens a stream of bytes; whoever stops reading before its end, or aborts, ends its connection. */
  async stream(request: KubeRequest, signal: AbortSignal): Promise<Opened> {
    return this.#withCredentials(request, (used) => this.#open(request, used, signal));
  }

  /** What was caught while reading a stream, as a failure. */
  failureOf(caught: unknown): KubeFailure {
    return networkFailure(caught, this.#connection.server);
  }

  /** Ends every connection at once; what is in flight fails. */
  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.#lanes?.requests.destroy(), this.#lanes?.watches.destroy()]);
  }

  /** A refused credential may just have been renewed: the request is sent once more if another one is there. */
  async #withCredentials<T extends Answer | Opened>(
    request: KubeRequest,
    attempt: (credentials: Credentials) => Promise<T>,
  ): Promise<T | Failed> {
    try {
      const first = await this.#connection.credentials();
      const answer = await attempt(first);
      if (!isRefused(answer)) return answer;
      this.#connection.renew();
      const second = await this.#connection.credentials();
      if (JSON.stringify(second) === JSON.stringify(first)) return this.#explainRefusal(answer);
      const again = await attempt(second);
      return isRefused(again) ? this.#explainRefusal(again) : again;
    } catch (caught) {
      // The authority may just have been replaced: the next try reads it again.
      if (isUntrusted(caught)) this.#connection.renew();
      this.#record(request, 0, 0);
      return { type: 'failed', failure: this.failureOf(caught) };
    }
  }

  #explainRefusal(answer: Failed): Failed {
    const { server, origin } = this.#connection;
    const message = `${answer.failure.message}: ${server} does not accept the credentials of ${origin}`;
    return { type: 'failed', failure: { ...answer.failure, message } };
  }

  async #exchange(request: KubeRequest, credentials: Credentials): Promise<Answer> {
    const { statusCode, headers, body } = await api.request.call(
      this.#lanesFor(credentials).requests,
      this.#message(request, credentials),
    );
    const bytes = Buffer.from(await body.arrayBuffer());
    this.#record(request, statusCode, bytes.length);
    if (statusCode < 200 || statusCode > 299) return failed(statusCode, bytes.toString('utf8'), headers);
    try {
      return { type: 'ok', value: parseJson(bytes.toString('utf8')) };
    } catch {
      return {
        type: 'failed',
        failure: noAnswer(`${this.#connection.server} answered with something other than JSON`),
      };
    }
  }

  async #open(request: KubeRequest, credentials: Credentials, signal: AbortSignal): Promise<Opened> {
    const { statusCode, headers, body } = await api.request.call(this.#lanesFor(credentials).watches, {
      ...this.#message(request, credentials),
      // A log may say nothing for hours, and its answer begins with its first line.
      ...(request.verb === 'logs' ? { headersTimeout: 0, bodyTimeout: 0 } : {}),
      signal,
    });
    this.#record(request, statusCode, 0);
    if (statusCode === 200) return { type: 'open', body };
    return failed(statusCode, await body.text(), headers);
  }

  #message(request: KubeRequest, credentials: Credentials): Dispatcher.RequestOptions {
    const seconds = Math.max(1, Math.ceil(this.#requestTimeoutMs / 1000));
    const isEndless = request.verb === 'watch' || request.verb === 'logs';
    const limit = isEndless ? {} : { timeout: `${seconds}s` };
    return {
      method: request.method,
      path: `${request.path}?${new URLSearchParams({ ...request.query, ...limit })}`,
      headers: {
        accept: 'application/json',
        'user-agent': 'fairlead-agent',
        ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        ...request.headers,
        ...credentials.headers,
      },
      ...(request.body === undefined ? {} : { body: writeJson(request.body) }),
    };
  }

  /** The connections of this TLS identity. With a new certificate the old ones end when what they carry has ended. */
  #lanesFor({ tls }: Credentials): Lanes {
    if (this.#ended.signal.aborted) throw new AppError('cancelled', 'this client is closed');
    const identity = JSON.stringify(tls);
    if (this.#lanes?.identity === identity) return this.#lanes;
    for (const old of [this.#lanes?.requests, this.#lanes?.watches]) old?.close().catch(() => undefined);
    const { server } = this.#connection;
    const answerTimeoutMs = this.#requestTimeoutMs + Math.min(graceMs, this.#requestTimeoutMs);
    const common = {
      connect: { ...tls, timeout: connectTimeoutMs },
      keepAliveTimeout: keepAliveMs,
      headersTimeout: answerTimeoutMs,
    };
    this.#lanes = {
      identity,
      requests: new Pool(server, {
        ...common,
        connections: this.#maxInFlight,
        allowH2: true,
        bodyTimeout: answerTimeoutMs,
        maxResponseSize: maxAnswerBytes,
      }),
      watches: new Pool(server, {
        ...common,
        allowH2: false,
        bodyTimeout: this.#options.watchIdleMs ?? 120_000,
      }),
    };
    return this.#lanes;
  }

  #record({ method, verb, resource }: KubeRequest, status: number, bytes: number): void {
    this.#options.onRequest?.({ method, verb, resource, status, bytes });
  }
}

/** How long to wait out a busy API server; `undefined` where the answer is another, or asks for more than that. */
function throttlePauseMs(answer: Answer): number | undefined {
  if (answer.type === 'ok' || answer.failure.status !== 429) return undefined;
  const { retryAfterSeconds } = answer.failure;
  if (retryAfterSeconds === undefined || retryAfterSeconds > longestThrottleSeconds) return undefined;
  return retryAfterSeconds * 1000;
}

function isRefused(answer: Answer | Opened): answer is Failed {
  return answer.type === 'failed' && answer.failure.status === 401;
}

function failed(status: number, body: string, headers: Readonly<Record<string, unknown>>): Failed {
  const retryAfter = headers['retry-after'];
  return {
    type: 'failed',
    failure: parseFailure(status, body, typeof retryAfter === 'string' ? retryAfter : undefined),
  };
}
