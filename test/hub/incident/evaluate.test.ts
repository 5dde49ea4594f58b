import { describe, expect, test } from 'vitest';
import type { Drift } from '../../../core/drift.ts';
import type { Gate } from '../../../core/gate.ts';
import type { ApplicationStatus } from '../../../core/status.ts';
import type { Link } from '../../../hub/drift/summarise.ts';
import { evaluateApplication } from '../../../hub/incident/evaluate-application.ts';
import { evaluateCluster } from '../../../hub/incident/evaluate-cluster.ts';
import type { Verdict } from '../../../hub/incident/incident.ts';
import type { ApplicationRecord, StoredDrift } from '../../../hub/ports.ts';
import { drift, records, status } from '../../support/test-hub.ts';

const viewer = { now: '2026-11-03T14:02:20.000Z' };
const connected: Link = { type: 'connected' };
const silent: Link = { type: 'silent', since: '2026-11-03T14:00:00.000Z' };
const record = records[0] as ApplicationRecord;
const calm: ApplicationStatus = { ...status, sync: 'Synced', drifts: [] };
const brake: Gate = { kind: 'brake', reason: '9 of 10 objects would be deleted', remedy: 'Confirm it.' };
const refusal: Gate = { kind: 'refusal', reason: 'project platform says no', remedy: 'Ask it' };

interface Given {
  readonly record?: Partial<ApplicationRecord>;
  readonly status?: Partial<ApplicationStatus> | 'none';
  readonly link?: Link;
  readonly news?: readonly StoredDrift[];
}

function verdicts(given: Given): readonly Verdict[] {
  return evaluateApplication({
    record: { ...record, ...given.record },
    status: given.status === 'none' ? undefined : { ...calm, ...given.status },
    link: given.link ?? connected,
    news: given.news ?? [],
    viewer,
  });
}

/** What the verdicts are, by trigger, but for what is absent. */
function told(given: Given): Readonly<Record<string, string>> {
  const entries = verdicts(given).map((verdict) => {
    const key = 'condition' in verdict ? verdict.condition.key : verdict.key;
    return [key.split('/')[0] ?? '', verdict.type] as const;
  });
  return Object.fromEntries(entries.filter(([, type]) => type !== 'absent'));
}

function summaryOf(given: Given, trigger: string): string | undefined {
  const found = verdicts(given).find(
    (verdict) => 'condition' in verdict && verdict.condition.trigger === trigger,
  );
  return found !== undefined && 'condition' in found ? found.condition.summary : undefined;
}

const failed = {
  sync: 'OutOfSync',
  cause: 'failed',
  failures: [{ ref: drift.ref, code: 'invalid', message: 'replicas must be a number' }],
} as const;
const degraded = { health: { status: 'Degraded', message: 'Deployment web: crashes' } } as const;
const drifted = { sync: 'OutOfSync', cause: 'drifted', drifts: [drift] } as const;
const fromStatus = { drift: 'unknown', 'sync-failed': 'unknown', degraded: 'unknown' };

describe('what is the matter with an application', () => {
  test.each([
    ['nothing', {}, {}],
    ['a drift', { status: drifted }, { drift: 'holds' }],
    ['a failure', { status: failed }, { 'sync-failed': 'holds' }],
    ['a bad health', { status: degraded }, { degraded: 'holds' }],
    ['a rollout', { status: { health: { status: 'Progressing', message: '' } } }, { degraded: 'unknown' }],
    [
      'an apply under way',
      { status: { sync: 'OutOfSync', cause: 'applying' } },
      { 'sync-failed': 'unknown' },
    ],
    ['a commit on its way', { status: { ...degraded, digest: 'sha256:older' } }, fromStatus],
    ['no report yet', { status: 'none' }, fromStatus],
    ['an agent that is silent', { status: { ...drifted, ...degraded }, link: silent }, fromStatus],
    [
      'a refusal, whoever is silent',
      { record: { gates: [refusal] }, link: silent },
      { ...fromStatus, refused: 'holds' },
    ],
    ["the hub's brake", { record: { gates: [brake] }, link: silent }, { ...fromStatus, brake: 'holds' }],
    ["the agent's brake", { status: { gates: [brake] } }, { brake: 'holds' }],
    [
      "the agent's brake, unheard",
      { status: { gates: [brake] }, link: silent },
      { ...fromStatus, brake: 'unknown' },
    ],
    ['that it leaves Git', { record: { removal: 'delete' }, status: { ...drifted, ...degraded } }, {}],
    [
      'a drift whose status is on its way',
      { news: [{ cluster: 'prod', drift, state: 'open' }] },
      { drift: 'holds' },
    ],
    [
      'a drift that is over',
      { news: [{ cluster: 'prod', drift, state: 'closed', end: 'healed' }] },
      { drift: 'passed' },
    ],
  ] as readonly (readonly [string, Given, object])[])('%s', (_name, given, expected) => {
    expect(told(given)).toEqual(expected);
  });

  test.each([
    [
      'drift',
      { status: { ...drifted, ...degraded } },
      'prod/payments-prod runs 4f2c1aa (2 h), 1 drift: Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11 UTC; mode sync leaves it.',
    ],
    [
      'sync-failed',
      { status: failed },
      'prod/payments-prod failed to apply 4f2c1aa: Deployment web: replicas must be a number.',
    ],
    [
      'degraded',
      { status: { ...drifted, ...degraded } },
      'prod/payments-prod runs 4f2c1aa (2 h), degraded: Deployment web: crashes.',
    ],
    [
      'refused',
      { record: { gates: [brake, refusal] } },
      'prod/payments-prod refused: project platform says no.',
    ],
    [
      'brake',
      { status: { gates: [brake] } },
      'prod/payments-prod is held by the brake: 9 of 10 objects would be deleted.',
    ],
  ] as readonly (readonly [string, Given, string])[])(
    '%s has a sentence of its own',
    (trigger, given, expected) => {
      expect(summaryOf(given, trigger)).toBe(expected);
    },
  );

  test('a drift waits a minute where the mode heals, and a Notification may say otherwise', () => {
    const waits = (['heal', 'sync', 'observe'] as const).map((mode) => {
      const [verdict] = verdicts({ record: { mode }, status: drifted as { drifts: readonly Drift[] } });
      return verdict !== undefined && 'condition' in verdict ? verdict.condition.waitMs : undefined;
    });
    expect(waits).toEqual([60_000, 0, 0]);
  });
});

describe('an agent', () => {
  const facts = {
    name: 'prod',
    declared: true,
    enrolled: true,
    problems: [],
    applications: 3,
    openDrifts: 0,
  };

  test.each([
    ['that is connected', { ...facts, link: connected }, 'absent'],
    ['that is silent', { ...facts, link: silent }, 'holds'],
    ['that nobody enrolled', { ...facts, link: silent, enrolled: false }, 'absent'],
    ['of a cluster that left the fleet', { ...facts, link: silent, declared: false }, 'absent'],
  ] as const)('%s', (_name, given, expected) => {
    expect(evaluateCluster(given, 'prod', viewer).type).toBe(expected);
  });
});
