import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../core/error.ts';
import { openApi } from '../../../hub/api/open-api.ts';
import {
  fleetUrl,
  openTestHub,
  records,
  silentLog,
  type TestHub,
  testToken,
  webhookSecret,
} from '../../support/test-hub.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub({ webhookSecret });
});

afterAll(() => hub.close());

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are checked by their values; types are the schema's matter.
  readonly body: any;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${testToken}`, ...(init.headers as object) };
  const response = await fetch(`${hub.address}${path}`, { ...init, headers });
  return { status: response.status, body: await response.json() };
}

function post(path: string, body: unknown): Promise<Answer> {
  return ask(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

describe('tokens', () => {
  const readers = [
    'clusters',
    'clusters/prod',
    'projects',
    'applications',
    'drifts',
    'incidents',
    'notifications',
    'status',
    'events',
    'operations/x',
  ];

  for (const path of readers) {
    test(`GET /api/v1/${path} without a token is refused with what to do`, async () => {
      const response = await fetch(`${hub.address}/api/v1/${path}`);
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(await response.json()).toMatchObject({
        code: 'unauthenticated',
        remedy: expect.stringContaining('Bearer'),
      });
    });
  }

  test('a wrong token, one with a right beginning and another scheme are refused', async () => {
    for (const authorization of ['Bearer nope', `Bearer ${testToken.slice(0, -1)}`, `Basic ${testToken}`]) {
      expect((await ask('/api/v1/status', { headers: { authorization } })).status).toBe(401);
    }
  });

  test('nothing is enrolled or synced without a token', async () => {
    for (const path of ['clusters/prod/enrollment', 'applications/search/operations']) {
      const response = await fetch(`${hub.address}/api/v1/${path}`, { method: 'POST' });
      expect(response.status).toBe(401);
    }
  });

  test('an API without any token does not start', async () => {
    const options = { listen: { host: '127.0.0.1', port: 0 }, tokens: [''] } as unknown as Parameters<
      typeof openApi
    >[0];
    await expect(openApi(options)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('the document, health and readiness are public', async () => {
    for (const path of ['/api/v1/openapi.json', '/healthz', '/readyz']) {
      expect((await fetch(`${hub.address}${path}`)).status).toBe(200);
    }
  });
});

describe('applications', () => {
  test('are listed by name with their sentences', async () => {
    const { body } = await ask('/api/v1/applications?timeZone=UTC');
    const sentences = body.items.map((item: { sentence: string }) => item.sentence);
    expect(body.items).toHaveLength(records.length);
    expect(sentences[0]).toBe(
      'prod/payments-prod runs 4f2c1aa (2 h), 1 drift: Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11; mode sync leaves it.',
    );
    expect(sentences[1]).toBe('staging/payments-staging is unknown: agent silent since 13:00:00 (1 h).');
    expect(sentences[2]).toBe(
      "prod/search refused: project platform doesn't allow namespace kube-system (fleet/projects/platform.yaml:14).",
    );
  });

  const filters: Readonly<Record<string, readonly string[]>> = {
    'cluster=staging': ['argocd/payments-staging', 'argocd/shared'],
    'environment=prod&text=PAY': ['argocd/payments-prod'],
    'sync=Unknown&text=shared': ['argocd/shared'],
    'health=Healthy': ['argocd/payments-prod'],
    'text=kube-system': ['argocd/search'],
    'project=none': [],
  };
  for (const [query, expected] of Object.entries(filters)) {
    test(`?${query} gives ${expected.length}`, async () => {
      const { body } = await ask(`/api/v1/applications?${query}`);
      expect(body.items.map((item: { application: string }) => item.application)).toEqual(expected);
    });
  }

  test('a mistyped filter or zone is an error, not everything', async () => {
    expect(await ask('/api/v1/applications?enviroment=prod')).toMatchObject({
      status: 400,
      body: { code: 'invalid' },
    });
    expect(await ask('/api/v1/applications?sync=Green')).toMatchObject({
      status: 400,
      body: { code: 'invalid' },
    });
    const zone = await ask('/api/v1/applications?timeZone=Mars/Olympus');
    expect(zone).toMatchObject({ status: 400, body: { subject: 'Mars/Olympus' } });
  });

  for (const key of ['argocd%2Fpayments-prod', 'payments-prod', 'prod%2Fpayments-prod']) {
    test(`${key} is found with all that is known`, async () => {
      const { status, body } = await ask(`/api/v1/applications/${key}`);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        application: 'argocd/payments-prod',
        sync: 'OutOfSync',
        cause: 'drifted',
        digest: 'sha256:payments-prod',
        drifts: [{ fields: [{ path: 'spec.replicas', desired: 3, live: 5 }] }],
        objects: [{ ref: { name: 'web' } }],
        gates: [],
      });
    });
  }

  test('a name that two have is a conflict that names both', async () => {
    const { status, body } = await ask('/api/v1/applications/shared');
    expect(status).toBe(409);
    expect(body.remedy).toContain('argocd/shared, team-b/shared');
  });

  test('an unknown name suggests near ones', async () => {
    const { status, body } = await ask('/api/v1/applications/paymens-prod');
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'not-found', subject: 'paymens-prod' });
    expect(body.remedy).toContain('payments-prod');
  });
});

describe('operations', () => {
  test('are accepted, noted with who asked, and read by id', async () => {
    const { status, body } = await post('/api/v1/applications/payments-prod/operations', { type: 'sync' });
    expect(status).toBe(202);
    expect(body).toMatchObject({ application: 'argocd/payments-prod', cluster: 'prod', phase: 'Pending' });
    expect(body.requestedBy).toBe('admin');
    expect((await ask(`/api/v1/operations/${body.id}`)).body).toMatchObject({
      phase: 'Succeeded',
      message: 'done',
    });
  });

  test('are listed while they have no result, and cancelled by id once', async () => {
    hub.answer(undefined);
    const path = '/api/v1/applications/payments-prod/operations';
    const { id } = (await post(path, { type: 'sync' })).body;
    hub.answer('Succeeded', 'done');
    const listed = await ask('/api/v1/operations?application=payments-prod');
    expect(listed.body.items).toMatchObject([{ id, phase: 'Pending' }]);
    const cancelled = await ask(`/api/v1/operations/${id}/cancel`, { method: 'POST' });
    expect(cancelled.status).toBe(202);
    expect(cancelled.body.cancelledBy).toBe('admin');
    const ended = (await post(path, { type: 'sync' })).body;
    const late = await ask(`/api/v1/operations/${ended.id}/cancel`, { method: 'POST' });
    expect(late).toMatchObject({ status: 409, body: { code: 'conflict' } });
    const all = (await ask('/api/v1/operations?state=all&cluster=prod&limit=1000')).body.items;
    expect(all.map((item: { id: string }) => item.id)).toContain(ended.id);
    expect((await ask('/api/v1/operations?state=none')).status).toBe(400);
  });

  test('of a refused application are a conflict with its reason', async () => {
    const { status, body } = await post('/api/v1/applications/search/operations', { type: 'sync' });
    expect(status).toBe(409);
    expect(body.message).toContain("doesn't allow namespace kube-system");
  });

  test('of an unknown type, an unknown id or with a body that is no JSON are errors', async () => {
    expect((await post('/api/v1/applications/payments-prod/operations', { type: 'explode' })).status).toBe(
      400,
    );
    expect((await ask('/api/v1/operations/none')).body).toMatchObject({ code: 'not-found' });
    const headers = { 'content-type': 'application/json' };
    const broken = await ask('/api/v1/applications/payments-prod/operations', {
      method: 'POST',
      body: '{',
      headers,
    });
    expect(broken).toMatchObject({ status: 400, body: { code: 'invalid' } });
  });

  test('with a body beyond any sense are too large', async () => {
    const { status, body } = await post('/api/v1/applications/payments-prod/operations', {
      type: 'x'.repeat(100_000),
    });
    expect([status, body.code]).toEqual([413, 'too-large']);
  });
});

describe('clusters, projects, drifts, status', () => {
  test('a cluster says whether it can be trusted', async () => {
    const { body } = await ask('/api/v1/clusters?timeZone=UTC');
    expect(body.items.map((item: { sentence: string }) => item.sentence)).toEqual([
      'prod is connected (agent 0.1.0), 3 applications, 1 open drift.',
      'staging is unknown: agent silent since 13:00:00 (1 h).',
    ]);
    expect((await ask('/api/v1/clusters/prodd')).body).toMatchObject({
      code: 'not-found',
      remedy: 'Did you mean prod?',
    });
  });

  test('enrolling gives a token, of an unknown cluster an error', async () => {
    const enrolled = await ask('/api/v1/clusters/prod/enrollment', { method: 'POST' });
    expect(enrolled).toMatchObject({ status: 201, body: { cluster: 'prod', token: 'one-time.token' } });
    const unknown = await ask('/api/v1/clusters/nowhere/enrollment', { method: 'POST' });
    expect(unknown).toMatchObject({
      status: 404,
      body: { subject: 'nowhere', remedy: 'Commit one below fleet/' },
    });
  });

  test('a project counts its applications and refusals', async () => {
    const { body } = await ask('/api/v1/projects');
    expect(body.items).toMatchObject([{ name: 'platform', applications: 5, refused: 1 }]);
    expect(body.items[0]).not.toHaveProperty('fieldLines');
  });

  test('drifts are filtered, and one has its course', async () => {
    const open = await ask('/api/v1/drifts?state=open&application=payments-prod&cluster=prod');
    expect(open.body.items).toHaveLength(1);
    expect((await ask('/api/v1/drifts?state=closed')).body.items).toHaveLength(0);
    const one = await ask('/api/v1/drifts/drift-0001?timeZone=UTC');
    expect(one.body).toMatchObject({
      events: [{ change: 'opened' }],
      sentence: 'prod: Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11; mode sync leaves it.',
    });
    expect((await ask('/api/v1/drifts/nothing-such')).status).toBe(404);
    expect((await ask('/api/v1/drifts?limit=0')).status).toBe(400);
  });

  test('the status counts', async () => {
    const { body } = await ask('/api/v1/status');
    expect(body.counts).toEqual({
      clusters: { declared: 2, connected: 1, silent: 1 },
      applications: 5,
      sync: { OutOfSync: 3, Unknown: 2 },
      health: { Healthy: 1, Unknown: 4 },
      tone: { attention: 2, moving: 1, unknown: 2 },
      openDrifts: 1,
    });
    expect(body.lastPass.commit.id).toBe('4f2c1aa90b');
  });

  test('an unknown address says where to look', async () => {
    expect(await ask('/api/v1/nothing')).toMatchObject({
      status: 404,
      body: { remedy: expect.stringContaining('openapi') },
    });
  });
});

describe('webhooks', () => {
  const push = {
    repository: { clone_url: 'http://git.internal:3000/acme/apps', ssh_url: 'git@git.example:acme/apps.git' },
  };
  const body = JSON.stringify(push);
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex');

  async function deliver(headers: Record<string, string>, text: string): Promise<Answer> {
    const response = await fetch(`${hub.address}/api/v1/webhook`, { method: 'POST', body: text, headers });
    return { status: response.status, body: await response.json() };
  }

  const proofs: Readonly<Record<string, Record<string, string>>> = {
    GitHub: { 'x-hub-signature-256': `sha256=${signature}` },
    Gitea: { 'x-gitea-signature': signature },
    GitLab: { 'x-gitlab-token': webhookSecret },
    'a bearer token': { authorization: `Bearer ${testToken}` },
  };
  for (const [name, headers] of Object.entries(proofs)) {
    test(`with the proof of ${name} read the named repository again`, async () => {
      const before = hub.refreshed.length;
      const answer = await deliver({ 'content-type': 'application/json', ...headers }, body);
      expect(answer).toEqual({
        status: 202,
        body: { refreshed: ['https://git.example/acme/apps.git'], all: false },
      });
      expect(hub.refreshed.slice(before)).toEqual(['https://git.example/acme/apps.git']);
    });
  }

  test('without proof, with one of another body or of another secret are refused and refresh nothing', async () => {
    const before = hub.refreshed.length;
    const wrong = createHmac('sha256', 'guessed').update(body).digest('hex');
    for (const headers of [{}, { 'x-hub-signature-256': `sha256=${wrong}` }, { 'x-gitlab-token': '' }]) {
      expect((await deliver(headers as Record<string, string>, body)).status).toBe(401);
    }
    expect((await deliver({ 'x-gitea-signature': signature }, `${body} `)).status).toBe(401);
    expect(hub.refreshed).toHaveLength(before);
  });

  test('that name no repository refresh all, those of an unused one none', async () => {
    const token = { authorization: `Bearer ${testToken}` };
    expect((await deliver(token, '')).body).toEqual({ refreshed: [], all: true });
    expect((await deliver(token, 'not json')).body).toEqual({ refreshed: [], all: true });
    expect(hub.refreshed.slice(-2)).toEqual(['', '']);
    const other = JSON.stringify({ project: { web_url: 'https://git.example/acme/unused' } });
    expect((await deliver(token, other)).body).toEqual({ refreshed: [], all: false });
    const form = new URLSearchParams({
      payload: JSON.stringify({ repository: { url: fleetUrl } }),
    }).toString();
    const headers = { ...token, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await deliver(headers, form)).body.refreshed).toEqual([fleetUrl]);
  });
});

describe('live views', () => {
  test('tell what changed, and end their subscription with the connection', async () => {
    const abort = new AbortController();
    const response = await fetch(`${hub.address}/api/v1/events`, {
      headers: { authorization: `Bearer ${testToken}` },
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toContain('retry:');
    expect(hub.listeners()).toBe(1);
    hub.emit({ type: 'drift', id: 'd1', application: 'argocd/x' });
    expect((await reader.read()).value).toBe(
      'event: drift\ndata: {"type":"drift","id":"d1","application":"argocd/x"}\n\n',
    );
    abort.abort();
    await expect.poll(() => hub.listeners()).toBe(0);
  });

  test('do not keep a closing hub open', async () => {
    const other = await openTestHub();
    const response = await fetch(`${other.address}/api/v1/events`, {
      headers: { authorization: `Bearer ${testToken}` },
    });
    const text = response.text().catch(() => 'ended');
    await other.close();
    expect(typeof (await text)).toBe('string');
  });
});

describe('readiness', () => {
  test('tells what is in the way before the first pass', async () => {
    const other = await openTestHub({
      control: {
        lastPass: () => undefined,
        catalog: () => undefined,
        sources: () => [{ url: fleetUrl, commits: {}, problem: 'connection refused' }],
      },
    });
    const response = await fetch(`${other.address}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      checks: [
        { name: 'store', status: 'ok', message: 'the store can be read' },
        { name: 'last-pass', status: 'fail', message: 'no pass over the fleet repository has ended yet' },
        { name: 'fleet-repository', status: 'fail', message: `${fleetUrl}: connection refused` },
      ],
    });
    await other.close();
  });

  test('is there at once for a hub that starts with a good state while Git is away', async () => {
    const other = await openTestHub({
      control: {
        lastPass: () => undefined,
        sources: () => [{ url: fleetUrl, commits: {}, problem: 'connection refused' }],
      },
    });
    const response = await fetch(`${other.address}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      ready: true,
      checks: [{ status: 'ok' }, { status: 'warn' }, { status: 'warn' }],
    });
    await other.close();
  });

  test('stays when the fleet repository goes away later, as agents still need the hub', async () => {
    const fetchedAt = '2026-11-03T14:00:00.000Z';
    const other = await openTestHub({
      control: { sources: () => [{ url: fleetUrl, commits: {}, fetchedAt, problem: 'connection refused' }] },
    });
    const response = await fetch(`${other.address}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ ready: true, checks: [{}, {}, { status: 'warn' }] });
    await other.close();
  });
});

describe('failures', () => {
  test('of the hub itself tell the caller nothing of its insides', async () => {
    const other = await openTestHub({
      control: {
        problems: () => {
          throw new Error('secret path /var/lib');
        },
      },
    });
    const headers = { authorization: `Bearer ${testToken}` };
    const response = await fetch(`${other.address}/api/v1/status`, { headers });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret path');
    await other.close();
  });

  test('of listening name the address', async () => {
    const port = Number(new URL(hub.address).port);
    const taken = openApi({ ...context(), listen: { host: '127.0.0.1', port } });
    await expect(taken).rejects.toThrow(AppError);
    await expect(taken).rejects.toMatchObject({ code: 'unavailable', subject: `127.0.0.1:${port}` });
  });
});

function context(): Omit<Parameters<typeof openApi>[0], 'listen'> {
  return {
    store: hub.store,
    control: {} as never,
    queries: {} as never,
    notifications: {} as never,
    repositories: {} as never,
    figures: {} as never,
    tokens: ['t'],
    version: '0',
    clock: { now: () => new Date(0) },
    log: silentLog,
  };
}
