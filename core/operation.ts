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
  /** Compare by dry-run; `changes` come back in the result, nothing is written. */
  | { readonly type: 'diff' };

/** Argo CD's words, and `Pending` until the agent took it. */
export type OperationPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export function isFinal(phase: OperationPhase): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
