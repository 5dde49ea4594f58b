import { expect, test } from 'vitest';
import { type Fight, fightAfterHeal, fightGate } from '../../../agent/plan/fight.ts';
import type { Drift } from '../../../core/drift.ts';

const start = Date.parse('2026-11-03T14:00:00.000Z');

const scaled: Drift = {
  id: 'drift-1',
  application: 'argocd/shop',
  ref: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' },
  kind: 'changed',
  fields: [{ path: 'spec.replicas', desired: 2, live: 5 }],
  observedAt: '2026-11-03T14:00:00.000Z',
  writer: { manager: 'keda', operation: 'Update', subresource: 'scale' },
  verdict: 'exact',
};

function healed(drifts: readonly Drift[], everyMs = 1_000): Fight {
  let fight: Fight | undefined;
  for (const [index, drift] of drifts.entries())
    fight = fightAfterHeal(fight, drift, start + index * everyMs);
  if (fight === undefined) throw new Error('nothing was healed');
  return fight;
}

const six = <T>(item: T): readonly T[] => Array.from({ length: 6 }, () => item);

test('the gate of a fight names the object, the field, the other writer and the application', () => {
  expect(fightGate(healed(six(scaled)))).toMatchObject({
    kind: 'hold',
    id: 'fight apps/Deployment:shop/web',
    owner: 'fairlead',
    reason:
      'spec.replicas of Deployment shop/web is changed by keda (scale) as often as application argocd/shop heals it: it is left as it is for a while',
    remedy:
      'Stop keda (scale), or take what it writes out of the Git of argocd/shop; a sync applies Git once: fairlead app sync argocd/shop',
    until: '2026-11-03T14:01:05.000Z',
  });
});

test('several fields are counted after the first', () => {
  const fields = [...scaled.fields, { path: 'spec.paused', live: true }, { path: 'spec.minReadySeconds' }];

  expect(fightGate(healed(six({ ...scaled, fields }))).reason).toContain(
    'spec.replicas and 2 more fields of Deployment shop/web is changed by',
  );
});

test('two applications that heal one object of each other are both named', () => {
  const other = {
    ...scaled,
    application: 'argocd/scaler',
    writer: { ...scaled.writer!, manager: 'fairlead' },
  };

  const { reason, remedy } = fightGate(healed([scaled, other, scaled, other, scaled]));

  expect(reason).toContain(
    'is changed by application argocd/scaler as often as application argocd/shop heals',
  );
  expect(remedy).toContain('Stop application argocd/scaler');
});

test('an application that healed it long before has no part in the fight', () => {
  const fight = healed([{ ...scaled, application: 'argocd/gone' }, scaled, scaled], 40_000);

  expect(fightGate(fight).reason).toContain('by keda (scale) as often as application argocd/shop');
});

test('who deletes an object is not known: the gate says so and what is fought over', () => {
  const { writer: _none, ...rest } = scaled;
  const missing: Drift = { ...rest, kind: 'missing', fields: [] };

  const { reason, remedy } = fightGate(healed(six(missing)));

  expect(reason).toMatch(
    /^Deployment shop\/web is deleted by an unknown writer as often as application argocd\/shop/,
  );
  expect(remedy).toContain('take the object out of the Git of argocd/shop');
});
