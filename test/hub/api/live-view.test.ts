import { afterEach, expect, it } from 'vitest';
import { AppError } from '../../../core/error.ts';
import type { QueryRequest } from '../../../core/query.ts';
import type { QueryPort } from '../../../hub/session/query-port.ts';
import { openTestHub, type TestHub, testToken } from '../../support/test-hub.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Asked {
  readonly cluster: string;
  readonly request: QueryRequest;
  readonly signal: AbortSignal;
}

const prod = '/api/v1/applications/prod%2Fpayments-prod';
const headers = { authorization: `Bearer ${testToken}` };

/** A hub whose agents answer with these parts; an error ends the answer. */
async function hubThat(
  answer: (signal: AbortSignal) => AsyncIterable<string>,
): Promise<{ hub: TestHub; asked: Asked[] }> {
  const asked: Asked[] = [];
  const queries: QueryPort = {
    async *ask(cluster, request, signal) {
      asked.push({ cluster, request, signal });
      for await (const part of answer(signal)) yield new TextEncoder().encode(part);
    },
  };
  const hub = await openTestHub({ queries });
  closers.push(() => hub.close());
  return { hub, asked };
}

async function* parts(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

it('asks the agent of the application for what the caller wants, and joins its answer', async () => {
  const tree = {
    application: 'argocd/payments-prod',
    nodes: [],
    more: 0,
    problems: [],
    at: '2026-11-03T14:02:20Z',
  };
  const text = JSON.stringify(tree);
  const { hub, asked } = await hubThat(() => parts(text.slice(0, 20), text.slice(20)));
  const answer = await fetch(`${hub.address}${prod}/tree?kinds=all`, { headers });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual(tree);
  expect(asked).toMatchObject([
    { cluster: 'prod', request: { type: 'tree', application: 'argocd/payments-prod', kinds: 'all' } },
  ]);
});

it('lets nobody in without a token, and asks no agent for them', async () => {
  const { hub, asked } = await hubThat(() => parts('{}'));
  for (const path of ['tree', 'live?object=/Pod:a/b', 'events', 'logs']) {
    expect((await fetch(`${hub.address}${prod}/${path}`)).status).toBe(401);
  }
  expect(asked).toEqual([]);
});

it('says since when an agent is silent, and asks nothing', async () => {
  const { hub, asked } = await hubThat(() => parts('{}'));
  for (const path of ['tree', 'events', 'logs']) {
    const answer = await fetch(`${hub.address}/api/v1/applications/payments-staging/${path}`, { headers });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(
        'the agent of cluster staging is silent since 2026-11-03T13:00:00.000Z',
      ),
      remedy: expect.stringContaining('fairlead cluster get staging'),
    });
  }
  expect(asked).toEqual([]);
});

it('refuses what names no object', async () => {
  const { hub, asked } = await hubThat(() => parts('{}'));
  for (const query of [
    'live',
    'live?object=web',
    'live?object=%2FPod%3Aa%2Fb&form=odd',
    'logs?object=web',
    'logs?follow=true&previous=true',
  ]) {
    expect((await fetch(`${hub.address}${prod}/${query}`, { headers })).status).toBe(400);
  }
  expect(asked).toEqual([]);
});

it('gives an agent’s refusal with its own status and what to do', async () => {
  const { hub } = await hubThat(async function* () {
    yield '';
    throw new AppError('denied', 'not of this application', { remedy: 'see the tree' });
  });
  const answer = await fetch(`${hub.address}${prod}/live?object=/Secret:kube-system/root`, { headers });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: 'denied', remedy: 'see the tree' });
});

it('streams logs as they come; what fails on the way is the last record', async () => {
  const { hub, asked } = await hubThat(async function* () {
    yield '{"type":"line","pod":"p","container":"c","text":"one"}\n';
    throw new AppError('timeout', 'long enough');
  });
  const query = 'object=apps/Deployment:payments/web&container=c&follow=true&tailLines=5&sinceSeconds=60';
  const answer = await fetch(`${hub.address}${prod}/logs?${query}`, { headers });
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  const records = (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records).toMatchObject([
    { text: 'one' },
    { type: 'error', error: { code: 'timeout', message: 'long enough' } },
  ]);
  expect(asked[0]?.request).toEqual({
    type: 'logs',
    application: 'argocd/payments-prod',
    mode: 'follow',
    object: { group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'web' },
    container: 'c',
    tailLines: 5,
    sinceSeconds: 60,
  });
});

it('refuses a log with a status of its own where nothing of it came', async () => {
  const { hub } = await hubThat(async function* () {
    yield* parts();
    throw new AppError('unsupported', "the agent can't", { remedy: 'upgrade it' });
  });
  const answer = await fetch(`${hub.address}${prod}/logs`, { headers });
  expect(answer.status).toBe(501);
  expect(await answer.json()).toMatchObject({ code: 'unsupported', remedy: 'upgrade it' });
});

it.for(['tree', 'logs?follow=true'])(
  'ends the query at the agent when the caller of %s goes away',
  async (path) => {
    const { hub, asked } = await hubThat(async function* (signal) {
      yield '{"type":"note","message":"one"}\n';
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const gone = new AbortController();
    const answer = fetch(`${hub.address}${prod}/${path}`, { headers, signal: gone.signal });
    const ended = answer.then((got) => got.text()).catch(() => undefined);
    await expect.poll(() => asked.length).toBe(1);
    gone.abort();
    await ended;
    await expect.poll(() => asked[0]?.signal.aborted, { timeout: 30_000 }).toBe(true);
  },
);

it('takes no more of a log than its reader does', async () => {
  let given = 0;
  const { hub } = await hubThat(async function* (signal) {
    const line = `${'x'.repeat(64 * 1024)}\n`;
    while (!signal.aborted) {
      yield line;
      given += line.length;
    }
  });
  const gone = new AbortController();
  const answer = await fetch(`${hub.address}${prod}/logs?follow=true`, { headers, signal: gone.signal });
  const reader = answer.body!.getReader();
  await reader.read();
  let last = -1;
  // Once the buffers on the way are full nothing more is taken.
  await expect
    .poll(
      () => {
        const isSteady = given === last;
        last = given;
        return isSteady;
      },
      { interval: 200, timeout: 30_000 },
    )
    .toBe(true);
  expect(given).toBeLessThan(64 * 1024 * 1024);
  gone.abort();
});
