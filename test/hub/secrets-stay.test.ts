import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FairleadProcess, startFairlead } from '../support/fairlead-process.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import { createGitRepo } from '../support/git-repo.ts';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { runCli } from '../support/run-cli.ts';
import { makeSshKey, type SshServer, startSshServer } from '../support/ssh-server.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const password = 'hunter2-password/with+signs';
const token = 'hunter2-bearer-token';
const proxyPassword = 'hunter2-proxy';
const sshKey = makeSshKey();
const appKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;
/** In every form that a tool may repeat them in. */
const forbidden = [
  'hunter2',
  // How every JSON Web Token begins: an App's assertion is as good as its key for some minutes.
  'eyJ',
  encodeURIComponent(password),
  Buffer.from(`ada:${password}`).toString('base64'),
  Buffer.from(`me:${proxyPassword}`).toString('base64'),
  appKey.split('\n')[3] ?? '',
  sshKey.privateKey.split('\n')[2] ?? '',
];

let dir: string;
let open: GitServer;
let closed: GitServer;
let ssh: SshServer;
let api: Server;
let hub: FairleadProcess | undefined;

beforeEach(async ({ skip }) => {
  await promisify(execFile)('ssh', ['-V']).catch(() => skip('needs the ssh client of OpenSSH'));
  dir = await mkdtemp(join(tmpdir(), 'fairlead-secrets-'));
  open = await startGitServer({ dir: join(dir, 'git') });
  // Whatever is shown is wrong, and a server that says back what it got is the worst of them.
  closed = await startGitServer({ dir: join(dir, 'git'), auth: { username: 'nobody', password: 'at all' } });
  ssh = await startSshServer({ dir: join(dir, 'git'), hostKey: makeSshKey(), allowed: makeSshKey() });
  api = createServer((request, response) => {
    response
      .writeHead(401, { 'content-type': 'application/json' })
      .end(JSON.stringify({ message: `no: ${request.headers.authorization ?? ''}` }));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await hub?.stop();
  hub = undefined;
  api?.closeAllConnections();
  api?.close();
  await Promise.all([open?.close(), closed?.close(), ssh?.close()]);
  if (dir !== undefined) await rm(dir, { recursive: true, force: true });
});

/** Stands before a tool on the PATH and notes the arguments that everybody could see. */
async function noteArguments(tool: string, log: string): Promise<void> {
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `command -v ${tool}`]);
  const script = `#!/bin/sh\nprintf '%s\\n' "${tool} $*" >> '${log}'\nexec '${stdout.trim()}' "$@"\n`;
  await writeFile(join(dir, 'bin', tool), script);
  await chmod(join(dir, 'bin', tool), 0o755);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('credentials of every kind stay out of logs, answers, command lines and the data folder, also when all of them fail', async () => {
  const at = (server: GitServer, path: string): string => `http://127.0.0.1:${server.port}/${path}`;
  const repositories = {
    password: at(closed, 'by-password/x.git'),
    bearer: at(closed, 'by-token/x.git'),
    app: at(closed, 'by-app/x.git'),
    ssh: ssh.url('by-ssh/x.git'),
    proxied: at(closed, 'by-proxy/x.git'),
  };
  const repo = await createGitRepo(join(dir, 'git'), 'fleet.git');
  await repo.commit({
    ...administration,
    'plain/config.yaml': configMapText('plain', 'first'),
    'applications/plain.yaml': applicationText('plain', { repoURL: open.url('fleet.git') }),
    ...Object.fromEntries(
      Object.entries(repositories).map(([name, repoURL]) => [
        `applications/${name}.yaml`,
        applicationText(name, { repoURL }),
      ]),
    ),
  });
  const secrets = join(dir, 'credentials');
  await mkdir(secrets);
  await mkdir(join(dir, 'bin'));
  await writeFile(join(secrets, 'password'), `${password}\n`);
  await writeFile(join(secrets, 'app.pem'), appKey);
  await writeFile(join(secrets, 'id'), sshKey.privateKey);
  await writeFile(
    join(secrets, 'credentials.yaml'),
    `
- {urlPrefix: '${at(closed, 'by-password')}', username: ada, passwordFile: password}
- {urlPrefix: '${at(closed, 'by-token')}', bearerTokenEnv: BEARER}
- {urlPrefix: '${at(closed, 'by-app')}', githubAppID: 1, githubAppInstallationID: 2, githubAppPrivateKeyFile: app.pem,
   githubAppEnterpriseBaseUrl: 'http://127.0.0.1:${(api.address() as AddressInfo).port}'}
- {urlPrefix: 'ssh://127.0.0.1:${ssh.port}/', sshPrivateKeyFile: id, knownHosts: '# none'}
- {urlPrefix: '${at(closed, 'by-proxy')}', username: ada, passwordFile: password, proxy: 'http://me:${proxyPassword}@127.0.0.1:1'}
`,
  );
  const seen = join(dir, 'arguments');
  await noteArguments('git', seen);
  await noteArguments('ssh', seen);
  const data = join(dir, 'data');
  hub = startFairlead(
    [
      ...['hub', '--fleet-url', open.url('fleet.git'), '--poll-interval', '1s', '--credentials', secrets],
      ...['--data-dir', data, '--api-listen', '127.0.0.1:0', '--agents-listen', '127.0.0.1:0'],
      ...['--log-level', 'trace'],
    ],
    { env: { PATH: `${join(dir, 'bin')}:${process.env['PATH']}`, BEARER: token } },
  );
  const output = await hub.says(/token {4}\S+/);
  const access = {
    FAIRLEAD_SERVER: /API {6}(\S+)/.exec(output)?.[1] ?? '',
    FAIRLEAD_TOKEN: /token {4}(\S+)/.exec(output)?.[1] ?? '',
  };
  const ask = async (path: string, body?: object): Promise<string> => {
    const response = await fetch(`${access.FAIRLEAD_SERVER}/api/v1${path}`, {
      headers: { authorization: `Bearer ${access.FAIRLEAD_TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return response.text();
  };
  const urls = Object.values(repositories);
  let listed: readonly { readonly url: string; readonly problem?: string }[] = [];
  // Every one of them has failed, each with the credentials that were meant for it.
  await expect
    .poll(
      async () => {
        listed = JSON.parse(await ask('/repositories')).items;
        return urls.filter((url) => listed.find((each) => each.url === url)?.problem === undefined);
      },
      { timeout: 60_000 },
    )
    .toEqual([]);
  const problemOf = (url: string): string => listed.find((each) => each.url === url)?.problem ?? '';
  expect(problemOf(repositories.password)).toContain('It was shown the credentials of');
  expect(problemOf(repositories.app)).toContain('GitHub does not know App 1 by its key');
  expect(problemOf(repositories.ssh)).toMatch(/the host key of 127\.0\.0\.1:\d+ isn't known/);

  const table = await runCli(['repo', 'list'], access);
  expect(table.stdout).toContain('(github-app)');
  const steps = await runCli(['repo', 'test', repositories.password], access);
  expect(steps.code).toBe(1);
  expect(steps.stdout).toMatch(/✓ connection .*\n.*\n✗ authentication .*asks for credentials/);
  const answers = [table.stdout, steps.stdout, steps.stderr];
  for (const url of urls) answers.push(await ask('/repositories/test', { url }));
  for (const path of [
    '/status',
    '/repositories',
    '/overview',
    '/applications',
    '/applications/argocd%2Fpassword',
  ])
    answers.push(await ask(path));
  await hub.stop();
  const commands = await readFile(seen, 'utf8');
  expect(commands).toMatch(/^git .*by-password/m);
  expect(commands).toMatch(/^ssh /m);
  const kept = await filesBelow(data);
  expect(kept.length).toBeGreaterThan(3);
  const places = new Map<string, Buffer>([
    ['logs', Buffer.from(hub.output())],
    ['answers', Buffer.from(answers.join('\n'))],
    ['command lines', Buffer.from(commands)],
  ]);
  for (const file of kept) places.set(file, await readFile(file));
  for (const [place, content] of places) {
    for (const secret of forbidden) expect(content.includes(secret), `${secret} in ${place}`).toBe(false);
  }
});
