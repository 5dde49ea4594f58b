import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ReceiverTarget } from '../../../hub/catalog/documents.ts';
import type { Message } from '../../../hub/incident/message.ts';
import type { SendResult } from '../../../hub/incident/receiver.ts';
import { receiverOpener } from '../../../hub/notify/open-receiver.ts';
import { secretsOf } from '../../../hub/notify/secrets.ts';
import { type ReceiverServer, startReceiverServer } from '../../support/receiver-server.ts';

const now = new Date('2026-11-03T14:20:00.000Z');
const routingKey = '0123456789abcdef0123456789abcdef';
const signingKey = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let dir: string;
let server: ReceiverServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-secrets-'));
  await writeFile(join(dir, 'key'), `${routingKey}\n`);
  await writeFile(join(dir, 'signing'), `whsec_${signingKey}\n`);
  await writeFile(join(dir, 'token'), 'a-bearer-token');
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  server = await startReceiverServer();
  await writeFile(join(dir, 'slack'), `${server.url}/services/T0/B0/secret-path\n`);
});
afterEach(() => server.close());

const firing: Message = {
  kind: 'incident',
  id: 'abcdefghijkl',
  state: 'firing',
  notification: 'platform',
  trigger: 'sync-failed',
  title: 'Sync failed',
  severity: 'critical',
  summary: 'prod/web failed to apply 4f2c1aa: Deployment web: <!channel> *bold* & @here\u202e\u0007 done.',
  subject: {
    application: 'argocd/web',
    cluster: 'prod',
    environment: 'prod',
    project: 'shop',
    owner: 'team-a',
  },
  nextStep: 'fairlead app get argocd/web',
  link: 'https://fairlead.example.com/applications/argocd/web',
  startsAt: '2026-11-03T14:00:00.000Z',
};
const resolved: Message = { ...firing, state: 'resolved', endsAt: '2026-11-03T14:12:00.000Z' };

function targets(): Readonly<Record<ReceiverTarget['type'], ReceiverTarget>> {
  return {
    alertmanager: { type: 'alertmanager', url: server.url, token: { file: 'token' } },
    pagerDuty: { type: 'pagerDuty', url: `${server.url}/`, routingKey: { file: 'key' } },
    slack: { type: 'slack', url: { file: 'slack' } },
    webhook: { type: 'webhook', url: `${server.url}/in?a=b`, secret: { file: 'signing' } },
  };
}

function send(
  target: ReceiverTarget,
  message: Message,
  signal = new AbortController().signal,
): Promise<SendResult> {
  const open = receiverOpener({
    readSecret: secretsOf(dir),
    externalUrl: 'https://fairlead.example.com',
    clock: { now: () => now },
  });
  return open(target).send(message, signal);
}

function lastBody(): unknown {
  return JSON.parse(server.requests.at(-1)?.body ?? '');
}

describe('Alertmanager', () => {
  test('gets alerts as its API v2 documents them, and their end once it is known', async () => {
    expect(await send(targets().alertmanager, firing)).toEqual({ type: 'delivered' });
    expect(server.requests[0]).toMatchObject({
      path: '/api/v2/alerts',
      headers: { 'content-type': 'application/json', authorization: 'Bearer a-bearer-token' },
    });
    expect(lastBody()).toEqual([
      {
        labels: {
          alertname: 'FairleadSyncFailed',
          severity: 'critical',
          notification: 'platform',
          incident: 'abcdefghijkl',
          cluster: 'prod',
          environment: 'prod',
          application: 'argocd/web',
          project: 'shop',
          owner: 'team-a',
        },
        annotations: {
          summary: 'prod/web failed to apply 4f2c1aa: Deployment web: <!channel> *bold* & @here done.',
          next_step: 'fairlead app get argocd/web',
        },
        startsAt: '2026-11-03T14:00:00.000Z',
        // Unless it is repeated, it ends by itself.
        endsAt: '2026-11-03T14:25:00.000Z',
        generatorURL: 'https://fairlead.example.com/applications/argocd/web',
      },
    ]);
    await send(targets().alertmanager, resolved);
    expect(lastBody()).toMatchObject([{ endsAt: '2026-11-03T14:12:00.000Z' }]);
  });

  test('gets no empty label, and no alert that ends before it begins', async () => {
    const subject = { cluster: 'prod', environment: '' };
    await send(targets().alertmanager, { ...resolved, subject, endsAt: '2026-11-03T13:00:00.000Z' });
    expect(lastBody()).toMatchObject([{ startsAt: firing.startsAt, endsAt: firing.startsAt }]);
    expect(Object.keys((lastBody() as { labels: object }[])[0]?.labels ?? {})).not.toContain('environment');
  });
});

