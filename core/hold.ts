import type { ObjectRef } from './object-ref.ts';

/** What a person asked to be left alone for a time: one application, or all of a cluster. Nothing of it is written until then. */
export interface Hold {
  readonly id: string;
  readonly cluster: string;
  /** `namespace/name`; absent: every application on the cluster. */
  readonly application?: string;
  readonly reason: string;
  /** Who asked, as the API knows them. */
  readonly heldBy: string;
  /** ISO 8601, as is `until`. */
  readonly since: string;
  readonly until: string;
}

/** A hold with its end, where somebody ended it before its time. */
export interface EndedHold extends Hold {
  readonly endedAt?: string;
  readonly endedBy?: string;
}

/** A hold that an agent keeps to now: one of the hub's, by its id, or one that somebody set with kubectl. */
export type ActiveHold =
  | { readonly type: 'hub'; readonly id: string }
  | {
      readonly type: 'kubectl';
      /** The object; a Namespace stands for everything in it. */
      readonly ref: ObjectRef;
      /** ISO 8601, as is `until`: when the agent saw it, and when it stops counting. */
      readonly since: string;
      readonly until: string;
    };

/** Whether a hold of the hub is still to be kept. */
export function isRunning(hold: Pick<Hold, 'until'>, nowMs: number): boolean {
  return Date.parse(hold.until) > nowMs;
}
