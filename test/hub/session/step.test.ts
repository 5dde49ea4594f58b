import { expect, test } from 'vitest';
import { rootDigest } from '../../../core/head.ts';
import type { AgentMessage } from '../../../core/session.ts';
import {
  type HubSession,
  type HubSessionEffect,
  type HubSessionEvent,
  openHubSession,
} from '../../../hub/session/session.ts';
import { stepHubSession } from '../../../hub/session/step.ts';

const facts = {
  certificateName: 'staging',
  certificateFingerprint: 'f1',
  hubVersion: '1.2.0',
  epochs: [{ counter: 1, nonce: 'n' }],
  digestKey: new Uint8Array(32),
};

const hello: Extract<AgentMessage, { type: 'hello' }> = {
  type: 'hello',
  agentVersion: '1.0.0',
  protocol: { min: 1, max: 1 },
  cluster: 'staging',
  generation: 0,
  root: rootDigest(new Map()),
};

const head = { generation: 4, entries: new Map([['a', 'd1']]) };

function play(
  events: readonly HubSessionEvent[],
  from: HubSession = openHubSession(facts),
): { state: HubSession; effects: HubSessionEffect[] } {
  let state = from;
  const effects: HubSessionEffect[] = [];
  for (const event of events) {
    const step = stepHubSession(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

function sent(effects: readonly HubSessionEffect[]): string[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [effect.message.type] : []));
}

function refusal(events: readonly HubSessionEvent[], certificate: Partial<typeof facts> = {}): string {
  const { state, effects } = play(events, openHubSession({ ...facts, ...certificate }));
  expect(state.phase).toBe('closed');
  expect(effects.at(-1)).toEqual({ type: 'close' });
  const message = effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'refused' ? [effect.message.message] : [],
  );
  return message.join();
}

const greeted: HubSessionEvent = { type: 'message', message: hello };
const known = {
  type: 'agent-read',
  enrolledFingerprint: 'f1',
  isDecommissioned: false,
  acknowledged: 7,
  head,
} as const satisfies HubSessionEvent;

test('holds are told to an agent that knows them, at its greeting and when they change, and to no other', () => {
  const hold = { id: 'h1', cluster: 'staging', reason: 'INC-7', heldBy: 'm', since: 's', until: 'u' };
  const rest: readonly HubSessionEvent[] = [
    known,
    { type: 'holds-changed' },
    { type: 'holds-read', holds: [hold] },
  ];
  const reads = (effects: readonly HubSessionEffect[]) => effects.filter(({ type }) => type === 'read-holds');
  const newer = { ...hello, protocol: { min: 1, max: 2 } };
  const told = play([{ type: 'message', message: newer }, ...rest]).effects;
  expect(reads(told)).toHaveLength(2);
  expect(told.at(-1)).toEqual({ type: 'send', message: { type: 'holds', holds: [hold] } });
  expect(reads(play([greeted, ...rest.slice(0, 2)]).effects)).toEqual([]);
  expect(reads(play([{ type: 'holds-changed' }]).effects)).toEqual([]);
});

test('an agent of another cluster than its certificate is refused, with both names', () => {
  const text = refusal([{ type: 'message', message: { ...hello, cluster: 'prod' } }]);
  expect(text).toContain('says it is cluster prod');
  expect(text).toContain('its certificate is for staging');
});

test('an agent without a valid certificate is refused, with what to do', () => {
  expect(refusal([greeted], { certificateName: '' })).toContain('fairlead cluster enroll staging');
});

test('an agent that speaks only a newer protocol is refused, and the hub is to be upgraded', () => {
  const text = refusal([{ type: 'message', message: { ...hello, protocol: { min: 5, max: 6 } } }]);
  expect(text).toContain('session protocol 5 to 6');
  expect(text).toContain('Upgrade the hub');
});

test('the agent of a cluster that has left the fleet is refused, at its greeting and in the middle of a session', () => {
  const text = refusal([greeted, { ...known, isDecommissioned: true }]);
  expect(text).toContain('cluster staging has left the fleet');
  expect(text).toContain('fairlead cluster enroll staging');
  expect(refusal([greeted, known, { type: 'dismissed' }])).toBe(text);
});

test('a decommission is never sent to an agent: the hub carries it out', () => {
  const operation = {
    id: 'op',
    application: '',
    cluster: 'staging',
    request: { type: 'decommission', objects: 'delete' },
    requestedBy: 'm',
    requestedAt: 's',
    phase: 'Running',
    message: '',
  } as const;
  const { effects } = play([greeted, known, { type: 'operations-read', operations: [operation] }]);
  expect(effects.filter((effect) => effect.type === 'send' && effect.message.type === 'operation')).toEqual(
    [],
  );
});

