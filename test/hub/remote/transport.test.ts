import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatError } from '../../../core/error.ts';
import { openCharts } from '../../../hub/charts/open-charts.ts';
import type { RepositoryTest } from '../../../hub/credentials/describe-test.ts';
import { openGit } from '../../../hub/git/open-git.ts';
import { makeAuthority, makeServer } from '../../../hub/identity/certificates.ts';
import type { GitPort, StorePort } from '../../../hub/ports.ts';
import { createRepositories } from '../../../hub/repositories.ts';
import { createGitRepo } from '../../support/git-repo.ts';
import { type GitServer, startGitServer } from '../../support/git-server.ts';
import { recordLog } from '../../support/record-log.ts';
import { openTestRemote } from '../../support/test-git.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dir: string;
let commit: string;
let server: GitServer;
let secure: TlsServer;
let proxy: Server;
let authority: string;
/** What the proxy was asked, with the login that it was shown. */
let asked: string[];
const sockets = new Set<Socket>();
let closers: (() => Promise<void>)[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-transport-'));
  const repo = await createGitRepo(dir, 'fleet.git');
  commit = await repo.commit({ 'a.yaml': 'one\n' });
  server = await startGitServer({ dir });
  const made = await makeAuthority(new Date());
  const { pem } = await makeServer(made, ['localhost'], new Date());
  authority = made.certificate.toString('pem');
  secure = createTlsServer({ cert: pem, key: pem }, (incoming) => joinSockets(incoming, server.port));
  secure.on('tlsClientError', () => undefined);
  asked = [];
  proxy = startProxy();
  await Promise.all(
    [secure, proxy].map((each) => new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))),
  );
  closers = [];
});

