import type { DriftField, DriftKind } from './drift.ts';
import { canonicalJson, isJsonArray, type Json, jsonAt, parseJson } from './json.ts';
import type { ObjectRef } from './object-ref.ts';

/** Something a person asked for. Stored with an id until it has a final result. */
export interface Operation {
  readonly id: string;
  readonly application: string;
  readonly cluster: string;
  readonly request: OperationRequest;
  /** Who asked, as the API knows them. */
  readonly requestedBy: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  readonly phase: OperationPhase;
  /** A sentence; the result once the phase is final. */
  readonly message: string;
  readonly finishedAt?: string;
}

export type OperationRequest =
  /** Apply everything of the application that differs from Git, drift included, whatever its mode. */
  | { readonly type: 'sync' }
  /** Compare by dry-run; a `DiffResult` comes back in the message, nothing is written. */
  | { readonly type: 'diff' };

/** Argo CD's words, and `Pending` until the agent took it. */
export type OperationPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export function isFinal(phase: OperationPhase): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** What a `diff` found, as the JSON message of an operation that succeeded. */
export interface DiffResult {
  /** What a sync would change; empty where the cluster is as Git says. */
  readonly changes: readonly DiffChange[];
}

export interface DiffChange {
  readonly ref: ObjectRef;
  readonly kind: DriftKind;
  readonly fields: readonly DriftField[];
}

export function encodeDiff(result: DiffResult): string {
  return canonicalJson(result as unknown as Json);
}

/** Reads what `encodeDiff` wrote; `undefined` where a message is a sentence instead. */
export function decodeDiff(message: string): DiffResult | undefined {
  if (!message.startsWith('{')) return undefined;
  try {
    const value = parseJson(message);
    return isJsonArray(jsonAt(value, 'changes')) ? (value as unknown as DiffResult) : undefined;
  } catch {
    return undefined;
  }
}
