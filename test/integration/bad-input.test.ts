import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { encodeKubeconfig } from '../clusters/kubeconfig.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type FairleadProcess, startFairlead } from '../support/fairlead-process.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import { createGitRepo, type GitRepo } from '../support/git-repo.ts';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { runCli } from '../support/run-cli.ts';

/**
 * What goes wrong around a hub and an agent, as processes, with a real API server: each says it, nothing that was applied
 * is lost, and both go on by themselves once it is right. Each test builds on those before it.
 */
let dir: string;
let planes: ControlPlanes;
let server: GitServer;
let repo: GitRepo;
let live: KubeClient;
let hub: FairleadProcess;
let agent: FairleadProcess;
let kubeconfig: string;
let env: Record<string, string>;

const limitMs = 60_000;
const web = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'team-a', name: 'web' };

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-bad-input-'));
  planes = await startControlPlanes({ names: ['one'], controllers: 'none', dir: join(dir, 'clusters') });
  live = new KubeClient(planes.cluster('one'));
  await live.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } });
  repo = await createGitRepo(join(dir, 'git'), 'fleet.git');
  server = await startGitServer({ dir: join(dir, 'git') });
  await repo.commit({
    ...administration,
    'web/config.yaml': configMapText('web', 'first'),
    'applications/web.yaml': applicationText('web', { repoURL: server.url('fleet.git') }),
  });
  hub = startHub(['--api-listen', '127.0.0.1:0', '--agents-listen', '127.0.0.1:0']);
  const said = await hub.says(/token {4}\S+/);
  env = {
    FAIRLEAD_SERVER: /API {6}(\S+)/.exec(said)?.[1] ?? '',
    FAIRLEAD_TOKEN: /token {4}(\S+)/.exec(said)?.[1] ?? '',
  };
  await hub.says(/a generation is stored/);
});

afterAll(async () => {
  await Promise.all([agent?.stop(), hub?.stop()]);
  await planes?.stop();
  await server?.close();
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

function startHub(listen: readonly string[]): FairleadProcess {
  const fleet = [
    '--fleet-url',
    server.url('fleet.git'),
    '--advertise',
    '127.0.0.1',
    '--poll-interval',
    '500ms',
  ];
  return startFairlead(['hub', '--data-dir', join(dir, 'hub'), ...fleet, ...listen]);
}

/** Commits a value of the one ConfigMap. */
async function push(value: string): Promise<void> {
  await repo.commit({ 'web/config.yaml': configMapText('web', value) });
}

async function liveValue(): Promise<unknown> {
  return (await live.find(web))?.['data']?.value;
}

function untilLive(value: string): Promise<unknown> {
  const detail = () => `hub:\n${hub.output()}\nagent:\n${agent.output()}`;
  return waitUntil(`web is ${value}`, async () => (await liveValue()) === value, { limitMs, detail });
}

/** Sets the largest file that a process may write: a full disk that can be freed, without a mount. */
async function limitFiles(process: FairleadProcess, size: string): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', `${process.pid}`, `--fsize=${size}:`]);
}

test('a wrong token for the API server is named with its kubeconfig; the right one counts without a restart', async () => {
  const { stdout } = await runCli(['cluster', 'enroll', 'one', '-o', 'json'], env);
  const { token } = JSON.parse(stdout) as { token: string };
  kubeconfig = join(dir, 'kubeconfig');
  const access = planes.cluster('one');
  await writeFile(kubeconfig, encodeKubeconfig([{ ...access, token: 'wrong' }]));
  agent = startFairlead([
    'agent',
    ...['--state-dir', join(dir, 'agent'), '--kubeconfig', kubeconfig, '--enroll-token', token],
  ]);
  const said = await agent.says(/does not accept the credentials/);
  expect(said).toContain(`context one of ${kubeconfig}`);
  expect(said).not.toContain('"wrong"');
  expect(await liveValue()).toBeUndefined();

  await writeFile(kubeconfig, await readFile(access.kubeconfig));
  await untilLive('first');
});

test('an API server that is down is named, and gets what was committed meanwhile when it is back', async () => {
  const { apiServer } = planes.cluster('one');
  await apiServer.stop();
  await push('second');
  await waitUntil(
    'the application says that its API server is down',
    async () => (await runCli(['app', 'get', 'web'], env)).stdout.includes('refuses connections'),
    { limitMs, everyMs: 500, detail: () => agent.output() },
  );
  expect(agent.isRunning() && hub.isRunning()).toBe(true);
  await apiServer.start();
  await untilLive('second');
});

test('a hub whose disk is full changes nothing on the cluster, and goes on once there is room', async ({
  skip,
}) => {
  await limitFiles(hub, '4096').catch(() => skip('needs prlimit of util-linux'));
  await push(`third ${'x'.repeat(50_000)}`);
  await hub.says(/the pass failed; nothing was changed/);
  expect(await liveValue()).toBe('second');
  const { stdout } = await runCli(['doctor'], env);
  expect(stdout).toMatch(/disk/);
  await limitFiles(hub, 'unlimited');
  await push('third');
  await untilLive('third');
});

test('an agent whose disk is full keeps and heals what is in force, and goes on once there is room', async ({
  skip,
}) => {
  await limitFiles(agent, '0').catch(() => skip('needs prlimit of util-linux'));
  await push('fourth');
  await agent.says(/the new desired state can't be stored/);
  await live.delete(web);
  await untilLive('third');
  await limitFiles(agent, 'unlimited');
  await untilLive('fourth');
});

test('without its hub an agent heals, and a commit arrives when the hub is back', async () => {
  const { FAIRLEAD_SERVER = '' } = env;
  const agents = /hub {6}(\S+)/.exec(await agent.says(/hub {6}\S+/))?.[1] ?? '';
  await hub.stop();
  await agent.says(/nothing listens at/);
  await live.delete(web);
  await untilLive('fourth');
  await push('fifth');
  hub = startHub(['--api-listen', FAIRLEAD_SERVER.replace('http://', ''), '--agents-listen', agents]);
  await untilLive('fifth');
});