afterEach(async () => {
  for (const close of closers) await close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  secure.close();
  proxy.closeAllConnections();
  proxy.close();
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

/** Passes bytes on in both directions. */
function joinSockets(incoming: Socket, port: number): void {
  const outgoing = connect(port, '127.0.0.1');
  for (const [socket, other] of [
    [incoming, outgoing],
    [outgoing, incoming],
  ] as const) {
    sockets.add(socket);
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
    socket.pipe(other);
  }
}

function startProxy(): Server {
  const challenge = 'Basic realm="proxy"';
  const note = (method: string | undefined, url: string | undefined, login: string | undefined): void => {
    const shown = Buffer.from((login ?? '').replace('Basic ', ''), 'base64').toString();
    asked.push(`${method} ${url} ${shown}`);
  };
  const made = createServer((request, response) => {
    if (request.headers['proxy-authorization'] === undefined) {
      response.writeHead(407, { 'proxy-authenticate': challenge }).end();
      return;
    }
    note(request.method, request.url, request.headers['proxy-authorization']);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = httpRequest(request.url ?? '', { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  made.on('connect', (request, socket: Socket) => {
    if (request.headers['proxy-authorization'] === undefined) {
      socket.end(
        `HTTP/1.1 407 Who\r\nProxy-Authenticate: ${challenge}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    note('CONNECT', request.url, request.headers['proxy-authorization']);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    joinSockets(socket, Number(request.url?.split(':')[1]));
  });
  return made;
}

const portOf = (of: Server | TlsServer): number => (of.address() as AddressInfo).port;

async function open(
  implementation: 'git' | 'isomorphic-git',
  fields: string,
  urlPrefix: string,
): Promise<{ git: GitPort; test: (url: string) => Promise<RepositoryTest> }> {
  const folder = await mkdtemp(join(dir, 'secret-'));
  await writeFile(join(folder, 'ca.pem'), authority);
  await writeFile(join(folder, 'other.pem'), (await makeAuthority(new Date())).certificate.toString('pem'));
  await writeFile(join(folder, 'credentials.yaml'), `- {name: ours, urlPrefix: '${urlPrefix}', ${fields}}\n`);
  const remote = await openTestRemote(folder);
  const git = await openGit({ dir: join(folder, 'copies'), implementation, remote, log: recordLog() });
  closers.push(async () => {
    await git.close();
    await remote.close();
  });
  const store = { listApplications: async () => [] } as Partial<StorePort> as StorePort;
  const repositories = createRepositories({
    remote,
    git,
    charts: openCharts({
      dir: join(folder, 'charts'),
      find: (url) => remote.access(url),
      now: () => new Date(),
    }),
    store,
    sources: () => [],
    fleetUrl: 'https://git.example.com/fleet.git',
  });
  return { git, test: (url) => repositories.test(url) };
}

const resultsOf = ({ steps }: RepositoryTest): readonly string[] =>
  steps.map(({ step, result }) => `${step} ${result}`);

describe.each(['git', 'isomorphic-git'] as const)('by %s', (implementation) => {
  test('an own authority is trusted for its URLs, and no other is', async () => {
    const url = `https://localhost:${portOf(secure)}/fleet.git`;
    const knowing = await open(implementation, 'caFile: ca.pem', url);
    expect((await knowing.git.fetch(url, ['main'])).get('main')).toMatchObject({ commit: { id: commit } });
    const passed = await knowing.test(url);
    expect(resultsOf(passed)).toEqual([
      'credentials passed',
      'name passed',
      'connection passed',
      'tls passed',
      'authentication passed',
      'repository passed',
      'branch passed',
    ]);
    expect(passed.steps.at(-1)?.detail).toBe('the default branch is main');

    const wrong = await open(implementation, 'caFile: other.pem', url);
    const error = await wrong.git.fetch(url, ['main']).catch((caught: unknown) => caught);
    expect(formatError(error as never)).toMatch(/certificate isn't trusted/);
    const failed = await wrong.test(url);
    expect(resultsOf(failed).slice(2, 5)).toEqual([
      'connection passed',
      'tls failed',
      'authentication skipped',
    ]);
    expect(failed.steps[3]).toMatchObject({ remedy: expect.stringContaining('as ca of the credentials') });
  });

  test('a proxy is asked with its own login, for http and for https, and not for those that are exempt', async () => {
    const [plain, tls] = [server.url('fleet.git'), `https://localhost:${portOf(secure)}/fleet.git`];
    const through = `proxy: 'http://me:pass%40word@127.0.0.1:${portOf(proxy)}'`;
    const one = await open(implementation, through, plain);
    expect((await one.git.fetch(plain, ['main'])).get('main')?.type).toBe('found');
    expect(asked.join('\n')).toMatch(new RegExp(`:${server.port}.* me:pass@word`));
    asked.length = 0;
    const two = await open(implementation, `${through}, caFile: ca.pem`, tls);
    expect((await two.git.fetch(tls, ['main'])).get('main')?.type).toBe('found');
    expect(asked).toContain(`CONNECT localhost:${portOf(secure)} me:pass@word`);
    asked.length = 0;
    const three = await open(implementation, `${through}, noProxy: [127.0.0.1]`, plain);
    expect((await three.git.fetch(plain, ['main'])).get('main')?.type).toBe('found');
    expect(asked).toEqual([]);
  });
});

test('a test of a repository stops at the step that fails, and says why', async () => {
  const url = server.url('fleet.git');
  const { test: go } = await open('git', 'username: ada, password: hunter2', url);
  expect(resultsOf(await go(url))).toEqual([
    'credentials passed',
    'name passed',
    'connection passed',
    'tls skipped',
    'authentication passed',
    'repository passed',
    'branch passed',
  ]);
  const none = await go(server.url('none.git'));
  expect(resultsOf(none)).toContain('repository failed');
  expect(none.steps[0]).toMatchObject({
    result: 'skipped',
    detail: 'no entry fits: the server is shown nothing',
  });
  await server.stop();
  const away = await go(url);
  expect(resultsOf(away).slice(1, 4)).toEqual(['name passed', 'connection failed', 'tls skipped']);
  expect(away.steps[2]?.detail).toMatch(/can't be reached: .*ECONNREFUSED/);
  await server.start();
  const unknown = await go(`https://${'a'.repeat(64)}.invalid/a.git`);
  expect(resultsOf(unknown).slice(1, 3)).toEqual(['name failed', 'connection skipped']);
  await expect(go('https://ada:hunter2@a.example.com/x')).rejects.toThrow('must not hold credentials');
  await expect(go('nonsense')).rejects.toThrow('this is no address of a repository');
});
