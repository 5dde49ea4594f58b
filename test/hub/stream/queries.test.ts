import { expect, onTestFinished, test } from 'vitest';
import { AnswerWriter } from '../../../agent/inspect/answer-writer.ts';
import type { QueryHandler } from '../../../agent/session/query-handler.ts';
import { answerWindowBytes, type QueryRequest } from '../../../core/query.ts';
import type { Report } from '../../../core/session.ts';
import {
  enrollInto,
  type LiveAgent,
  type LiveHub,
  openLiveAgent,
  openLiveHub,
  temporaryFolder,
} from '../../session/live-pair.ts';

const cleanUp = (work: () => Promise<void>): void => onTestFinished(work);
const timeout = 30_000;
const tree: QueryRequest = { type: 'tree', application: 'argocd/web', kinds: 'known' };
const clock = {
  now: () => new Date(),
  setTimer(ms: number, fire: () => void) {
    const timer = setTimeout(fire, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** An agent that answers each query with these bytes, as fast as its window lets it. */
class BytesHandler implements QueryHandler {
  readonly #bytes: Uint8Array;
  readonly writers = new Map<string, AnswerWriter>();
  readonly asked: QueryRequest[] = [];
  sent = 0;
  ended = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  begin({ id, request, answer }: Parameters<QueryHandler['begin']>[0]): void {
    this.asked.push(request);
    const writer = new AnswerWriter(
      (part) => {
        if (part.type === 'chunk') this.sent += part.bytes.length;
        answer(part);
      },
      clock,
      Number.POSITIVE_INFINITY,
    );
    this.writers.set(id, writer);
    void writer.write(this.#bytes).then(() => writer.end());
  }

  more(id: string, bytes: number): void {
    this.writers.get(id)?.more(bytes);
  }

  end(id: string): void {
    this.ended += 1;
    this.writers.get(id)?.close();
  }
}

async function openPair(handler: QueryHandler): Promise<{ hub: LiveHub; agent: LiveAgent }> {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const identity = await enrollInto(dir, hub.token('staging'));
  const agent = await openLiveAgent(cleanUp, { dir, identity, queries: handler });
  await expect.poll(() => hub.server.connections().has('staging'), { timeout }).toBe(true);
  return { hub, agent };
}

function report(message: string): Report {
  const health = { status: 'Healthy', message } as const;
  const none = { objects: [], drifts: [], failures: [], gates: [] };
  return {
    type: 'application',
    status: { application: 'argocd/web', digest: 'd', sync: 'Synced', health, ...none },
  };
}

const endless = new AbortController().signal;

test('an answer of several windows arrives whole and in order', async () => {
  const bytes = Uint8Array.from({ length: 3 * answerWindowBytes + 11 }, (_, index) => index % 251);
  const handler = new BytesHandler(bytes);
  const { hub } = await openPair(handler);
  const chunks: Uint8Array[] = [];
  for await (const chunk of hub.server.ask('staging', tree, endless)) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  expect(handler.asked).toEqual([tree]);
});

test('a reader who takes nothing holds up neither reports nor another answer, and costs a window', async () => {
  const handler = new BytesHandler(new Uint8Array(20 * answerWindowBytes));
  const { hub, agent } = await openPair(handler);
  const slow = hub.server.ask('staging', tree, endless)[Symbol.asyncIterator]();
  await slow.next();
  // Whole chunks fit into the window; the next one doesn't.
  await expect.poll(() => handler.sent, { timeout }).toBeGreaterThan(answerWindowBytes / 2);
  await agent.outbox.add(report('while somebody looks'));
  await expect.poll(() => hub.store.reports.get('staging')?.length, { timeout }).toBe(1);
  expect(handler.sent).toBeLessThanOrEqual(answerWindowBytes);
  let taken = 0;
  for await (const chunk of hub.server.ask('staging', tree, endless)) taken += chunk.length;
  expect(taken).toBe(20 * answerWindowBytes);
  await slow.return?.();
});

test('a query ends at the agent when its reader leaves, or is told to', async () => {
  const handler = new BytesHandler(new Uint8Array(20 * answerWindowBytes));
  const { hub } = await openPair(handler);
  for await (const _chunk of hub.server.ask('staging', tree, endless)) break;
  await expect.poll(() => handler.ended, { timeout }).toBe(1);
  const told = new AbortController();
  const reading = hub.server.ask('staging', tree, told.signal)[Symbol.asyncIterator]();
  await reading.next();
  told.abort();
  await expect(reading.next()).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => handler.ended, { timeout }).toBe(2);
});

test('a query whose agent goes away ends with why, and the agent ends its work', async () => {
  const handler = new BytesHandler(new Uint8Array(20 * answerWindowBytes));
  const { hub, agent } = await openPair(handler);
  const reading = hub.server.ask('staging', tree, endless)[Symbol.asyncIterator]();
  await reading.next();
  await agent.close();
  const rest = async (): Promise<void> => {
    while ((await reading.next()).done !== true);
  };
  await expect(rest()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('disconnected'),
  });
});

test('a cluster without a connected agent is said to be so', async () => {
  const hub = await openLiveHub(cleanUp);
  expect(() => hub.server.ask('nowhere', tree, endless)).toThrow('no agent of cluster nowhere is connected');
});
