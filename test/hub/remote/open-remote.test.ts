import { generateKeyPairSync, verify } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError, formatError } from '../../../core/error.ts';
import type { RemotePort } from '../../../hub/credentials/remote.ts';
import { type RecordedLog, recordLog } from '../../support/record-log.ts';
import { openTestRemote } from '../../support/test-git.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let dir: string;
let list: string;
let log: RecordedLog;
let now: Date;
let remote: RemotePort | undefined;
let server: Server | undefined;
let requests: { method: string; url: string; authorization: string }[];
let answer: (request: IncomingMessage) => { status: number; body: object };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-remote-'));
  list = join(dir, 'credentials.yaml');
  log = recordLog();
  now = new Date('2026-11-26T12:00:00Z');
  requests = [];
});

afterEach(async () => {
  await remote?.close();
  remote = undefined;
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(dir, { recursive: true, force: true });
});

async function open(
  text: string,
  environment: Readonly<Record<string, string>> = {},
  path = list,
): Promise<RemotePort> {
  await writeFile(list, text);
  remote = await openTestRemote(path, { environment, log, clock: { now: () => now } });
  return remote;
}

async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(AppError);
  return formatError(error as AppError);
}

/** Plays api.github.com. */
async function startApi(): Promise<string> {
  server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, authorization: headers.authorization ?? '' });
    const { status, body } = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function tokenAnswer(token: string): { status: number; body: object } {
  return { status: 201, body: { token, expires_at: new Date(now.getTime() + 3_600_000).toISOString() } };
}

async function openApp(): Promise<RemotePort> {
  const api = await startApi();
  await writeFile(join(dir, 'app.pem'), privateKey);
  return open(
    `- {name: app, urlPrefix: 'https://github.com/acme/', githubAppID: 12, githubAppInstallationID: 34, githubAppPrivateKeyFile: app.pem, githubAppEnterpriseBaseUrl: '${api}/api/v3/'}`,
  );
}

test('secrets come from the list, from files beside it and from the environment', async () => {
  await writeFile(join(dir, 'token'), 's3cret\n');
  const port = await open(
    `
- {urlPrefix: 'https://a.example.com/', username: ada, passwordFile: token}
- {urlPrefix: 'https://b.example.com/', bearerTokenEnv: TOKEN}
- {urlPrefix: 'oci://c.example.com/', usernameEnv: WHO, password: 'in: place'}
`,
    { TOKEN: 't0ken', WHO: 'bob' },
    dir,
  );
  const of = async (url: string) => {
    const { entry, authorization, login } = await port.access(url);
    return { entry, authorization, login };
  };
  expect(await of('https://a.example.com/x.git')).toEqual({
    entry: 'https://a.example.com/',
    authorization: `Basic ${Buffer.from('ada:s3cret').toString('base64')}`,
    login: { username: 'ada', password: 's3cret' },
  });
  expect((await of('https://b.example.com/x')).authorization).toBe('Bearer t0ken');
  expect((await of('oci://c.example.com/charts/x')).login).toEqual({
    username: 'bob',
    password: 'in: place',
  });
  expect(await of('https://d.example.com/x')).toEqual({});
  // What a URL itself holds wins.
  expect((await of('https://eve:p%40ss@a.example.com/x')).login).toEqual({
    username: 'eve',
    password: 'p@ss',
  });
  expect(port.entry('https://a.example.com/x')).toEqual({
    name: 'https://a.example.com/',
    urlPrefix: 'https://a.example.com/',
    place: `${list}:2`,
    kind: 'password',
  });
});

test('what a server repeats of a secret is taken out, in each of its forms', async () => {
  const port = await open(
    "- {urlPrefix: 'https://a.example.com/', username: ada, password: 's3c/ret', proxy: 'http://me:hunter2@proxy:3128'}",
  );
  const { redact, authorization = '' } = await port.access('https://a.example.com/x');
  const said = `no: s3c/ret s3c%2Fret ${authorization} via http://me:hunter2@proxy`;
  expect(redact(said)).toBe('no: … … Basic … via http://me:…@proxy');
});

test.each([
  ["password: 'x', caFile: nowhere", "the file of its ca can't be read: ENOENT"],
  ['passwordFile: empty', 'the file empty of its password is empty'],
  ['passwordFile: lines', 'its secret holds more than one line'],
  ['passwordEnv: NOWHERE', "the environment variable NOWHERE of its password isn't set"],
  ['caFile: lines', 'its ca holds no certificate in PEM'],
  ['clientCertificateFile: lines, clientKeyFile: lines', 'its clientKey is no private key in PEM'],
  ['proxyFile: lines', 'its proxy is no http or https address'],
  [
    'githubAppID: 1, githubAppInstallationID: 2, githubAppPrivateKeyFile: locked',
    'its githubAppPrivateKey is protected by a passphrase',
  ],
])('an entry with %s is refused when the hub starts, without a secret', async (fields, expected) => {
  await writeFile(join(dir, 'empty'), '\n');
  await writeFile(join(dir, 'lines'), 'hunter2\nhunter2\n');
  const locked = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' },
  }).privateKey;
  await writeFile(join(dir, 'locked'), locked);
  const said = await refusal(open(`- {name: mine, urlPrefix: 'https://a.example.com/', ${fields}}`));
  expect(said).toContain(expected);
  expect(said).toContain(`${list}:1 (mine)`);
  expect(said).not.toContain('hunter2');
});

