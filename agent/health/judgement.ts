import type { Health } from '../../core/health.ts';
import type { KubeObject } from '../../core/kube-object.ts';

/** What is known besides the object itself. */
export interface HealthFacts {
  readonly now: Date;
  /**
   * `awaited`: its controller may not have answered its newest generation yet, as far as times tell, so a status that
   * doesn't name a generation counts for nothing.
   */
  readonly status: 'awaited' | 'standing';
}

/** The health of one object; absent for kinds that have none. */
export interface Judgement {
  readonly health?: Health;
  /** When the same object will be judged otherwise, in milliseconds from now, though nothing of it changes. */
  readonly againInMs?: number;
}

/** How objects of one kind are judged. */
export type Rule = (object: KubeObject, facts: HealthFacts) => Judgement;

/** A rule that time doesn't enter into. */
export function timeless(judge: (object: KubeObject) => Health | undefined): Rule {
  return (object) => judgement(judge(object));
}

export function judgement(health: Health | undefined): Judgement {
  return health === undefined ? {} : { health };
}

/**
 * `early` until some time after a moment, `late` from then on. A moment that can't be read makes it `early`.
 * `since` is ISO 8601 by the cluster's clock; patience is in minutes, so the agent's clock may be off by seconds.
 */
export function patiently(
  { early, late }: { readonly early: Health; readonly late: Health },
  since: string | undefined,
  patienceMs: number,
  { now }: HealthFacts,
): Judgement {
  const leftMs = Date.parse(since ?? '') + patienceMs - now.getTime();
  if (Number.isNaN(leftMs)) return { health: early };
  return leftMs > 0 ? { health: early, againInMs: leftMs } : { health: late };
}