test('a certificate that was never enrolled, or was replaced, is refused', () => {
  expect(refusal([greeted, { ...known, enrolledFingerprint: undefined }])).toContain(
    'no enrolment of cluster staging',
  );
  expect(refusal([greeted, { ...known, enrolledFingerprint: 'f2' }])).toContain(
    'enrolled again with another certificate',
  );
});

test('anything before the greeting ends the stream', () => {
  expect(refusal([{ type: 'message', message: { type: 'want-head' } }])).toContain('before the welcome');
});

test('an agent that has the newest head gets one welcome and nothing else', () => {
  const message = { ...hello, generation: 4, root: rootDigest(head.entries) };
  expect(sent(play([{ type: 'message', message }, known]).effects)).toEqual(['welcome']);
});

test('an agent with equal contents at an older generation gets the generation in a change of nothing', () => {
  const message = { ...hello, generation: 2, root: rootDigest(head.entries) };
  const { effects } = play([{ type: 'message', message }, known]);
  const change = effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'head' ? [effect.message.change] : [],
  );
  expect(change).toEqual([{ base: 2, generation: 4, set: [], removed: [], root: rootDigest(head.entries) }]);
});

test('nothing more is read or sent until the transport has taken what was sent', () => {
  const { state, effects } = play([
    greeted,
    known,
    { type: 'head-changed' },
    { type: 'message', message: { type: 'want', digests: ['d1'] } },
    { type: 'head-changed' },
  ]);
  expect(effects.filter((effect) => effect.type === 'read-head' || effect.type === 'read-blobs')).toEqual([]);
  expect(stepHubSession(state, { type: 'drained' }).effects).toEqual([{ type: 'read-head' }]);
});

test('contents are read in batches of about a mebibyte', () => {
  const digests = Array.from({ length: 40 }, (_, index) => `d${index}`);
  const first = play([
    greeted,
    known,
    { type: 'drained' },
    { type: 'message', message: { type: 'want', digests } },
  ]);
  expect(first.effects.at(-1)).toEqual({ type: 'read-blobs', digests: digests.slice(0, 16) });
  const blobs = new Map(digests.slice(0, 16).map((digest) => [digest, new Uint8Array(256 * 1024)]));
  const next = play([{ type: 'blobs-read', blobs, absent: [] }, { type: 'drained' }], first.state);
  expect(next.effects.at(-1)).toEqual({ type: 'read-blobs', digests: digests.slice(16, 20) });
});

test('contents that the store lacks are noted, and the session goes on', () => {
  const { effects } = play([
    greeted,
    known,
    { type: 'drained' },
    { type: 'message', message: { type: 'want', digests: ['gone'] } },
    { type: 'blobs-read', blobs: new Map(), absent: ['gone'] },
    { type: 'drained' },
    { type: 'head-changed' },
  ]);
  expect(effects.find((effect) => effect.type === 'note')).toMatchObject({
    message: expect.stringContaining('gone'),
  });
  expect(effects.at(-1)).toEqual({ type: 'read-head' });
});

test('a stream that was replaced ends with a sentence and does nothing more', () => {
  const { state } = play([greeted, known]);
  const replaced = stepHubSession(state, { type: 'replaced' });
  expect(sent(replaced.effects)).toEqual(['refused']);
  expect(stepHubSession(replaced.state, { type: 'head-changed' }).effects).toEqual([]);
});

test('a cancelled operation is ended at the agent once for each stream, and not sent itself where it was not', () => {
  const operation = {
    application: 'argocd/payments',
    cluster: 'staging',
    request: { type: 'sync' },
    requestedBy: 'ana',
    requestedAt: '2026-11-03T10:00:00.000Z',
    phase: 'Pending',
    message: '',
  } as const;
  const read = (...operations: readonly { id: string; cancelledBy?: string }[]): HubSessionEvent => ({
    type: 'operations-read',
    operations: operations.map((each) => ({ ...operation, ...each })),
  });
  const first = play([greeted, known, read({ id: 'runs' }, { id: 'never-sent', cancelledBy: 'bo' })]);
  expect(sent(first.effects).filter((type) => type === 'operation' || type === 'cancel')).toEqual([
    'operation',
    'cancel',
  ]);
  const both = read({ id: 'runs', cancelledBy: 'bo' }, { id: 'never-sent', cancelledBy: 'bo' });
  const second = play([both, both], first.state);
  expect(second.effects).toEqual([{ type: 'send', message: { type: 'cancel', id: 'runs' } }]);
});
