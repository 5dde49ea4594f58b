import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ApplicationStatus } from '../../../core/status.ts';
import { type OpenApi, openApi } from '../../../hub/api/open-api.ts';
import { openHosts } from '../../../hub/hosts/open-hosts.ts';
import type { ControlPort } from '../../../hub/ports.ts';
import { rollback } from '../../../hub/proposal/rollback.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { administration, applicationText, configMapText } from '../../support/fleet-texts.ts';
import { type HttpAnswer, type HttpAnswers, openHttpAnswers } from '../../support/http-answers.ts';
import { type LoopRig, openLoopRig } from '../../support/loop-rig.ts';
import { recordLog } from '../../support/record-log.ts';
import { type CliResult, runCli } from '../../support/run-cli.ts';
import { noQueries } from '../../support/test-hub.ts';

const clock = { now: () => new Date('2026-11-03T14:00:00.000Z') };
const repository = 'team/apps.git';
let dir: string;
let rig: LoopRig;
let host: HttpAnswers;
let hostAnswer: HttpAnswer;
let api: OpenApi;
let good: string;
let bad: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-rollback-api-'));
  const log = recordLog();
  const render = await openRender({ helm: undefined, kustomize: undefined, tmpDir: dir, log });
  rig = await openLoopRig({ render, repositories: [repository] });
  host = await openHttpAnswers(() => hostAnswer);
  const hosts = openHosts({
    hosts: [
      {
        url: `${rig.url('team')}/`,
        type: 'gitea',
        api: `${host.url}/api/v1`,
        token: { source: 'gitea-token', read: () => 's3cret' },
      },
    ],
    clock,
  });
  const control = {
    refresh: () => undefined,
    catalog: () => rig.loop.catalog(),
    connections: () => new Map(),
    subscribe: () => () => undefined,
    rollback(application, request, signal) {
      const { git, store, fleet } = rig;
      const resolution = () => rig.loop.resolution();
      return rollback({ git, hosts, render, store, fleet, resolution }, application, request, signal);
    },
  } as Partial<ControlPort> as ControlPort;
  api = await openApi({
    listen: { host: '127.0.0.1', port: 0 },
    store: rig.store,
    control,
    queries: noQueries,
    tokens: ['t'],
    notifications: { states: () => [], problems: () => [], test: async () => [] },
    repositories: { list: async () => [], test: async (url) => ({ url, steps: [] }) },
    figures: {
      fetches: new Map(),
      renders: new Map(),
      passes: new Map(),
      deliveries: new Map(),
      lastPassDurationMs: 0,
    },
    version: '0',
    clock,
    log,
  });
  await fill();
});

