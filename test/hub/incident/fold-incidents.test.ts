import { describe, expect, test } from 'vitest';
import type { NotificationDocument, TriggerSpec } from '../../../hub/catalog/documents.ts';
import { foldIncidents, momentsOf } from '../../../hub/incident/fold-incidents.ts';
import type { Condition, Incident, Verdict } from '../../../hub/incident/incident.ts';

const start = Date.parse('2026-11-03T14:00:00.000Z');
const at = (minutes: number): string => new Date(start + minutes * 60_000).toISOString();

function documentOf(name: string, triggers: readonly TriggerSpec[], receivers = ['a']): NotificationDocument {
  return {
    kind: 'Notification',
    name,
    triggers,
    match: {},
    receivers: receivers.map((receiver) => ({
      name: receiver,
      target: { type: 'alertmanager', url: 'http://a' },
    })),
    location: { file: 'fleet/n.yaml', line: 1 },
    fieldLines: new Map(),
  };
}

function documentsOf(
  ...documents: readonly NotificationDocument[]
): ReadonlyMap<string, NotificationDocument> {
  return new Map(documents.map((document) => [document.name, document]));
}

const condition: Condition = {
  key: 'degraded/argocd/web',
  trigger: 'degraded',
  subject: { application: 'argocd/web', cluster: 'prod', environment: 'prod', project: 'shop' },
  summary: 'web is degraded.',
  detail: 'one',
  nextStep: 'fairlead app get argocd/web',
  waitMs: 10 * 60_000,
  severity: 'critical',
};
const { key } = condition;
const holds: Verdict = { type: 'holds', condition };
const absent: Verdict = { type: 'absent', key };
const unknown: Verdict = { type: 'unknown', key };
const passed: Verdict = { type: 'passed', condition };
const degraded = documentsOf(documentOf('n', [{ type: 'degraded' }]));
const atOnce = documentsOf(documentOf('n', [{ type: 'degraded', forMs: 0 }]));

/** Folds one verdict after the other, each at its minute; gives what was told and what is left. */
function play(
  steps: readonly (readonly [minute: number, verdict: Verdict])[],
  documents = degraded,
): { readonly told: readonly string[]; readonly incident: Incident | undefined } {
  const known = new Map<string, Incident>();
  const told: string[] = [];
  for (const [minute, verdict] of steps) {
    const changes = foldIncidents(known, [verdict], documents, at(minute));
    for (const incident of changes.saved) known.set(incident.key, incident);
    if (changes.dropped.length > 0) known.delete(key);
    told.push(...changes.tellings.map(({ receiver, state }) => `${minute} ${receiver} ${state}`));
  }
  return { told, incident: known.get(key) };
}

describe('folding verdicts into incidents', () => {
  test.each([
    [
      'it holds for less than the wait',
      [
        [0, holds],
        [9, holds],
      ],
      [],
    ],
    [
      'it holds for the wait',
      [
        [0, holds],
        [10, holds],
      ],
      ['10 a firing'],
    ],
    [
      'it goes on to hold',
      [
        [0, holds],
        [10, holds],
        [20, holds],
      ],
      ['10 a firing'],
    ],
    [
      'it ends before',
      [
        [0, holds],
        [5, absent],
        [10, holds],
      ],
      [],
    ],
    [
      'it ends after',
      [
        [0, holds],
        [10, holds],
        [12, absent],
      ],
      ['10 a firing', '12 a resolved'],
    ],
    [
      'nobody knows meanwhile',
      [
        [0, holds],
        [10, unknown],
        [11, holds],
      ],
      ['11 a firing'],
    ],
    [
      'nobody knows at its end',
      [
        [0, holds],
        [10, holds],
        [11, unknown],
        [12, unknown],
      ],
      ['10 a firing'],
    ],
    [
      'it never held',
      [
        [0, absent],
        [1, unknown],
      ],
      [],
    ],
    ['it passed, and only its wait would be told', [[0, passed]], []],
    [
      'it passed while it was told',
      [
        [0, holds],
        [10, holds],
        [11, passed],
      ],
      ['10 a firing', '11 a resolved'],
    ],
  ] as readonly (readonly [string, readonly (readonly [number, Verdict])[], readonly string[]])[])(
    '%s',
    (_name, steps, expected) => {
      expect(play(steps).told).toEqual(expected);
    },
  );

  test('one that passed is told as resolved where it is wanted at once, but not for ever', () => {
    const steps = Array.from({ length: 6 }, (_, index) => [index, passed] as const);
    expect(play(steps, atOnce).told).toEqual(['0 a resolved', '1 a resolved', '2 a resolved']);
  });

  test('a wait is counted from when it began, if that is known', () => {
    const early: Verdict = { type: 'holds', condition: { ...condition, since: at(-10) } };
    expect(play([[0, early]]).told).toEqual(['0 a firing']);
  });

  test('each Notification has its own wait and severity, and joins the incident that goes on', () => {
    const documents = documentsOf(
      documentOf('n', [{ type: 'degraded', forMs: 0, severity: 'info' }]),
      documentOf('m', [{ type: 'degraded', forMs: 300_000 }], ['b']),
    );
    const { told, incident } = play(
      [
        [0, holds],
        [5, holds],
        [6, absent],
      ],
      documents,
    );
    expect(told).toEqual(['0 a firing', '5 b firing', '6 a resolved', '6 b resolved']);
    expect(incident?.routes.map(({ severity }) => severity)).toEqual(['info', 'critical']);
  });

  test('another detail is another summary of the same incident, and no other message', () => {
    const other: Verdict = {
      type: 'holds',
      condition: { ...condition, detail: 'two', summary: 'two crash.' },
    };
    const { told, incident } = play([
      [0, holds],
      [10, holds],
      [11, other],
    ]);
    expect(told).toEqual(['10 a firing']);
    expect(incident?.condition.summary).toBe('two crash.');
  });

  test('what opens three times within the hour ends only once it has stayed away', () => {
    const flaps = [
      [0, holds],
      [1, absent],
      [2, holds],
      [3, absent],
      [4, holds],
    ] as const;
    const told = ['0 a firing', '1 a resolved', '2 a firing', '3 a resolved', '4 a firing'];
    expect(play([...flaps, [5, absent], [14, absent]], atOnce).told).toEqual(told);
    expect(play([...flaps, [5, absent], [10, holds], [16, absent]], atOnce).told).toEqual(told);
    expect(play([...flaps, [5, absent], [15, absent]], atOnce).told).toEqual([...told, '15 a resolved']);
    const later = play([...flaps, [5, absent], [15, absent], [80, holds], [81, absent]], atOnce).told;
    expect(later.slice(-2)).toEqual(['80 a firing', '81 a resolved']);
  });

  test('may change by itself when a wait ends, or the time that a flapping one must stay away', () => {
    const { incident } = play([[0, holds]]);
    if (incident === undefined) throw new Error('there is no incident');
    expect(momentsOf(incident, degraded)).toEqual([start + 600_000]);
    const clearing: Incident = { ...incident, state: 'open', clearedAt: at(20) };
    expect(momentsOf(clearing, degraded)).toEqual([start + 600_000, start + 1_800_000]);
    expect(momentsOf({ ...clearing, state: 'resolved' }, degraded)).toEqual([]);
  });

  test('an incident has an id of its own even where two begin in one moment', () => {
    const { incident: first } = play([[0, holds]], atOnce);
    const { incident: second } = play(
      [
        [0, holds],
        [0, absent],
        [0, holds],
      ],
      atOnce,
    );
    expect(second?.id).not.toBe(first?.id);
  });
});
