import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { paths } from '../../../client/schema.ts';
import { type Hub, openHub } from '../../../hub/context.ts';
import { readConfig } from '../../../hub/read-config.ts';
import { waitUntil } from '../../clusters/wait.ts';
import { administration, applicationText, configMapText } from '../../support/fleet-texts.ts';
import { createGitRepo, type GitRepo } from '../../support/git-repo.ts';
import { type GitServer, startGitServer } from '../../support/git-server.ts';
import { type ReceiverServer, startReceiverServer } from '../../support/receiver-server.ts';
import { type RecordedLog, recordLog } from '../../support/record-log.ts';
import { type CliResult, runCli } from '../../support/run-cli.ts';

/** A whole hub on a real Git server: a refusal is told, listed, tested, resolved and counted. */

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dir: string;
let server: GitServer;
let repo: GitRepo;
let receiver: ReceiverServer;
let slack: ReceiverServer;
let hub: Hub;
let log: RecordedLog;

type Listed = paths['/api/v1/notifications']['get']['responses']['200']['content']['application/json'];
type Incidents = paths['/api/v1/incidents']['get']['responses']['200']['content']['application/json'];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-notify-'));
  repo = await createGitRepo(join(dir, 'git'), 'fleet.git');
  server = await startGitServer({ dir: join(dir, 'git') });
  receiver = await startReceiverServer();
  slack = await startReceiverServer();
  await repo.commit({
    ...administration,
    'plain/config.yaml': configMapText('plain', 'first'),
    'applications/plain.yaml': applicationText('plain', { repoURL: server.url('fleet.git') }),
    'fleet/notification.yaml': notification(),
  });
  await writeFile(join(dir, 'signing-secret'), 'a secret for signatures');
  hub = await start();
});

afterAll(async () => {
  await hub.close();
  await Promise.all([server.close(), receiver.close(), slack.close()]);
  await rm(dir, { recursive: true, force: true });
});

function notification(): string {
  return `apiVersion: fairlead.dev/v1alpha1
kind: Notification
metadata: { name: platform }
spec:
  triggers: [{ type: refused }, { type: drift }]
  receivers:
    - name: audit
      webhook: { url: '${receiver.url}/in', secretFrom: { file: signing-secret } }
      watchdog: 10s
    - name: chat
      slack: { urlFrom: { file: slack-url } }
`;
}

function start(): Promise<Hub> {
  log = recordLog();
  const config = readConfig(
    [
      ...[
        '--fleet-url',
        server.url('fleet.git'),
        '--data-dir',
        join(dir, 'data'),
        '--poll-interval',
        '200ms',
      ],
      ...['--api-listen', '127.0.0.1:0', '--agents-listen', '127.0.0.1:0'],
      ...['--notification-secrets', dir, '--external-url', 'https://fairlead.example.com/'],
      ...['--metrics-token', 'a-token-for-prometheus'],
    ],
    {},
  );
  return openHub(config, { clock: { now: () => new Date() }, log });
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${hub.api}${path}`, { headers: { authorization: `Bearer ${hub.token}` } });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

function fairlead(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, { FAIRLEAD_SERVER: hub.api, FAIRLEAD_TOKEN: hub.token });
}

/** Types of the events that came, but for the signs of life. */
function events(): readonly string[] {
  const all = receiver.requests.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  return all.filter((type) => type !== 'dev.fairlead.watchdog');
}

function wait(what: string, isSo: () => boolean | Promise<boolean>): Promise<unknown> {
  return waitUntil(what, async () => ((await isSo()) ? true : undefined), { limitMs: 30_000 });
}

test('a missing secret is a problem with its line, and delays nobody else', async () => {
  await wait(
    'the documents are read',
    async () => (await get<Listed>('/api/v1/notifications')).items.length > 0,
  );
  const { items } = await get<Listed>('/api/v1/notifications');
  expect(items[0]?.problems).toMatchObject([
    {
      code: 'missing-secret',
      location: { file: 'fleet/notification.yaml', line: 11 },
      field: 'spec.receivers[1].slack.urlFrom.file',
    },
  ]);
  const doctor = await fairlead('doctor');
  expect(doctor.stdout).toContain(
    `fleet/notification.yaml:11: The receiver chat of Notification platform can't send`,
  );
  const tested = await fairlead('notification', 'test', 'platform');
  expect(tested.code).toBe(1);
  expect(tested.stdout).toContain('audit (webhook) took it');
  expect(tested.stdout).toContain('chat (slack) did not: the secret slack-url');
  expect(events()).toEqual(['dev.fairlead.test']);
});