describe('PagerDuty', () => {
  test('gets a trigger and a resolve with one dedup key, as its Events API v2 documents them', async () => {
    server.answer = { status: 202, body: '{"status":"success"}' };
    expect(await send(targets().pagerDuty, firing)).toEqual({ type: 'delivered' });
    expect(server.requests[0]?.path).toBe('/v2/enqueue');
    expect(lastBody()).toMatchObject({
      routing_key: routingKey,
      event_action: 'trigger',
      dedup_key: 'fairlead-abcdefghijkl',
      client: 'Fairlead',
      client_url: firing.link,
      links: [{ href: firing.link, text: 'Open in Fairlead' }],
      payload: {
        source: 'prod',
        severity: 'critical',
        timestamp: '2026-11-03T14:00:00.000Z',
        component: 'argocd/web',
        group: 'prod',
        class: 'sync-failed',
        custom_details: { owner: 'team-a', next_step: 'fairlead app get argocd/web' },
      },
    });
    await send(targets().pagerDuty, resolved);
    expect(lastBody()).toEqual({
      routing_key: routingKey,
      event_action: 'resolve',
      dedup_key: 'fairlead-abcdefghijkl',
    });
  });

  test('takes no summary of more than 1,024 characters', async () => {
    await send(targets().pagerDuty, { ...firing, summary: 'x'.repeat(5_000) });
    expect((lastBody() as { payload: { summary: string } }).payload.summary).toHaveLength(1_024);
  });
});

describe('Slack', () => {
  test('gets text in which markup, mentions and control characters do nothing', async () => {
    expect(await send(targets().slack, firing)).toEqual({ type: 'delivered' });
    expect(server.requests[0]?.path).toBe('/services/T0/B0/secret-path');
    const body = lastBody() as { text: string; blocks: { text?: { type: string; text: string } }[] };
    expect(body).toMatchObject({ mrkdwn: false, link_names: false });
    expect(body.text).toBe(
      'Critical: Sync failed: prod/web failed to apply 4f2c1aa: Deployment web: &lt;!channel&gt; *bold* &amp; @\u2060here done.',
    );
    const texts = body.blocks.flatMap(({ text }) => text ?? []);
    expect(texts.map(({ type }) => type)).toEqual(['plain_text', 'plain_text', 'plain_text']);
    expect(JSON.stringify(body)).not.toMatch(/<!|@here|\\u202e|\\u0007/);
  });
});

describe('a webhook', () => {
  test('gets a CloudEvent in structured JSON, signed as Standard Webhooks says', async () => {
    expect(await send(targets().webhook, firing)).toEqual({ type: 'delivered' });
    const { path, headers, body } = server.requests[0] ?? { path: '', headers: {}, body: '' };
    expect(path).toBe('/in?a=b');
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(JSON.parse(body)).toMatchObject({
      specversion: '1.0',
      id: 'abcdefghijkl-firing',
      source: 'https://fairlead.example.com',
      type: 'dev.fairlead.incident.firing',
      subject: 'sync-failed/argocd/web',
      time: '2026-11-03T14:00:00.000Z',
      datacontenttype: 'application/json',
      data: { incident: 'abcdefghijkl', state: 'firing', trigger: 'sync-failed', severity: 'critical' },
    });
    expect(headers['webhook-id']).toBe('abcdefghijkl-firing');
    expect(headers['webhook-timestamp']).toBe(String(now.getTime() / 1000));
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const expected = createHmac('sha256', Buffer.from(signingKey, 'base64')).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    await send(targets().webhook, resolved);
    expect(lastBody()).toMatchObject({
      id: 'abcdefghijkl-resolved',
      type: 'dev.fairlead.incident.resolved',
      time: '2026-11-03T14:12:00.000Z',
    });
  });
});

describe('a secret address', () => {
  test('is not told by what its server says of the path, or where its words are cut off', async () => {
    server.answer = { status: 404, body: 'Cannot POST /services/T0/B0/secret-path' };
    expect(await send(targets().slack, firing)).toMatchObject({
      why: expect.stringContaining('answered 404: Cannot POST …'),
    });
    server.answer = { status: 400, body: `${'x'.repeat(180)} ${routingKey}` };
    expect(JSON.stringify(await send(targets().pagerDuty, firing))).not.toContain(routingKey.slice(0, 8));
  });
});

