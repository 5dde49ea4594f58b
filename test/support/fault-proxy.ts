import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { Agent, request as sendUpstream } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { openProxiedWatch, type ProxiedRequest, type ProxiedWatch } from './proxied-watch.ts';

/** What happens to a request. Where no rule matches it passes. */
export type Fault =
  | { readonly type: 'pass' }
  /** The API server never hears of it. An object is sent as JSON. */
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** As `answer`, with a body that comes over time: `write` sends a piece once there is room, and says whether anybody still listens. */
  | {
      readonly type: 'stream';
      readonly tell: (write: (piece: string) => Promise<'listening' | 'gone'>) => Promise<void>;
    }
  /** The API server's JSON answer is changed on its way. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reaches into answers of every kind
  | { readonly type: 'rewrite'; readonly rewrite: (body: any, status: number) => unknown }
  /** Passes once the promise resolves: `request` keeps the request back, `answer` what the API server answered. */
  | { readonly type: 'delay'; readonly part: 'request' | 'answer'; readonly until: Promise<unknown> }
  /** The connection is cut before the API server hears of it. */
  | { readonly type: 'drop' }
  /** The API server does it; the connection is cut in place of its answer. */
  | { readonly type: 'lose-answer' }
  /** The connection is cut after so many bytes of the answer's body. */
  | { readonly type: 'cut'; readonly afterBytes: number }
  /** Nothing is sent on and nothing is answered. */
  | { readonly type: 'silence' };

export type Match = (request: ProxiedRequest) => boolean;

export interface FaultRule {
  /** Requests that it decided. */
  readonly hits: number;
  /** From here on such requests pass. */
  remove(): void;
}

export interface FaultProxy {
  /** The way to the API server through the proxy: plain HTTP, the same token. For `engineRig` and `openConnection`. */
  readonly access: ClusterAccess;
  /** Every request in the order it came, decided by a rule or not. */
  readonly requests: readonly ProxiedRequest[];
  /** Adds a rule; the newest that matches decides. `times`: so many requests and no more. */
  when(match: Match, fault: Fault | ((request: ProxiedRequest) => Fault), times?: number): FaultRule;
  /** Removes every rule. */
  clear(): void;
  count(match: Match): number;
  /** Watches that are open now, oldest first: to hold their events, send ones of your own, end or break them. */
  watches(match?: Match): readonly ProxiedWatch[];
  /** Cuts every connection to the client, as a restart of a load balancer does. */
  cutAll(): void;
  close(): Promise<void>;
}

/** What matches a method and a path that ends so, as `is('PATCH', '/configmaps/one')`. Dry-runs match as well. */
export function is(method: string, pathEnd: string): Match {
  return (request) => request.method === method && request.path.endsWith(pathEnd);
}

export function isWatch(request: ProxiedRequest): boolean {
  return ['true', '1'].includes(request.query.get('watch') ?? '');
}

/** What would change something: no read and no dry-run. */
export function isWrite(request: ProxiedRequest): boolean {
  return request.method !== 'GET' && !request.query.has('dryRun');
}

/** The body of a failure, as the API server words one. */
export function statusBody(code: number, reason: string, message: string, details: object = {}): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    details,
    code,
  };
}

