import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gitEnvironment } from './git-repo.ts';

export interface GitServerOptions {
  /** Folder of bare repositories. */
  readonly dir: string;
  /** Asked of every request where it is set. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** The port, for a server that must come back at the same address; the kernel picks one where absent. */
  readonly port?: number;
  /** What goes wrong with a request, nothing where `undefined`; the answer waits for a promise. */
  readonly fail?: (request: IncomingMessage) => GitFailure | undefined | Promise<GitFailure | undefined>;
}

/**
 * A status to answer with, a page in place of an answer, an answer that is lost, cut after its first bytes or in the
 * middle, or one with wrong bytes in it.
 */
export type GitFailure = number | 'page' | BrokenAnswer;
type BrokenAnswer = 'lose-answer' | 'cut-answer' | 'half-answer' | 'garbled-answer';

/** A Git server over HTTP on loopback, for reading and pushing. */
export interface GitServer {
  readonly port: number;
  /** The address of a repository below `dir`, without credentials. */
  url(repo: string): string;
  /** How many requests came so far, those refused included; of one repository where it is named. */
  requests(repo?: string): number;
  /** Closes the port, with all connections: what an outage looks like. */
  stop(): Promise<void>;
  /** Opens the same port again after `stop`. */
  start(): Promise<void>;
  /** Stops for good, and ends what still runs. */
  close(): Promise<void>;
}

/** Settings of the serving side, in place of a configuration file. */
const settings: Readonly<Record<string, string>> = {
  'http.receivepack': 'true',
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
  'safe.directory': '*',
  'gc.auto': '0',
  'receive.autogc': 'false',
};

/** Serves a folder of bare repositories by `git http-backend`, which speaks Git's smart protocol, versions 0 to 2. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const children = new Set<ChildProcess>();
  const paths: string[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    paths.push(request.url ?? '/');
    if (!isAllowed(request, options.auth)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const failure = await options.fail?.(request);
    if (failure === 'page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Sign in</body></html>\n');
      return;
    }
    if (typeof failure === 'number') {
      response.writeHead(failure, { 'content-type': 'text/plain' }).end('refused by the test\n');
      return;
    }
    runBackend(request, failure === undefined ? response : breakAnswer(response, failure), options, children);
  };
  const server = createServer((request, response) => void handle(request, response));
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      for (const child of children) child.kill('SIGKILL');
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    port,
    url: (repo) => `http://127.0.0.1:${port}/${repo}`,
    requests: (repo) =>
      repo === undefined ? paths.length : paths.filter((path) => path.startsWith(`/${repo}/`)).length,
    stop,
    start: () => listen(server, port),
    close: stop,
  };
}

/** The backend does its work; what it answers gets lost, is cut off after its first bytes or halfway, or is garbled. */
function breakAnswer(response: ServerResponse, failure: BrokenAnswer): ServerResponse {
  const chunks: Buffer[] = [];
  const end = (): ServerResponse => {
    const whole = Buffer.concat(chunks);
    const half = Math.floor(whole.length / 2);
    if (failure === 'garbled-answer') {
      response.end(Buffer.concat([whole.subarray(0, half), whole.subarray(half).map((byte) => byte ^ 0xff)]));
      return response;
    }
    if (failure === 'half-answer' && half > 0)
      response.write(whole.subarray(0, half), () => response.destroy());
    else response.destroy();
    return response;
  };
  const write = (chunk: Buffer): boolean => {
    if (failure === 'cut-answer') response.write(chunk.subarray(0, 8));
    else chunks.push(chunk);
    return true;
  };
  return Object.assign(Object.create(response) as ServerResponse, {
    write,
    end,
    setHeader: (name: string, value: string) => response.setHeader(name, value),
    writeHead: (status: number) => (failure === 'lose-answer' ? response : response.writeHead(status)),
  });
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

function isAllowed(request: IncomingMessage, auth: GitServerOptions['auth']): boolean {
  if (auth === undefined) return true;
  const expected = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
  return request.headers.authorization === `Basic ${expected}`;
}

/** One request as a CGI call (RFC 3875). */
function runBackend(
  request: IncomingMessage,
  response: ServerResponse,
  options: GitServerOptions,
  children: Set<ChildProcess>,
): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: environment(request, url, options),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  child.on('error', () => response.destroy());
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) {
      if (!response.write(chunk)) {
        child.stdout.pause();
        response.once('drain', () => child.stdout.resume());
      }
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    writeHead(response, head.subarray(0, end).toString());
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  child.stdout.on('end', () => {
    if (head !== undefined) response.writeHead(500);
    response.end();
  });
}

function environment(request: IncomingMessage, url: URL, options: GitServerOptions): NodeJS.ProcessEnv {
  const { headers } = request;
  const env: NodeJS.ProcessEnv = {
    ...gitEnvironment(),
    GIT_PROJECT_ROOT: options.dir,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method,
    REMOTE_USER: options.auth?.username ?? 'anonymous',
    REMOTE_ADDR: '127.0.0.1',
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol'] as string | undefined,
    GIT_CONFIG_COUNT: String(Object.keys(settings).length),
  };
  for (const [index, [key, value]] of Object.entries(settings).entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

function writeHead(response: ServerResponse, text: string): void {
  let status = 200;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
