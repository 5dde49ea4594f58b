import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request: a status, an answer cut in the middle, other bytes, or a way to another address. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'cut'
  | 'corrupt'
  | { readonly redirect: string }
  | undefined;

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly status: number;
}

/** A server on loopback whose requests are seen, and can go wrong. */
export interface FaultyServer {
  readonly port: number;
  readonly url: string;
  /** All requests since the last look. */
  take(): readonly SeenRequest[];
  /** Decides for each request what goes wrong; nothing where it gives `undefined`. */
  fail(decide: (path: string) => Fault): void;
  /** Closes the port with all connections; `start` opens it again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface ServedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export async function startFaultyServer(
  answer: (request: IncomingMessage, url: URL) => ServedAnswer,
): Promise<FaultyServer> {
  let seen: SeenRequest[] = [];
  let decide: (path: string) => Fault = () => undefined;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const served = withFault(answer(request, new URL(path, 'http://localhost')), decide(path));
    const { method = 'GET', headers } = request;
    seen.push({ method, path, authorization: headers.authorization, status: served.status });
    send(response, served, method, decide(path) === 'cut');
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    fail(next) {
      decide = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    start: () => listen(server, port),
  };
}

function withFault(answer: ServedAnswer, fault: Fault): ServedAnswer {
  if (fault === undefined || fault === 'cut') return answer;
  if (fault === 'corrupt') return { ...answer, body: Buffer.from('not what it was') };
  if ('redirect' in fault) return { status: 302, headers: { location: fault.redirect } };
  return { status: fault.status, ...(fault.headers === undefined ? {} : { headers: fault.headers }) };
}

function send(response: ServerResponse, answer: ServedAnswer, method: string, isCut: boolean): void {
  const body = answer.body ?? Buffer.alloc(0);
  response.writeHead(answer.status, { 'content-length': body.length, ...answer.headers });
  if (method === 'HEAD') {
    response.end();
  } else if (isCut) {
    response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy());
  } else {
    response.end(body);
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A chart repository: an index.yaml and archives. */
export interface ChartServer extends FaultyServer {
  /** Publishes a version, or publishes it anew with other content; `url` is what the index says where it isn't here. */
  publish(name: string, version: string, archive: Uint8Array, url?: string): void;
}

interface Published {
  readonly name: string;
  readonly version: string;
  readonly archive: Uint8Array;
  readonly url: string;
}

/** `auth`: asked of every request. The index has an ETag. */
export async function startChartServer(auth?: {
  readonly username: string;
  readonly password: string;
}): Promise<ChartServer> {
  const published = new Map<string, Published>();
  const server = await startFaultyServer((request, { pathname }) => {
    if (!isAllowed(request, auth))
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="charts"' } };
    if (pathname === '/index.yaml') return serveIndex(request, [...published.values()]);
    const archive = published.get(pathname.replace(/^\/archives\//u, ''))?.archive;
    return archive === undefined ? { status: 404 } : { status: 200, body: archive };
  });
  return {
    ...server,
    publish(name, version, archive, url = `archives/${name}-${version}.tgz`) {
      published.set(`${name}-${version}.tgz`, { name, version, archive, url });
    },
  };
}

function isAllowed(
  request: IncomingMessage,
  auth: { readonly username: string; readonly password: string } | undefined,
): boolean {
  if (auth === undefined) return true;
  const expected = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
  return request.headers.authorization === `Basic ${expected}`;
}

function serveIndex(request: IncomingMessage, published: readonly Published[]): ServedAnswer {
  const body = Buffer.from(indexOf(published));
  const etag = `"${hash('sha256', body, 'hex').slice(0, 16)}"`;
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
  return { status: 200, headers: { etag, 'content-type': 'text/yaml' }, body };
}

/** As Helm writes it. */
function indexOf(published: readonly Published[]): string {
  const lines = ['apiVersion: v1', published.length === 0 ? 'entries: {}' : 'entries:'];
  const names = [...new Set(published.map(({ name }) => name))].sort();
  for (const name of names) {
    lines.push(`  ${name}:`);
    for (const each of published.filter((other) => other.name === name)) {
      lines.push(
        '  - apiVersion: v2',
        '    created: "2026-11-02T10:00:00.000000000Z"',
        `    description: 'A chart: small'`,
        `    digest: ${hash('sha256', each.archive, 'hex')}`,
        `    name: ${name}`,
        '    urls:',
        `    - ${each.url}`,
        `    version: ${each.version}`,
      );
    }
  }
  return `${lines.join('\n')}\ngenerated: "2026-11-02T10:00:00.000000000Z"\n`;
}
