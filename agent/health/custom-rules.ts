import type { Health, HealthStatus } from '../../core/health.ts';
import { jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { conditionOf, health, healthBy, healthy, isOutdated, outdated } from './conditions.ts';
import { unreadStatus } from './generic-health.ts';
import { judgement, type Rule } from './judgement.ts';

/** Parts that rules of well-known custom kinds are made of. Each first asks whether the status is for this generation. */

type Judge = (object: KubeObject) => Health | undefined;

/** A judge of a custom kind, asked only about a status that was written for the object as it is. */
export function onceRead(judge: Judge): Rule {
  return (object, facts) => judgement(unreadStatus(object, facts) ?? judge(object));
}

/** `True` is healthy, `False` degraded, anything else in progress: kinds whose condition is `Unknown` while they start. */
export function byCondition(
  type: string,
  options: { readonly movingReasons?: RegExp } = {},
): (object: KubeObject) => Health {
  return (object) => {
    const condition = conditionOf(object, type);
    if (condition === undefined)
      return health('Progressing', 'NotObserved', `condition ${type} is not written yet`);
    if (isOutdated(condition, object)) return outdated;
    if (condition.status === 'True') return healthy;
    const isMoving = condition.status !== 'False' || options.movingReasons?.test(condition.reason) === true;
    return healthBy(isMoving ? 'Progressing' : 'Degraded', condition);
  };
}

/** The first condition of these that has this status decides. */
export function firstCondition(
  object: KubeObject,
  table: readonly (readonly [type: string, status: string, health: HealthStatus])[],
): Health | undefined {
  for (const [type, status, verdict] of table) {
    const condition = conditionOf(object, type);
    if (condition?.status !== status) continue;
    return verdict === 'Healthy' ? healthy : healthBy(verdict, condition);
  }
  return undefined;
}

export interface Phases {
  /** Where the phase stands; `['phase']` below `status` unless given. */
  readonly at?: readonly string[];
  /** Where the reason in words stands, below `status`; `['message']` unless given. */
  readonly message?: readonly string[];
  readonly healthy: readonly string[];
  readonly degraded: readonly string[];
  readonly suspended?: readonly string[];
  readonly unknown?: readonly string[];
}

/** A kind that tells of itself by one word; any other word is in progress. */
export function byPhase(phases: Phases): (object: KubeObject) => Health {
  return (object) => {
    const phase = stringAt(object['status'], ...(phases.at ?? ['phase'])) ?? '';
    if (phases.healthy.includes(phase)) return healthy;
    const words = stringAt(object['status'], ...(phases.message ?? ['message'])) ?? '';
    const said = phase === '' ? 'nothing is said of it yet' : `it is in phase ${phase}`;
    const message = words === '' ? said : words;
    return health(statusOf(phase, phases), phase === '' ? 'NotObserved' : wordOf(phase), message);
  };
}

function statusOf(phase: string, phases: Phases): HealthStatus {
  if (phases.degraded.includes(phase)) return 'Degraded';
  if (phases.suspended?.includes(phase) === true) return 'Suspended';
  return phases.unknown?.includes(phase) === true ? 'Unknown' : 'Progressing';
}

/** One word for programs, also where a phase is a sentence. */
function wordOf(phase: string): string {
  return phase.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_match, next: string) => next.toUpperCase());
}

/** Suspended where `spec.suspend` or another flag says so. */
export function unlessSuspended(path: readonly string[], rule: Rule): Rule {
  return (object, facts) =>
    jsonAt(object, ...path) === true
      ? judgement(health('Suspended', 'Suspended', 'it is suspended'))
      : rule(object, facts);
}
