import { expect, test } from 'vitest';
import {
  type AgentSession,
  type AgentSessionEffect,
  type AgentSessionEvent,
  openAgentSession,
} from '../../../agent/session/session.ts';
import { stepAgentSession } from '../../../agent/session/step.ts';
import { keyedDigest } from '../../../core/digest.ts';
import { rootDigest } from '../../../core/head.ts';
import type { HubMessage } from '../../../core/session.ts';

const digestKey = new Uint8Array(32).fill(1);
const content = new TextEncoder().encode('content');
const contentDigest = keyedDigest(digestKey, content);
const entries = new Map([['a', contentDigest]]);

const welcome: HubMessage = {
  type: 'welcome',
  hubVersion: '1',
  protocol: 1,
  epochs: [{ counter: 1, nonce: 'n' }],
  digestKey,
  acknowledged: 0,
};
const change = {
  base: 0,
  generation: 1,
  set: [{ application: 'a', digest: contentDigest }],
  removed: [],
  root: rootDigest(entries),
};

function says(message: HubMessage): AgentSessionEvent {
  return { type: 'message', message };
}

const opening: readonly AgentSessionEvent[] = [
  { type: 'started', stored: undefined, present: new Set() },
  { type: 'connected' },
  says(welcome),
];

function play(events: readonly AgentSessionEvent[]): {
  state: AgentSession;
  effects: AgentSessionEffect[];
  last: readonly AgentSessionEffect[];
} {
  let state = openAgentSession({ cluster: 'staging', agentVersion: '1' });
  const effects: AgentSessionEffect[] = [];
  let last: readonly AgentSessionEffect[] = [];
  for (const event of events) {
    const step = stepAgentSession(state, event);
    state = step.state;
    last = step.effects;
    effects.push(...last);
  }
  return { state, effects, last };
}

test('a complete generation is stored before the hub hears that it is in force', () => {
  const received = play([
    ...opening,
    says({ type: 'head', change }),
    says({ type: 'blob', digest: contentDigest, bytes: content }),
  ]);
  expect(received.last).toMatchObject([{ type: 'put-in-force', desired: { head: { generation: 1 } } }]);
  expect(
    received.effects.some((effect) => effect.type === 'send' && effect.message.type === 'in-force'),
  ).toBe(false);
  const stored = stepAgentSession(received.state, { type: 'stored' });
  expect(stored.effects[0]).toEqual({
    type: 'send',
    message: { type: 'in-force', generation: 1, root: rootDigest(entries) },
  });
});

test('a content that is not what its digest says ends the stream, and nothing is stored', () => {
  const { effects, state } = play([
    ...opening,
    says({ type: 'head', change }),
    says({ type: 'blob', digest: contentDigest, bytes: new TextEncoder().encode('forged') }),
  ]);
  expect(effects.some((effect) => effect.type === 'put-in-force')).toBe(false);
  expect(effects.some((effect) => effect.type === 'close')).toBe(true);
  expect(state.problems.link).toContain("doesn't match its digest");
});

test('a change that starts elsewhere makes the agent ask for the whole head, once', () => {
  const strange = { ...change, base: 7, generation: 8 };
  const { effects } = play([
    ...opening,
    says({ type: 'head', change: strange }),
    says({ type: 'head', change: { ...strange, base: 8, generation: 9 } }),
  ]);
  expect(
    effects.filter((effect) => effect.type === 'send' && effect.message.type === 'want-head'),
  ).toHaveLength(1);
});

test('a whole head without the root that it names ends the stream', () => {
  const { state } = play([...opening, says({ type: 'head', change: { ...change, root: 'another' } })]);
  expect(state.link).toBe('refused');
});

test('a content that nobody asked for is dropped', () => {
  const { last } = play([...opening, says({ type: 'blob', digest: contentDigest, bytes: content })]);
  expect(last).toEqual([]);
});

test('an acknowledgement of reports that were never sent is not believed', () => {
  const { last } = play([...opening, says({ type: 'acknowledged', sequence: 99 })]);
  expect(last).toEqual([]);
});

test('reports on their way stay within the window, and go on when it has room', () => {
  const full = play([
    ...opening,
    { type: 'reports-sent', sent: { through: 100, count: 100, bytes: 1000 } },
    { type: 'reports-added' },
  ]);
  expect(full.last).toEqual([]);
  const { effects } = stepAgentSession(full.state, says({ type: 'acknowledged', sequence: 100 }));
  expect(effects).toEqual([
    { type: 'acknowledge', sequence: 100 },
    { type: 'send-reports', after: 100, maxCount: 100, maxBytes: 256 * 1024 },
  ]);
});

test('a refusal is shown in the words of the hub also after the stream has ended', () => {
  const { state } = play([
    { type: 'started', stored: undefined, present: new Set() },
    { type: 'connected' },
    says({ type: 'refused', code: 'denied', message: 'not you' }),
    { type: 'disconnected', reason: 'the stream was closed' },
  ]);
  expect(state.problems.link).toBe('the hub refused this agent: not you');
});

test('a cancellation is passed on, also of an operation that never came', () => {
  const { last } = play([...opening, says({ type: 'cancel', id: 'op-1' })]);
  expect(last).toEqual([{ type: 'cancel', id: 'op-1' }]);
});
