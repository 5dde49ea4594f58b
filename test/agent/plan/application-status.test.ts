import { describe, expect, it } from 'vitest';
import { applicationStatus } from '../../../agent/plan/application-status.ts';
import type { StatusFacts, StatusObject } from '../../../agent/plan/status-facts.ts';
import type { Drift } from '../../../core/drift.ts';

function object(name: string, change: Partial<StatusObject> = {}): StatusObject {
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'payments', name };
  return {
    ref,
    sync: 'Synced',
    presence: 'live',
    countsForHealth: true,
    isWanted: true,
    health: { status: 'Healthy', message: '' },
    ...change,
  };
}

function facts(change: Partial<StatusFacts> = {}): StatusFacts {
  return {
    application: 'argocd/payments',
    digest: 'd1',
    objects: [object('web')],
    drifts: [],
    failures: [],
    warnings: [],
    gates: [],
    activity: 'idle',
    ...change,
  };
}

const { ref } = object('web');

const drift: Drift = {
  id: 'abcdef',
  application: 'argocd/payments',
  ref,
  kind: 'changed',
  fields: [],
  observedAt: '2026-11-01T10:00:00.000Z',
  verdict: 'exact',
};
const failures = [{ ref, code: 'invalid', message: 'no' }];
const hold = { kind: 'hold' as const, reason: 'INC-7', remedy: 'wait' };
const gates = [{ kind: 'brake' as const, reason: 'too many', remedy: 'fewer' }];

it('warnings leave the sync status as it is', () => {
  const warnings = [{ ref: object('web').ref, code: 'repeated', message: 'twice' }];
  expect(applicationStatus(facts({ warnings }))).toEqual({ ...applicationStatus(facts()), warnings });
  expect(applicationStatus(facts())).toMatchObject({ sync: 'Synced' });
  expect(applicationStatus(facts())).not.toHaveProperty('warnings');
});

describe('the status of an application', () => {
  it.each<[string, Partial<StatusFacts>, string, string | undefined]>([
    ['nothing differs', {}, 'Synced', undefined],
    [
      'steps are under way, whatever else',
      { activity: 'applying', failures, gates, drifts: [drift] },
      'OutOfSync',
      'applying',
    ],
    ['an object failed', { failures, gates, drifts: [drift] }, 'OutOfSync', 'failed'],
    ['a deletion is held', { gates, drifts: [drift] }, 'OutOfSync', 'gated'],
    ['a hold keeps nothing up', { gates: [hold] }, 'Synced', undefined],
    ['a hold keeps a drift', { gates: [hold], drifts: [drift] }, 'OutOfSync', 'gated'],
    [
      'a hold keeps what was never looked at',
      { gates: [hold], objects: [object('web', { sync: 'Unknown' })] },
      'OutOfSync',
      'gated',
    ],
    ['a drift is open', { drifts: [drift] }, 'OutOfSync', 'drifted'],
    ['an object differs', { objects: [object('web', { sync: 'OutOfSync' })] }, 'OutOfSync', 'drifted'],
    [
      'it was never asked to be applied',
      { activity: 'waiting', drifts: [drift] },
      'OutOfSync',
      'not-applied',
    ],
    ['an object is not known yet', { objects: [object('web', { sync: 'Unknown' })] }, 'Unknown', undefined],
  ])('where %s is told so', (_, change, sync, cause) => {
    const status = applicationStatus(facts(change));
    expect([status.sync, status.cause]).toEqual([sync, cause]);
  });

  it('calls an object Missing that is not live, and the application only where nothing of it is', () => {
    const missing = object('web', { sync: 'OutOfSync', presence: 'missing' });
    const { health: _health, ...withoutHealth } = missing;
    const one = applicationStatus(facts({ objects: [withoutHealth, object('worker')] }));
    expect(one.objects.map((each) => each.health?.status)).toEqual(['Missing', 'Healthy']);
    expect(one.health.status).toBe('Healthy');
    expect(applicationStatus(facts({ objects: [withoutHealth] })).health.status).toBe('Missing');
  });

  it('is the same for the same facts in another order', () => {
    const objects = [object('web'), object('worker'), object('api')];
    expect(applicationStatus(facts({ objects: objects.toReversed() }))).toEqual(
      applicationStatus(facts({ objects })),
    );
  });
});
