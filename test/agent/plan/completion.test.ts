import { describe, expect, it } from 'vitest';
import { applicationStatus } from '../../../agent/plan/application-status.ts';
import { describeUnfinished, isComplete } from '../../../agent/plan/completion.ts';
import type { StatusFacts, StatusObject } from '../../../agent/plan/status-facts.ts';
import type { Health } from '../../../core/health.ts';

const well: Health = { status: 'Healthy', message: '' };
const moving: Health = {
  status: 'Progressing',
  reason: 'RollingOut',
  message: '0 of 2 replicas are updated',
};

function object(name: string, change: Partial<StatusObject> = {}): StatusObject {
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'shop', name };
  const common = { sync: 'Synced', presence: 'live', countsForHealth: true, isWanted: true } as const;
  return { ref, ...common, health: well, ...change };
}

function facts(objects: readonly StatusObject[], change: Partial<StatusFacts> = {}): StatusFacts {
  return {
    application: 'argocd/shop',
    digest: 'd2',
    appliedDigest: 'd2',
    objects,
    drifts: [],
    failures: [],
    warnings: [],
    gates: [],
    activity: 'idle',
    ...change,
  };
}

const running = { id: 'a', state: 'running', message: '', hooks: [] } as const;
const failure = { ref: object('web').ref, code: 'invalid', message: 'spec.replicas must not be negative' };

describe('a release', () => {
  it.each<[string, boolean, StatusFacts]>([
    ['with every object applied and healthy', true, facts([object('web'), object('api')])],
    ['of nothing', true, facts([])],
    ['with an object without health', true, facts([object('web', { health: undefined as never })])],
    [
      'whose attempt went well',
      true,
      facts([object('web')], { attempt: { ...running, state: 'succeeded' } }),
    ],
    [
      'with what may stay in progress for good',
      true,
      facts([object('web', { health: { ...moving, gating: false } })]),
    ],
    ['with what does not count', true, facts([object('web', { health: moving, countsForHealth: false })])],
    [
      'with what left Git',
      true,
      facts([object('web'), object('old', { isWanted: false, sync: 'OutOfSync' })]),
    ],
    ['that was not applied whole', false, facts([object('web')], { appliedDigest: 'd1' })],
    ['that was never applied', false, facts([object('web')], { appliedDigest: undefined as never })],
    ['with an object that is on its way', false, facts([object('web', { health: moving })])],
    [
      'that somebody paused',
      false,
      facts([object('web', { health: { status: 'Suspended', message: 'paused' } })]),
    ],
    [
      'with an object that is missing',
      false,
      facts([object('web', { presence: 'missing', health: undefined as never })]),
    ],
    ['with an object that differs', false, facts([object('web', { sync: 'OutOfSync' })])],
    ['with an object that failed', false, facts([object('web')], { failures: [failure] })],
    ['whose hooks run', false, facts([object('web')], { attempt: running })],
    ['of an application that is going', false, facts([object('web')], { removal: 'pending' })],
  ])('%s is complete: %s', (_what, complete, given) => {
    expect(isComplete(given)).toBe(complete);
  });

  it('says what it lacks: first what failed, then what is missing or not healthy, no more than three', () => {
    const objects = [
      object('web', { sync: 'OutOfSync' }),
      object('api', { presence: 'missing', sync: 'OutOfSync', health: undefined as never }),
      object('store', { health: moving }),
      object('cache', { health: moving }),
      object('fine'),
    ];
    expect(describeUnfinished(facts(objects, { failures: [failure] }))).toBe(
      '3 of 5 applied; Deployment shop/web failed: spec.replicas must not be negative; ' +
        'Deployment shop/api is missing; Deployment shop/store is progressing: 0 of 2 replicas are updated; 1 more',
    );
    expect(describeUnfinished(facts([object('web')], { attempt: running }))).toBe(
      '1 of 1 applied; its hooks are not through',
    );
  });

  it('is reported until it is complete, and stays complete when an object fails later', () => {
    const open = applicationStatus(facts([object('web', { health: moving })]));
    expect(open.unfinished).toBe(
      '1 of 1 applied; Deployment shop/web is progressing: 0 of 2 replicas are updated',
    );
    const completed = { completedDigest: 'd2', completedAt: '2026-03-01T12:00:00Z' };
    const later = applicationStatus(facts([object('web', { health: moving })], completed));
    expect(later).toMatchObject(completed);
    expect(later.unfinished).toBeUndefined();
    const asked = applicationStatus(facts([object('web')], { activity: 'waiting', appliedDigest: 'd1' }));
    expect(asked.unfinished).toBeUndefined();
  });
});
