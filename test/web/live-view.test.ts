import { expect, test } from 'vitest';
import { AppError } from '../../core/error.ts';
import type { LogRecord } from '../../core/live-view.ts';
import type { QueryRequest } from '../../core/query.ts';
import type { QueryPort } from '../../hub/session/query-port.ts';
import { describePages } from '../support/web-suite.ts';

const application = 'argocd/checkout-prod-eu-1';
const markup = '<img src=x onerror="window.owned=1">';
const control = 'evil\u001b[31m\u202ename';
const unsafe = /(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const at = new Date().toISOString();
const web = { group: 'apps', kind: 'Deployment', namespace: 'checkout', name: 'web' };
const pod = { group: '', kind: 'Pod', namespace: 'checkout', name: 'web-1-a' };

const tree = {
  application,
  nodes: [
    { ref: web, depth: 0, presence: 'live', idle: 3 },
    {
      ref: pod,
      depth: 1,
      presence: 'live',
      health: { status: 'Degraded', message: `${markup} ${control}` },
      containers: ['app', 'proxy'],
      ready: '1/2',
      restarts: 4,
    },
    ...Array.from({ length: 300 }, (_, index) => ({
      ref: { ...pod, name: `many-${index}` },
      depth: 1,
      presence: 'live',
    })),
  ],
  more: 7,
  problems: [`jobs can't be read ${markup}`],
  at,
};

const object = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1-a', annotations: { note: `${markup}${control}` } },
  spec: { containers: [{ name: 'app' }] },
};

const event = {
  ref: pod,
  type: 'Warning',
  reason: 'BackOff',
  message: `restarting ${markup}`,
  count: 9,
  firstAt: at,
  lastAt: at,
  source: 'kubelet',
};

function line(container: string, text: string): LogRecord {
  return { type: 'line', pod: 'web-1-a', container, text };
}

describePagesWith((asked) => ({
  async *ask(_cluster, request, signal) {
    asked.push({ request, signal });
    for await (const part of answerTo(request, signal)) {
      yield new TextEncoder().encode(`${JSON.stringify(part)}\n`);
    }
  },
}));

async function* answerTo(request: QueryRequest, signal: AbortSignal): AsyncGenerator<unknown> {
  switch (request.type) {
    case 'tree':
      return yield tree;
    case 'live':
      return yield { ref: pod, object, notes: ['Left out: managed fields.'], at };
    case 'events':
      return yield { application, events: [event], more: 2, problems: [], at };
    case 'logs':
      yield { type: 'source', namespace: 'checkout', pod: 'web-1-a', container: request.container ?? 'app' };
      yield line(request.container ?? 'app', `hello from ${request.container} ${markup}${control}`);
      yield { type: 'dropped', pod: 'web-1-a', container: 'app', lines: 12 };
      if (request.mode === 'previous') throw new AppError('not-found', 'no run before this one');
      if (request.mode === 'follow')
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }
}

interface Asked {
  readonly request: QueryRequest;
  readonly signal: AbortSignal;
}

function describePagesWith(queriesOf: (asked: Asked[]) => QueryPort): void {
  const asked: Asked[] = [];
  describePages(
    'what is live',
    (suite) => {
      async function openLook() {
        const opened = await suite().open();
        await opened.go(`/applications/${application}`);
        return {
          ...opened,
          live: opened.page.getByRole('region', { name: 'What is live', exact: true }).first(),
        };
      }

      test('is asked of the agent once somebody wants to see it, and shown below what made it', async () => {
        const { page, live } = await openLook();
        asked.length = 0;
        await live.getByRole('button', { name: 'Look now' }).click();
        await page.getByRole('button', { name: 'Deployment checkout/web' }).waitFor();
        expect(asked.map(({ request }) => request.type)).toEqual(['tree']);
        const text = (await live.textContent()) ?? '';
        for (const part of [
          '3 old revisions',
          'Degraded',
          '1/2',
          'And 7 more objects',
          "jobs can't be read",
        ]) {
          expect(text).toContain(part);
        }
        expect(text).not.toMatch(unsafe);
        expect(await live.locator('img').count()).toBe(0);
      });

      test('shows a part of many rows until somebody asks for all', async () => {
        const { live } = await openLook();
        await live.getByRole('button', { name: 'Look now' }).click();
        await expect.poll(() => live.locator('tbody tr').count()).toBe(200);
        await live.getByRole('button', { name: 'Show all 302' }).click();
        await expect.poll(() => live.locator('tbody tr').count()).toBe(302);
      });

      test('shows an object as YAML, its events, and its log, all as inert text', async () => {
        const { page, live } = await openLook();
        await live.getByRole('button', { name: 'Look now' }).click();
        await live.getByRole('button', { name: 'Pod web-1-a' }).click();
        const drawer = page.getByRole('dialog');
        await drawer.getByText('name: web-1-a').waitFor();
        await drawer.getByText('Left out: managed fields.').waitFor();
        await drawer.getByText('Events', { exact: true }).click();
        await drawer.getByText('restarting <img').waitFor();
        await drawer.getByText('And 2 older ones.').waitFor();
        await drawer.getByText('Logs', { exact: true }).click();
        await drawer.getByText('hello from app').waitFor();
        await drawer.getByText('12 lines of web-1-a came too fast').waitFor();
        await drawer.getByText('That is all there is now.').waitFor();
        await drawer.getByLabel('Container').selectOption('proxy');
        await drawer.getByText('hello from proxy').waitFor();
        expect(await drawer.textContent()).not.toMatch(unsafe);
        expect(await drawer.locator('img').count()).toBe(0);
        expect(await page.evaluate('window.owned')).toBeUndefined();
      });

      test('says why a log broke off', async () => {
        const { page, live } = await openLook();
        await live.getByRole('button', { name: 'Look now' }).click();
        await live.getByRole('button', { name: 'Pod web-1-a' }).click();
        const drawer = page.getByRole('dialog');
        await drawer.getByText('Logs', { exact: true }).click();
        await drawer.getByText('Before the restart').click();
        await drawer.getByText('No run before this one').waitFor();
      });

      test('ends the query at the agent when the log is left', async () => {
        const { page, live } = await openLook();
        await live.getByRole('button', { name: 'Look now' }).click();
        await live.getByRole('button', { name: 'Pod web-1-a' }).click();
        const drawer = page.getByRole('dialog');
        await drawer.getByText('Logs', { exact: true }).click();
        await drawer.getByText('Follow', { exact: true }).click();
        const followed = () =>
          asked.findLast(({ request }) => request.type === 'logs' && request.mode === 'follow');
        await drawer.getByText('Reading…').waitFor();
        await expect.poll(() => followed()?.signal.aborted, { timeout: 30_000 }).toBe(false);
        await drawer.getByRole('button', { name: 'Close' }).click();
        await expect.poll(() => followed()?.signal.aborted, { timeout: 30_000 }).toBe(true);
      });
    },
    { queries: queriesOf(asked) },
  );
}