/** A door that a test opens: `until` of a delay. */
export function closedDoor(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Stands between a client and a real API server; rules may change at any time. Close it before the API server. */
export async function openFaultProxy(upstream: ClusterAccess): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true, ca: upstream.caPem });
  const requests: ProxiedRequest[] = [];
  const rules: { match: Match; decide: (request: ProxiedRequest) => Fault; left: number; hits: number }[] =
    [];
  const watches = new Set<ProxiedWatch>();

  function decide(request: ProxiedRequest): Fault {
    const rule = rules.findLast((each) => each.left > 0 && each.match(request));
    if (rule === undefined) return { type: 'pass' };
    rule.left -= 1;
    rule.hits += 1;
    return rule.decide(request);
  }

  async function receive(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming).catch(() => undefined);
    if (body === undefined) return;
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? '/', 'http://proxy');
    const request = { method: incoming.method ?? '', path, query, body: body.toString('utf8') };
    requests.push(request);
    const fault = decide(request);
    if (fault.type === 'silence') return;
    if (fault.type === 'drop') return void incoming.socket.destroy();
    if (fault.type === 'answer') return answer(outgoing, fault);
    if (fault.type === 'stream') return stream(outgoing, fault);
    if (fault.type === 'delay' && fault.part === 'request') await fault.until;
    pass({ incoming, outgoing, request, body, fault });
  }

  function pass(exchange: Exchange): void {
    const { incoming, outgoing, body } = exchange;
    const { host, ...headers } = incoming.headers;
    const options = { agent, method: exchange.request.method, headers };
    const sent = sendUpstream(`${upstream.server}${incoming.url}`, options, (answered) => {
      answered.on('error', () => incoming.socket.destroy());
      void giveBack(exchange, answered);
    });
    sent.on('error', () => incoming.socket.destroy());
    outgoing.on('close', () => sent.destroy());
    sent.end(body);
  }

  async function giveBack(exchange: Exchange, answered: IncomingMessage): Promise<void> {
    const { outgoing, request, fault } = exchange;
    const status = answered.statusCode ?? 502;
    if (fault.type === 'pass' && status === 200 && isWatch(request)) {
      const watch = openProxiedWatch(request, answered, outgoing);
      watches.add(watch);
      outgoing.on('close', () => watches.delete(watch));
      return;
    }
    if (fault.type === 'delay') await fault.until;
    if (fault.type === 'lose-answer') {
      await readAll(answered).catch(() => undefined);
      return void outgoing.socket?.destroy();
    }
    const headers = passedOn(answered.headers);
    if (fault.type === 'pass') {
      outgoing.writeHead(status, headers);
      answered.pipe(outgoing);
      return;
    }
    const bytes = await readAll(answered).catch(() => undefined);
    if (bytes === undefined) return;
    if (fault.type === 'cut') {
      outgoing.writeHead(status, headers);
      outgoing.flushHeaders();
      outgoing.write(bytes.subarray(0, fault.afterBytes), () => outgoing.socket?.destroy());
      return;
    }
    const given =
      fault.type === 'rewrite'
        ? JSON.stringify(fault.rewrite(JSON.parse(bytes.toString('utf8')), status))
        : bytes;
    outgoing.writeHead(status, headers).end(given);
  }

  const server = createServer((incoming, outgoing) => void receive(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    access: { ...upstream, server: `http://127.0.0.1:${port}` },
    requests,
    when(match, fault, times = Number.POSITIVE_INFINITY) {
      const rule = { match, decide: typeof fault === 'function' ? fault : () => fault, left: times, hits: 0 };
      rules.push(rule);
      return {
        get hits() {
          return rule.hits;
        },
        remove() {
          rule.left = 0;
        },
      };
    },
    clear: () => void rules.splice(0),
    count: (match) => requests.filter(match).length,
    watches: (match = () => true) => [...watches].filter((watch) => match(watch.request)),
    cutAll: () => server.closeAllConnections(),
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      });
    },
  };
}

/** Length and connection are each hop's own. */
function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const ofTheHop = ['content-length', 'transfer-encoding', 'connection', 'keep-alive'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheHop.includes(name)));
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly request: ProxiedRequest;
  readonly body: Buffer;
  readonly fault: Fault;
}

function answer(outgoing: ServerResponse, fault: Extract<Fault, { type: 'answer' }>): void {
  const text = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {});
  outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(text);
}

async function stream(outgoing: ServerResponse, { tell }: Extract<Fault, { type: 'stream' }>): Promise<void> {
  const closed = new Promise<void>((resolve) => outgoing.once('close', () => resolve()));
  outgoing.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders();
  await tell(async (piece) => {
    if (!outgoing.destroyed && !outgoing.write(piece)) {
      const drained = new Promise<void>((resolve) => outgoing.once('drain', () => resolve()));
      await Promise.race([drained, closed]);
    }
    return outgoing.destroyed ? 'gone' : 'listening';
  });
  outgoing.end();
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
