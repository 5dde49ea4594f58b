import { describe, expect, it } from 'vitest';
import { holdGate, judgeHold, type LocalHold } from '../../../agent/plan/hold-until.ts';
import { writeGates } from '../../../agent/plan/write-gates.ts';

const seenAt = '2026-11-25T12:00:00.000Z';
const hour = 3_600_000;
const at = (text: string): number => Date.parse(text);

function judge(text: string, now: string, maxHoldMs = 4 * hour) {
  return judgeHold({ text, seenAt }, maxHoldMs, at(now));
}

describe('a hold set with kubectl', () => {
  it.each([
    ['2026-11-25T13:00:00Z', '2026-11-25T13:00:00.000Z', 'asked'],
    ['2026-11-25T13:00Z', '2026-11-25T13:00:00.000Z', 'asked'],
    ['2026-11-25T14:00:00.5+01:00', '2026-11-25T13:00:00.500Z', 'asked'],
    ['2026-11-25T23:00:00Z', '2026-11-25T16:00:00.000Z', 'capped'],
    ['tomorrow', '2026-11-25T16:00:00.000Z', 'unreadable'],
    ['2026-11-25', '2026-11-25T16:00:00.000Z', 'unreadable'],
    ['2026-13-45T13:00:00Z', '2026-11-25T16:00:00.000Z', 'unreadable'],
    ['', '2026-11-25T16:00:00.000Z', 'unreadable'],
  ] as const)('that says %j counts until %s (%s)', (text, until, words) => {
    expect(judge(text, '2026-11-25T12:00:01Z')).toEqual({ type: 'holds', untilMs: at(until), words });
    expect(judge(text, until)).toEqual({ type: 'over' });
  });

  it('is over when its time has passed, and where the guard lets none count', () => {
    expect(judge('2026-11-25T11:59:59Z', seenAt)).toEqual({ type: 'over' });
    expect(judge('2026-11-25T13:00:00Z', seenAt, 0)).toEqual({ type: 'over' });
  });

  it('never counts for longer than the guard lets it, also where the clock was set back', () => {
    const verdict = judge('2027-01-01T00:00:00Z', '2026-11-25T06:00:00Z');
    expect(verdict).toMatchObject({ untilMs: at('2026-11-25T10:00:00Z') });
  });

  it('is a gate that says what is held, for how long and how to end it', () => {
    const hold: LocalHold = { text: '2026-11-25T23:00:00Z', seenAt };
    const verdict = { type: 'holds', untilMs: at('2026-11-25T16:00:00Z'), words: 'capped' } as const;
    const deployment = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
    expect(holdGate(deployment, hold, verdict, 4 * hour)).toEqual({
      kind: 'hold',
      reason:
        'Deployment shop/web carries fairlead.dev/hold-until: 2026-11-25T23:00:00Z, so it is left as it is; ' +
        'this agent was installed to let it count for 4h at most',
      owner: 'kubectl',
      since: seenAt,
      until: '2026-11-25T16:00:00.000Z',
      remedy: 'Wait, or end it: kubectl annotate -n shop deployment web fairlead.dev/hold-until-',
    });
    const namespace = { group: '', kind: 'Namespace', namespace: '', name: 'shop' };
    const gate = holdGate(namespace, { text: 'soon', seenAt }, { ...verdict, words: 'unreadable' }, hour);
    expect(gate.reason).toBe(
      'Namespace shop carries fairlead.dev/hold-until: soon, so nothing in it is written; ' +
        'that is no time such as 2026-11-25T18:30:00Z, so it counts for 1h',
    );
    expect(gate.remedy).toContain('kubectl annotate namespace shop fairlead.dev/hold-until-');
  });
});

it('holds of the hub are gates, the longest first, each with the command that ends it', () => {
  const hold = {
    id: 'h1',
    cluster: 'prod',
    application: 'apps/web',
    reason: 'INC-7',
    heldBy: 'm.ortiz',
    since: seenAt,
    until: '2026-11-25T13:00:00Z',
  };
  const { application: _all, ...whole } = { ...hold, id: 'h2', until: '2026-11-25T14:00:00Z' };
  expect(writeGates({ holds: [hold, whole] })).toEqual([
    {
      kind: 'hold',
      id: 'h2',
      reason: 'INC-7 (all of cluster prod)',
      owner: 'm.ortiz',
      since: seenAt,
      until: '2026-11-25T14:00:00Z',
      remedy: 'Wait, or end it: fairlead hold end h2',
    },
    expect.objectContaining({ id: 'h1', reason: 'INC-7', until: '2026-11-25T13:00:00Z' }),
  ]);
  expect(writeGates({ holds: [] })).toEqual([]);
});
