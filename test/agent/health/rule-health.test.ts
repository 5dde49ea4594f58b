import { describe, expect, it } from 'vitest';
import { judgeHealth } from '../../../agent/health/object-health.ts';
import { compileRule } from '../../../agent/health/rule-health.ts';
import type { Health } from '../../../core/health.ts';
import type { HealthRule } from '../../../core/health-rule.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { conditions, kind, now } from './health-case.ts';

const gauge = kind('x.io/v1', 'Gauge');
const rule: HealthRule = {
  group: 'x.io',
  kind: 'Gauge',
  suspended: 'object.spec.paused',
  degraded: "object.status.conditions.exists(c, c.type == 'Broken' && c.status == 'True')",
  progressing: 'object.status.done < object.spec.parts',
  healthy: "object.status.phase == 'Done'",
  message: "string(object.status.done) + ' of ' + string(object.spec.parts) + ' parts'",
};
const done = { phase: 'Done', done: 3 };

function judge(
  object: KubeObject,
  by: Partial<HealthRule> = {},
  status: 'awaited' | 'standing' = 'standing',
): Health | undefined {
  return judgeHealth(object, { now: new Date(now), status }, compileRule({ ...rule, ...by })).health;
}

describe("the fleet's own rule", () => {
  it.each<[string, KubeObject, Health]>([
    ['healthy', gauge(done, { parts: 3 }), { status: 'Healthy', message: '' }],
    [
      'suspended first of all',
      gauge(done, { parts: 3, paused: true }),
      { status: 'Suspended', reason: 'HealthRule', message: '3 of 3 parts' },
    ],
    [
      'degraded',
      gauge({ ...done, ...conditions(['Broken', 'True']) }, { parts: 3 }),
      { status: 'Degraded', reason: 'HealthRule', message: '3 of 3 parts' },
    ],
    [
      'in progress',
      gauge({ ...done, done: 1 }, { parts: 3 }),
      { status: 'Progressing', reason: 'HealthRule', message: '1 of 3 parts' },
    ],
    [
      'in progress where nothing holds',
      gauge({ phase: 'Odd', done: 3 }, { parts: 3 }),
      { status: 'Progressing', reason: 'HealthRule', message: '3 of 3 parts' },
    ],
    [
      'in progress where nothing is written',
      gauge(),
      { status: 'Progressing', reason: 'HealthRule', message: 'its health rule does not hold yet' },
    ],
    [
      'of a status for an older generation',
      gauge({ ...done, observedGeneration: 1 }, { parts: 3 }),
      { status: 'Progressing', reason: 'GenerationBehind', message: 'the newest change is not observed yet' },
    ],
    [
      'of what is on its way out',
      gauge(done, { parts: 3 }, { deletionTimestamp: now }),
      { status: 'Progressing', reason: 'Terminating', message: 'pending deletion' },
    ],
  ])('says %s', (_what, object, health) => {
    expect(judge(object)).toEqual(health);
  });

  it('waits for the answer to the newest change', () => {
    expect(judge(gauge(done, { parts: 3 }), {}, 'awaited')?.reason).toBe('StatusAwaited');
  });

  it('holds nothing back where it says so', () => {
    expect(judge(gauge(), { gating: false })).toMatchObject({ status: 'Progressing', gating: false });
    expect(judge(gauge(done, { parts: 3 }), { gating: false })).toEqual({ status: 'Healthy', message: '' });
  });

  it.each<[string, string, RegExp]>([
    ['not CEL', 'object.', /Expected IDENTIFIER/],
    ['no comparison', 'object.status.phase', /neither true nor false/],
    ['a division by nothing', '1 / 0 == 1', /division by zero/],
    ['a pattern', "object.status.phase.matches('(a+)+$')", /more than is allowed/],
    [
      'loops without end',
      'object.spec.l.all(a, object.spec.l.all(b, object.spec.l.all(c, a == b)))',
      /more than is allowed/,
    ],
  ])('leaves the health unknown where it is %s, and says which expression', (_what, healthy, why) => {
    const found = judge(gauge({ phase: 'Done', done: 3 }, { parts: 3 }), { healthy });
    expect(found).toMatchObject({ status: 'Unknown', reason: 'HealthRuleFailed' });
    expect(found?.message).toContain('`healthy`');
    expect(found?.message).toMatch(why);
  });

  it('gives up on an object that would cost too much', () => {
    const l = Array.from({ length: 2_000 }, (_, index) => index);
    const found = judge(gauge(done, { parts: 3, l }), {
      healthy: 'object.spec.l.all(a, object.spec.l.exists(b, a == b))',
    });
    expect(found?.message).toContain('a list of 2000 entries');
    expect(judge(gauge(done, { parts: 3, l }), { healthy: 'object.spec.l.all(a, a >= 0)' })?.status).toBe(
      'Healthy',
    );
  });

  it('never sees what a Secret holds', () => {
    const secret = { ...kind('v1', 'Secret')(), data: { password: 'aHVudGVyMg==' } };
    const found = judge(secret, {
      group: '',
      kind: 'Secret',
      healthy: 'false',
      message: 'string(object.data.password)',
    });
    expect(found?.message).toBe('its health rule does not hold yet');
  });
});