test('a list that is not there says how it was named', async () => {
  expect(await refusal(openTestRemote(join(dir, 'none')))).toMatch(
    /can't be read: ENOENT.*--credentials or FAIRLEAD_CREDENTIALS/,
  );
});

test('a replaced secret and a changed list count at once, and a broken list leaves the last good one', async () => {
  await writeFile(join(dir, 'token'), 'first');
  const port = await open("- {urlPrefix: 'https://a.example.com/', passwordFile: token}");
  const password = async () => (await port.access('https://a.example.com/x')).login?.password;
  expect(await password()).toBe('first');
  await writeFile(join(dir, 'token'), 'second');
  expect(await password()).toBe('second');
  await writeFile(list, "- {urlPrefix: 'https://a.example.com/', password: third}");
  expect(await password()).toBe('third');
  await writeFile(list, '- {urlPrefix: hunter2}');
  expect(await password()).toBe('third');
  expect(await password()).toBe('third');
  expect(port.problem()).toContain(`${list}:1: urlPrefix must be`);
  expect(log.messages('warn')).toEqual(['the list of credentials cannot be read: the last good one counts']);
  expect(JSON.stringify(log.entries)).not.toContain('hunter2');
  await writeFile(list, "- {urlPrefix: 'https://a.example.com/', password: fourth}");
  expect(await password()).toBe('fourth');
  expect(port.problem()).toBeUndefined();
});

test('a key that everybody may read is copied for SSH alone, and goes with the hub', async () => {
  const key = join(dir, 'id');
  await writeFile(key, privateKey.trim().replaceAll('\n', '\r\n'));
  await chmod(key, 0o444);
  const port = await open(
    "- {urlPrefix: 'git@git.example.com:acme', sshPrivateKeyFile: id, knownHosts: 'git.example.com ssh-ed25519 AAAA'}",
  );
  const { ssh } = await port.access('git@git.example.com:acme/x.git');
  const copy = ssh.keyFile ?? '';
  expect((await stat(copy)).mode & 0o777).toBe(0o600);
  expect(await readFile(copy, 'utf8')).toBe(privateKey);
  expect(await readFile(ssh.knownHostsFile ?? '', 'utf8')).toBe('git.example.com ssh-ed25519 AAAA\n');
  expect((await port.access('git@git.example.com:acme/x.git')).ssh).toEqual(ssh);
  await port.close();
  await expect(stat(copy)).rejects.toThrow('ENOENT');
});

test("a GitHub App's token is asked for with a signed assertion, kept, and replaced before it ends", async () => {
  let made = 0;
  answer = () => {
    made += 1;
    return tokenAnswer(`token-${made}`);
  };
  const port = await openApp();
  const password = async () => (await port.access('https://github.com/acme/x.git')).login;
  // At once: one is asked for.
  expect(await Promise.all([password(), password()])).toEqual(
    Array(2).fill({ username: 'x-access-token', password: 'token-1' }),
  );
  expect(requests).toHaveLength(1);
  const [{ method, url, authorization } = { method: '', url: '', authorization: '' }] = requests;
  expect(`${method} ${url}`).toBe('POST /api/v3/app/installations/34/access_tokens');
  const [head = '', claims = '', signature = ''] = authorization.replace('Bearer ', '').split('.');
  expect(
    verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url')),
  ).toBe(true);
  const { iss, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  expect(iss).toBe('12');
  expect(exp - iat).toBeLessThanOrEqual(600);
  now = new Date(now.getTime() + 50 * 60_000);
  expect((await password())?.password).toBe('token-1');
  now = new Date(now.getTime() + 6 * 60_000);
  expect((await password())?.password).toBe('token-2');
  // A server that refuses it gets another.
  port.refused('https://github.com/acme/x.git');
  expect((await password())?.password).toBe('token-3');
  // While GitHub fails, one that still holds is used.
  now = new Date(now.getTime() + 58 * 60_000);
  answer = () => ({ status: 502, body: {} });
  expect((await password())?.password).toBe('token-3');
  now = new Date(now.getTime() + 3 * 60_000);
  expect(await refusal(password())).toContain('GitHub gives no token for the App (502)');
});

test.each([
  [401, 'unauthenticated', 'GitHub does not know App 12 by its key (401: no). Check githubAppID'],
  [404, 'not-found', 'App 12 has no installation 34 (404: no). Check githubAppInstallationID'],
  [403, 'denied', 'GitHub gives installation 34 no token (403: no). Check that the installation'],
  [500, 'unavailable', 'GitHub gives no token for the App (500: no). The hub asks again'],
  [200, 'unavailable', "does not answer as GitHub's API does. Check githubAppEnterpriseBaseUrl"],
] as const)('GitHub that answers %i for a token is %s', async (status, code, expected) => {
  answer = () => ({ status, body: { message: 'no' } });
  const port = await openApp();
  const error = AppError.from(
    await port.access('https://github.com/acme/x').catch((caught: unknown) => caught),
  );
  expect(error.code).toBe(code);
  expect(formatError(error)).toContain(`${list}:1 (app): `);
  expect(formatError(error)).toContain(expected);
});
