import type { Json } from './json.ts';
import type { ObjectRef } from './object-ref.ts';

/**
 * `missing`: in Git, not live. `changed`: a field differs from Git. `extra`: ours, live, no longer in Git and not
 * pruned. `unowned`: the live object carries another application's mark, or none, so that we may not touch it.
 */
export type DriftKind = 'missing' | 'changed' | 'extra' | 'unowned';

/** Who wrote, as `managedFields` says it: a tool, never proof of a person. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** `scale`, `status`, …, or '' for the object itself. */
  readonly subresource: string;
}

/**
 * How the writer is known. `field`: managed fields name the one writer of this very value. `write`: a removal, which
 * managed fields don't note; it came with one write whose writer they name. `unknown`: neither; no writer is named then.
 */
export type Confidence = 'field' | 'write' | 'unknown';

/**
 * What happened to a field. `taken-over`: somebody gave it another value and owns it now. `handover`: the same, by a
 * controller through `scale`, as autoscalers do. `value-changed`: it has another value, though the API server still counts
 * it as ours. `removed`: it is gone. `reset`: the API server no longer knows whose any field is. `recreated`: the object is
 * another one of the same name. `written-as-us`: somebody who isn't this agent wrote it under our field manager. `extra`:
 * ours, and no longer in Git. `reordered`: the items of a list are in another order; the values are their names alone.
 */
export type DriftCause =
  | 'value-changed'
  | 'taken-over'
  | 'handover'
  | 'removed'
  | 'reset'
  | 'recreated'
  | 'written-as-us'
  | 'extra'
  | 'reordered';

export interface DriftField {
  /** JSONPath-like with list keys: `spec.template.spec.containers[name=web].image`. */
  readonly path: string;
  /** What Git says; absent where Git says nothing. Values of Secrets are replaced by a keyed hash. */
  readonly desired?: Json;
  /** What the cluster has; absent where the field is gone. */
  readonly live?: Json;
  /** Absent where it can't be known, as for a removed field. */
  readonly writer?: Writer;
  /**
   * When that writer wrote last, by the API server's clock, ISO 8601: this value came then, or before where the agent
   * didn't watch. Absent where managed fields don't say it, as for `scale`.
   */
  readonly writtenAt?: string;
  /** Absent from agents that don't tell it. */
  readonly confidence?: Confidence;
  /** Absent where it was never applied, and from agents that don't tell it. */
  readonly cause?: DriftCause;
}

/** A difference between desired and live that we did not make. */
export interface Drift {
  /** Unique in the fleet, for `drift show`. It stays the same from opened to closed. */
  readonly id: string;
  readonly application: string;
  readonly ref: ObjectRef;
  readonly kind: DriftKind;
  readonly fields: readonly DriftField[];
  /** When the agent saw it first, by the agent's clock, ISO 8601. */
  readonly observedAt: string;
  /** The writer of the newest field change; absent means unknown, also where the writer of any field is. */
  readonly writer?: Writer;
  readonly writtenAt?: string;
  /** The least of its fields'. */
  readonly confidence?: Confidence;
  /**
   * The user, or the service account, whom the API server authenticated for what made this drift. Only where an agent takes
   * admission reviews, and only where nobody else could have done it.
   */
  readonly person?: string;
  /** `exact` where the API server's dry-run decided, `approximate` where only Git's fields could be compared. */
  readonly verdict: 'exact' | 'approximate';
}

/** How a drift ended. `healed` by the agent, `synced` by a later sync, `reverted` by somebody, `adopted` by Git saying the same. */
export type DriftEnd = 'healed' | 'synced' | 'reverted' | 'adopted' | 'released';

/** One line of a drift's history. */
export interface DriftEvent {
  readonly drift: Drift;
  readonly change: 'opened' | 'changed' | 'closed';
  /** ISO 8601, the agent's clock. */
  readonly at: string;
  /** Only with `closed`. */
  readonly end?: DriftEnd;
  /** The operation that ended it, only with `synced`; absent where Git's change did, and from agents that don't tell it. */
  readonly operation?: string;
}
