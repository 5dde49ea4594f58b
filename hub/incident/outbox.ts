import type { IncidentChanges } from './fold-incidents.ts';
import type { AlertState, Incident } from './incident.ts';

/** Names one receiver of the fleet. */
export interface ReceiverName {
  readonly notification: string;
  readonly receiver: string;
}

/**
 * What one receiver is to believe of one incident, and what it has confirmed. A level, not a queue: a newer `wanted`
 * replaces an older one that was never confirmed, so that nobody hears of a firing that is over already, and the
 * resolved message still tells all of it.
 */
export interface Delivery extends ReceiverName {
  readonly incident: string;
  readonly wanted: AlertState;
  /** When that came to be wanted, ISO 8601. */
  readonly wantedAt: string;
  /** What the receiver confirmed last; absent before the first time. */
  readonly told?: AlertState;
  readonly toldAt?: string;
  /** Tries since the last success. */
  readonly attempts: number;
  /** Not before this, ISO 8601. */
  readonly nextAttemptAt?: string;
  /** Why the last try failed; absent after a success. */
  readonly lastError?: string;
}

/** How a try ended, as it is stored. */
export type Attempt = Pick<
  Delivery,
  'incident' | 'notification' | 'receiver' | 'told' | 'toldAt' | 'attempts' | 'nextAttemptAt' | 'lastError'
>;

export interface StoredIncident {
  readonly incident: Incident;
  readonly deliveries: readonly Delivery[];
}

/** Whether its receiver has yet to be told something. */
export function isDue({ wanted, told }: Pick<Delivery, 'wanted' | 'told'>): boolean {
  return wanted !== told;
}

export interface IncidentFilter {
  /** Also those that were resolved after this, ISO 8601; else only those that go on. */
  readonly resolvedAfter?: string;
  /** Newest first; all where absent. */
  readonly limit?: number;
}

export interface IncidentUpdate extends IncidentChanges {
  /** Ids of the drifts that were looked at. */
  readonly news: readonly string[];
}
