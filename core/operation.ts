import type { HookPhase } from './attempt.ts';
import type { Drift, DriftField, DriftKind } from './drift.ts';
import { canonicalJson, type Json, parseJson } from './json.ts';
import type { ObjectRef } from './object-ref.ts';

/** Something a person asked for. Stored with an id until it has a final result. */
export interface Operation {
  readonly id: string;
  /** '' where it is about a whole cluster. */
  readonly application: string;
  readonly cluster: string;
  readonly request: OperationRequest | DecommissionRequest;
  /** Who asked, as the API knows them. */
  readonly requestedBy: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  readonly phase: OperationPhase;
  /** A sentence; the result once the phase is final. */
  readonly message: string;
  readonly finishedAt?: string;
  /** Who asked that it be ended; it has its final result once its agent has ended it. */
  readonly cancelledBy?: string;
}

export type NewOperation = Pick<Operation, 'application' | 'cluster' | 'request' | 'requestedBy'>;

/** Newest first, at most `limit`. */
export interface OperationFilter {
  readonly state: 'open' | 'all';
  readonly application?: string;
  readonly cluster?: string;
  readonly limit: number;
}

/** What an agent carries out. */
export type OperationRequest =
  /** Apply everything of the application that differs from Git, drift included, whatever its mode. */
  | { readonly type: 'sync' }
  /** Compare by dry-run; the changes come back in the message (`decodeDiff`), nothing is written. */
  | { readonly type: 'diff' }
  /** Delete exactly the objects that the gate of this id shows, and nothing newer. */
  | { readonly type: 'confirm-prune'; readonly id: string };

/**
 * What the hub carries out: a cluster leaves the fleet. Its objects are deleted, or released, left as they are without our
 * marks; `abandon` ends it without its agent, and leaves on the cluster whatever is there.
 */
export interface DecommissionRequest {
  readonly type: 'decommission';
  readonly objects: 'delete' | 'release' | 'abandon';
}

/** Argo CD's words, and `Pending` until the agent took it. */
export type OperationPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export function isFinal(phase: OperationPhase): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** One field that a sync would change. `desired`: what it has then; absent: it goes. */
export interface DiffField extends DriftField {
  /**
   * Why, where it isn't because Git says so. `mark`: bookkeeping, our label and annotation come, and the note that
   * `kubectl apply` left goes. `leftover`: whoever deployed it before declared it and Git doesn't, so that the first sync
   * takes it away, or back to its default.
   */
  readonly part?: 'mark' | 'leftover';
}

/** One object that a sync would change. What is optional is absent from agents that don't tell it. */
export interface DiffChange {
  readonly ref: ObjectRef;
  readonly kind: DriftKind;
  readonly fields: readonly DiffField[];
  /** `approximate`: the agent may not ask the API server by a dry-run. */
  readonly verdict?: Drift['verdict'];
  /** Only where no sync was before and the object is there: the field managers that it is taken over from. */
  readonly takesOver?: readonly string[];
  /** What stands against it, in a sentence: the API server would refuse it, or it would be made anew. */
  readonly obstacle?: string;
  /** It is a hook that a sync runs, in these phases. */
  readonly hook?: readonly HookPhase[];
}

/** Whether a sync would only note down that the object is ours: what runs is as Git says. */
export function changesNothing({ kind, fields, obstacle, hook }: DiffChange): boolean {
  if (obstacle !== undefined) return false;
  if (hook !== undefined) return true;
  return kind === 'changed' && fields.length > 0 && fields.every(({ part }) => part === 'mark');
}

/** What a `diff` found, as the message of an operation that succeeded; empty where the cluster is as Git says. */
export function encodeDiff(changes: readonly DiffChange[]): string {
  return canonicalJson(changes as unknown as Json);
}

/** Reads what `encodeDiff` wrote; `undefined` where a message is a sentence instead. */
export function decodeDiff(message: string): readonly DiffChange[] | undefined {
  if (!message.startsWith('[')) return undefined;
  try {
    return parseJson(message) as unknown as readonly DiffChange[];
  } catch {
    return undefined;
  }
}
