import type { ReceiverTarget } from '../catalog/documents.ts';
import type { ReceiverName } from './outbox.ts';

/** How things stand with one receiver. Times are ISO 8601. */
export interface ReceiverState extends ReceiverName {
  readonly type: ReceiverTarget['type'];
  /** Incidents that it has still to hear of. */
  readonly pending: number;
  /** Since when the oldest of them waits. */
  readonly pendingSince?: string;
  /** When it confirmed a message last. */
  readonly lastDeliveredAt?: string;
  /** Why the last try failed; absent after a success. */
  readonly lastError?: string;
  readonly nextAttemptAt?: string;
}

/** What became of a test message at one receiver. */
export interface TestResult extends ReceiverName {
  readonly type: ReceiverTarget['type'];
  readonly delivered: boolean;
  /** Why not. */
  readonly why?: string;
}
