import { expect } from 'vitest';
import type { HealthFacts } from '../../../agent/health/judgement.ts';
import { judgeHealth } from '../../../agent/health/object-health.ts';
import type { HealthStatus } from '../../../core/health.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

/** What it is, the object, its status, the reason for programs, and whether anything waits for it. */
export type HealthCase = readonly [
  what: string,
  object: KubeObject,
  status: HealthStatus | 'none',
  reason?: string,
  gating?: 'holds back' | 'holds nothing back',
];

/** The moment at which cases are judged, and others around it. */
export const now = '2026-03-01T12:00:00Z';
export const minutesAgo = (minutes: number): string =>
  new Date(Date.parse(now) - minutes * 60_000).toISOString();

const standing: HealthFacts = { now: new Date(now), status: 'standing' };

/** Objects of one kind, at generation 2 and made an hour ago unless `metadata` says otherwise. */
export function kind(apiVersion: string, name: string) {
  return (status?: JsonObject | undefined, spec: JsonObject = {}, metadata: JsonObject = {}): KubeObject => ({
    apiVersion,
    kind: name,
    metadata: { name: 'a', namespace: 'x', generation: 2, creationTimestamp: minutesAgo(60), ...metadata },
    spec,
    ...(status === undefined ? {} : { status }),
  });
}

/** `status.conditions` from `[type, status, reason, message, more]`. */
export function conditions(
  ...list: readonly (readonly [string, string, string?, string?, JsonObject?])[]
): JsonObject {
  const entries: Json[] = list.map(([type, status, reason = '', message = '', more = {}]) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: minutesAgo(1),
    ...more,
  }));
  return { conditions: entries };
}

export function checkCase([, object, status, reason, gating]: HealthCase, facts = standing): void {
  const { health } = judgeHealth(object, facts);
  expect({
    status: health?.status ?? 'none',
    reason: health?.reason,
    gating: gatingOf(health?.gating),
  }).toEqual({
    status,
    reason,
    gating: gating ?? 'holds back',
  });
  const isWell = health === undefined || health.status === 'Healthy';
  if (!isWell) expect(health.message).not.toBe('');
}

function gatingOf(gating: false | undefined): HealthCase[4] {
  return gating === false ? 'holds nothing back' : 'holds back';
}