afterAll(async () => {
  await api.close();
  await host.close();
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

async function fill(): Promise<void> {
  const repo = rig.repo(repository);
  good = await repo.commit({ 'web/config.yaml': configMapText('web', 'good') }, { message: 'web: good' });
  await rig.commit({
    ...administration,
    'applications/web.yaml': applicationText('web', { repoURL: rig.url(repository) }),
  });
  await applied(1);
  bad = await repo.commit({ 'web/config.yaml': configMapText('web', 'bad') }, { message: 'web: bad' });
  await rig.pass();
  await applied(2);
}

async function applied(sequence: number): Promise<void> {
  const digest = (await rig.record('web'))?.digest ?? '';
  const status: ApplicationStatus = {
    application: 'argocd/web',
    digest,
    sync: 'Synced',
    appliedDigest: digest,
    appliedAt: `2026-11-03T13:0${sequence}:00.000Z`,
    health: { status: 'Healthy', message: '' },
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
  };
  await rig.store.saveReports('one', [{ sequence, report: { type: 'application', status } }]);
}

function fairlead(...args: readonly string[]): Promise<CliResult> {
  const author = { GIT_AUTHOR_NAME: 'Max', GIT_AUTHOR_EMAIL: 'max@example.com' };
  return runCli(args, { FAIRLEAD_SERVER: api.address, FAIRLEAD_TOKEN: 't', ...author });
}

const branches = (): Promise<string> =>
  rig.repo(repository).git('for-each-ref', '--format=%(refname:short)', 'refs/heads');

describe('rollback, from the command to the branch on a real Git server', () => {
  test('app history says which commits changed what runs, from first to last applied', async () => {
    const { stdout, code } = await fairlead('app', 'history', 'web');
    expect(code).toBe(0);
    const [head, newest, oldest] = stdout.split('\n');
    expect(head).toMatch(/^COMMIT +AUTHOR +SUBJECT +DECIDED +APPLIED +COMPLETE +STATE/);
    expect(newest).toMatch(new RegExp(`^${bad.slice(0, 7)} +Ada Author +web: bad .*13:02:00.* running$`));
    expect(oldest).toMatch(new RegExp(`^${good.slice(0, 7)} +Ada Author +web: good .*13:01:00.* past$`));
    const items = parse((await fairlead('app', 'history', 'web', '-o', 'yaml')).stdout);
    expect(items).toMatchObject([
      { commit: { id: bad }, state: 'running' },
      { commit: { id: good }, state: 'past', lastAppliedAt: '2026-11-03T13:01:00.000Z' },
    ]);
    expect(JSON.stringify(items)).not.toContain('objectsDigest');
  });

  test('--dry-run shows the diff, writes nothing and exits with 2', async () => {
    const { stdout, code } = await fairlead('rollback', 'web', '--dry-run');
    expect(code).toBe(2);
    expect(stdout).toContain(`Roll back web to ${good.slice(0, 7)}`);
    expect(stdout).toContain('exactly what was applied then');
    expect(stdout).toMatch(/ConfigMap web +data\.value +bad +good/);
    expect(stdout).toContain("-data: { value: 'bad' }\n+data: { value: 'good' }");
    expect(stdout).toContain('Nothing was written.');
    expect(await branches()).toBe('main');
    expect(host.asked).toEqual([]);
  });

  test('an entry that is not there is refused with what to do, and exits with 1', async () => {
    const { stderr, code } = await fairlead('rollback', 'web', '--to', 'abcdef0');
    expect(code).toBe(1);
    expect(stderr).toContain('argocd/web: no entry of its history is of commit abcdef0');
    expect(stderr).toContain(good.slice(0, 7));
    for (const before of ['yesterday', '2w', '999999999999d']) {
      expect((await fairlead('rollback', 'web', '--before', before)).stderr).toContain('30m, 2h, 1d');
    }
    expect((await fairlead('rollback', 'nothing')).stderr).toContain('there is no such application');
  });

  test('without a pull request the branch is there, and the warning says why and where to go on', async () => {
    hostAnswer = { status: 429, headers: { 'retry-after': '60' } };
    const { stdout, code } = await fairlead('rollback', 'web');
    expect(code).toBe(0);
    const branch = `fairlead/rollback-web-${good.slice(0, 7)}`;
    expect(stdout).toContain(`Branch ${branch} is pushed`);
    expect(stdout).toContain('its rate limit is used up until 2026-11-03T14:01:00Z');
    expect(stdout).toContain(`${rig.url('team/apps')}/compare/main...${branch}`);
    expect(`${stdout}`).not.toContain('s3cret');
    expect(await branches()).toBe(`${branch}\nmain`);
  });

  test('asked again it is the same branch, and now the pull request is opened', async () => {
    const branch = `fairlead/rollback-web-${good.slice(0, 7)}`;
    hostAnswer = {
      status: 201,
      body: { number: 4, html_url: 'http://git.example/4', head: { ref: branch }, base: { ref: 'main' } },
    };
    const { stdout, code } = await fairlead('rollback', 'web', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'exists',
      branch,
      pullRequest: { url: 'http://git.example/4', number: 4, state: 'opened' },
    });
    expect(host.asked.at(-1)).toMatchObject({
      path: '/api/v1/repos/team/apps/pulls',
      body: { head: branch, base: 'main', title: `Roll back web to ${good.slice(0, 7)}` },
    });
    expect(await rig.repo(repository).git('log', '-1', '--format=%an <%ae>', branch)).toBe(
      'Max <max@example.com>',
    );
  });

  test('the author is the one that Git names where the command runs, else Fairlead', async () => {
    await writeFile(join(dir, 'gitconfig'), '[user]\n  name = Eva\n  email = eva@example.com\n');
    const env = { FAIRLEAD_SERVER: api.address, FAIRLEAD_TOKEN: 't' };
    const author = (): Promise<string> =>
      rig.repo(repository).git('log', '-1', '--format=%an', `fairlead/rollback-web-${good.slice(0, 7)}`);
    for (const [extra, expected] of [
      [{ GIT_CONFIG_GLOBAL: join(dir, 'gitconfig') }, 'Eva'],
      [{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }, 'Fairlead'],
    ] as const) {
      execFileSync('git', ['branch', '-D', `fairlead/rollback-web-${good.slice(0, 7)}`], {
        cwd: rig.repo(repository).dir,
      });
      const { code, stderr } = await runCli(['rollback', 'web'], { ...env, ...extra });
      expect([code, stderr]).toEqual([0, '']);
      expect(await author()).toBe(expected);
    }
  });

  test('the API refuses what is no author, no time and no field', async () => {
    const post = (body: object): Promise<Response> =>
      fetch(`${api.address}/api/v1/applications/web/rollback`, {
        method: 'POST',
        headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (const body of [
      { author: { name: 'Eve <x>', email: 'a@b' } },
      { author: { name: 'Eve\n', email: 'a@b' } },
      { author: { name: 'Eve', email: 'a b' } },
      { before: 'yesterday' },
      { too: 'abcdef' },
    ]) {
      expect((await post(body)).status, JSON.stringify(body)).toBe(400);
    }
    const anonymous = await fetch(`${api.address}/api/v1/applications/web/rollback`);
    expect(anonymous.status).toBe(401);
  });
});
