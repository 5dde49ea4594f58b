import { describe, expect, it } from 'vitest';
import { applicationHealth, type MemberHealth } from '../../../agent/health/application-health.ts';
import { holdsBack, judgeHealth } from '../../../agent/health/object-health.ts';
import type { HealthStatus } from '../../../core/health.ts';
import { conditions, kind, minutesAgo, now } from './health-case.ts';

describe('judgeHealth', () => {
  it('says when time alone will change the verdict', () => {
    const gauge = kind('x.io/v1', 'Gauge')(conditions(['Ready', 'False', 'Pending']));
    const judged = judgeHealth(gauge, { now: new Date(now), status: 'standing' });
    expect(judged).toMatchObject({ health: { status: 'Progressing' }, againInMs: 9 * 60_000 });
    const later = judgeHealth(gauge, { now: new Date(minutesAgo(-9)), status: 'standing' });
    expect(later).toMatchObject({ health: { status: 'Degraded' } });
    expect(later.againInMs).toBeUndefined();
  });

  it('lets nothing that may stay in progress for good hold anything back', () => {
    const service = kind('v1', 'Service')({}, { type: 'LoadBalancer' });
    const pod = kind('v1', 'Pod')();
    const facts = { now: new Date(now), status: 'standing' } as const;
    expect(holdsBack(judgeHealth(service, facts).health)).toBe(false);
    expect(holdsBack(judgeHealth(pod, facts).health)).toBe(true);
    expect(holdsBack({ status: 'Suspended', message: 'on purpose' })).toBe(false);
    expect(holdsBack(undefined)).toBe(false);
  });
});

function member(status: HealthStatus | undefined, more: Partial<MemberHealth> = {}): MemberHealth {
  const ref = { group: '', kind: 'Pod', namespace: 'x', name: 'a' };
  return {
    ref,
    presence: 'live',
    counts: true,
    ...(status === undefined ? {} : { health: { status, message: 'why' } }),
    ...more,
  };
}

describe('applicationHealth', () => {
  it.each<[string, readonly MemberHealth[], HealthStatus]>([
    ['nothing', [], 'Healthy'],
    ['kinds without health', [member(undefined)], 'Healthy'],
    ['the worst of several', [member('Healthy'), member('Degraded'), member('Progressing')], 'Degraded'],
    [
      'one that is missing among others',
      [member('Healthy'), member(undefined, { presence: 'missing' })],
      'Healthy',
    ],
    ['nothing live', [member(undefined, { presence: 'missing' })], 'Missing'],
    ['one that does not count', [member('Degraded', { counts: false })], 'Healthy'],
  ])('of %s', (_what, members, status) => {
    expect(applicationHealth(members).status).toBe(status);
  });

  it('names who is to blame, and no more than three', () => {
    const { message } = applicationHealth([1, 2, 3, 4, 5].map(() => member('Degraded')));
    expect(message).toBe('Pod x/a: why; Pod x/a: why; Pod x/a: why and 2 more');
  });
});