test('a refusal is told once, and a receiver that hangs holds up neither passes nor others', async () => {
  slack.answer = 'silent';
  await writeFile(join(dir, 'slack-url'), `${slack.url}/services/secret-path`);
  await repo.commit({
    'applications/plain.yaml': applicationText('plain', {
      repoURL: server.url('fleet.git'),
      namespace: 'kube-system',
    }),
  });
  await wait('the refusal is told', () => events().includes('dev.fairlead.incident.firing'));
  const told = receiver.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  expect(told.find(({ type }) => type === 'dev.fairlead.incident.firing')).toMatchObject({
    source: 'https://fairlead.example.com',
    subject: 'refused/argocd/plain',
    data: {
      summary: expect.stringContaining("plain refused: project platform doesn't allow namespace kube-system"),
      link: 'https://fairlead.example.com/applications/argocd/plain',
    },
  });
  const { items } = await get<Incidents>('/api/v1/incidents');
  expect(items).toMatchObject([
    { trigger: 'refused', state: 'open', severity: 'warning', subject: { application: 'argocd/plain' } },
  ]);
  expect(items[0]?.notifications).toMatchObject([
    { receiver: 'audit', told: 'firing' },
    { receiver: 'chat' },
  ]);
  const listed = await fairlead('incident', 'list');
  expect(listed.stdout).toMatch(/warning +refused +.*kube-system.* 1 of 2 /);
  const passes = log.messages('error');
  expect(passes).toEqual([]);
});

test('what nobody confirmed is told after a restart, and resolved when the refusal is gone', async () => {
  await hub.close();
  slack.answer = { status: 200 };
  hub = await start();
  await wait('Slack is told', () => slack.requests.some(({ body }) => body.includes('Refused')));
  await repo.commit({
    'applications/plain.yaml': applicationText('plain', { repoURL: server.url('fleet.git') }),
  });
  await wait('the end is told', () => events().at(-1) === 'dev.fairlead.incident.resolved');
  await wait('Slack hears it too', () =>
    slack.requests.some(({ body }) => body.includes('Resolved: Refused')),
  );
  expect(events().filter((type) => type.includes('incident'))).toEqual([
    'dev.fairlead.incident.firing',
    'dev.fairlead.incident.resolved',
  ]);
  expect((await get<Incidents>('/api/v1/incidents')).items).toEqual([]);
  const all = await fairlead('incident', 'list', '--state', 'all');
  expect(all.stdout).toContain('2 of 2');
  expect(all.stdout).toContain('resolved');
});

test('receivers and their failures are listed, without a secret anywhere', async () => {
  slack.answer = { status: 403, body: 'invalid_token' };
  expect((await fairlead('notification', 'test', 'platform')).code).toBe(1);
  const list = await fairlead('notification', 'list');
  expect(list.stdout).toMatch(/platform +audit +webhook +refused, drift, watchdog +0 +.* ago/);
  expect(list.stdout).toContain('answered 403: invalid_token');
  expect((await fairlead('doctor')).stdout).toContain('receiver platform/chat');
  const everything = `${list.stdout}${JSON.stringify(await get('/api/v1/notifications'))}${JSON.stringify(log.entries)}`;
  expect(everything).not.toContain('secret-path');
  expect(everything).not.toContain('a secret for signatures');
  expect((await fairlead('notification', 'test', 'platfrom')).stderr).toContain('There are platform');
});

test('the metrics need a token of their own or of the API, and tell what happened', async () => {
  expect((await fetch(`${hub.api}/metrics`)).status).toBe(401);
  const headers = { authorization: 'Bearer a-token-for-prometheus' };
  expect((await fetch(`${hub.api}/api/v1/status`, { headers })).status).toBe(401);
  const response = await fetch(`${hub.api}/metrics`, { headers });
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  for (const line of [
    /^fairlead_build_info\{version="[^"]+",node="v\d+\.\d+\.\d+"\} 1$/m,
    /^fairlead_applications\{environment="test",sync="Unknown",health="Unknown"\} 1$/m,
    /^fairlead_hub_last_pass_timestamp_seconds 1\.\d+e\+9$|^fairlead_hub_last_pass_timestamp_seconds \d{10}/m,
    /^fairlead_hub_passes_total\{result="ok"\} \d+$/m,
    /^fairlead_hub_git_fetches_total\{result="ok"\} \d+$/m,
    /^fairlead_hub_renders_total\{result="failed"\} 0$/m,
    /^fairlead_notification_deliveries_total\{receiver="slack",result="rejected"\} 1$/m,
    /^fairlead_notification_outbox_depth 0$/m,
    /^fairlead_agent_connected\{cluster="one"\} 0$/m,
    /^fairlead_hub_store_bytes \d+$/m,
    /^process_cpu_seconds_total /m,
  ]) {
    expect(text).toMatch(line);
  }
});

test('a hub whose secrets it may not read says so', async () => {
  if (process.getuid?.() === 0) return;
  await chmod(join(dir, 'slack-url'), 0);
  const tested = await fairlead('notification', 'test', 'platform');
  expect(tested.stdout).toContain("can't be read (EACCES)");
});