describe('whatever the receiver', () => {
  const kinds = ['alertmanager', 'pagerDuty', 'slack', 'webhook'] as const;

  test.each(kinds)('%s: an overload, an outage and a lost answer are tried again later', async (kind) => {
    const target = targets()[kind];
    server.answer = { status: 500, body: 'oops\u0007\n at line 1' };
    expect(await send(target, firing)).toEqual({
      type: 'retry',
      why: `${new URL(server.url).host} answered 500: oops at line 1`,
    });
    server.answer = { status: 429, headers: { 'retry-after': '120' } };
    expect(await send(target, firing)).toMatchObject({ type: 'retry', afterMs: 120_000 });
    server.answer = { status: 503, headers: { 'retry-after': 'Tue, 03 Nov 2026 14:21:00 GMT' } };
    expect(await send(target, firing)).toMatchObject({ type: 'retry', afterMs: 60_000 });
    server.answer = 'cut';
    expect(await send(target, firing)).toMatchObject({
      type: 'retry',
      why: expect.stringContaining('cut the connection before it answered'),
    });
  });

  test.each(kinds)(
    '%s: one that is down, or gives no answer until the hub ends, is tried again',
    async (kind) => {
      server.answer = 'silent';
      const end = new AbortController();
      const pending = send(targets()[kind], firing, end.signal);
      await expect.poll(() => server.requests.length).toBe(1);
      end.abort();
      expect(await pending).toMatchObject({ type: 'retry' });
      const target = targets()[kind];
      await server.close();
      expect(await send(target, firing)).toMatchObject({
        type: 'retry',
        why: expect.stringContaining("can't be reached: nothing listens there"),
      });
      server = await startReceiverServer();
    },
  );

  test.each(kinds)(
    '%s: what is refused as wrong says so, with what to do and without a secret',
    async (kind) => {
      const echoes = `bad ${routingKey} a-bearer-token ${server.url}/services/T0/B0/secret-path`;
      for (const [status, hint] of [
        [400, 'answered 400: bad'],
        [401, "check the receiver's secret"],
        [404, "check the receiver's address"],
        [307, 'redirects are not followed'],
      ] as const) {
        server.answer = { status, body: echoes, headers: { location: 'http://127.0.0.1:1/' } };
        const result = await send(targets()[kind], firing);
        expect(result).toMatchObject({ type: 'rejected', why: expect.stringContaining(hint) });
        const own = {
          alertmanager: 'a-bearer-token',
          pagerDuty: routingKey,
          slack: 'secret-path',
          webhook: '?a=b',
        };
        expect(JSON.stringify(result)).not.toContain(own[kind]);
      }
    },
  );

  test('one that takes a message and never answers is given up, and tried again', async () => {
    server.answer = 'silent';
    const open = receiverOpener({
      readSecret: secretsOf(dir),
      externalUrl: undefined,
      clock: { now: () => now },
      timeoutMs: 100,
    });
    const result = await open(targets().webhook).send(firing, new AbortController().signal);
    expect(result).toEqual({
      type: 'retry',
      why: `${new URL(server.url).host} gave no answer within 0.1 s`,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('a missing secret is a rejection that names the file, and the next message finds it', async () => {
    const target: ReceiverTarget = { type: 'webhook', url: server.url, secret: { file: 'later' } };
    expect(await send(target, firing)).toEqual({
      type: 'rejected',
      why: `the secret later in ${dir} is missing. Put it into the Secret that is mounted there, or into the folder`,
    });
    await writeFile(join(dir, 'later'), 'plain-secret');
    expect(await send(target, firing)).toEqual({ type: 'delivered' });
  });

  test('a secret that holds a line break or no address is told, not sent', async () => {
    await writeFile(join(dir, 'slack'), 'hooks.slack.com/services/x');
    expect(await send(targets().slack, firing)).toMatchObject({
      type: 'rejected',
      why: expect.stringContaining("the secret slack isn't an address"),
    });
    await writeFile(join(dir, 'token'), 'two\nlines');
    const result = await send(targets().alertmanager, firing);
    expect(result).toMatchObject({ type: 'rejected' });
    expect(JSON.stringify(result)).not.toContain('two');
    expect(server.requests).toEqual([]);
    await writeFile(join(dir, 'token'), 'a-bearer-token');
  });
});
