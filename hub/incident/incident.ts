import type { IncidentSubject, Severity, Trigger } from '../../core/incident.ts';

/** Something that people may want to be alerted to, as it is at one moment. */
export interface Condition {
  /** Trigger and subject: one incident at a time has it. */
  readonly key: string;
  readonly trigger: Trigger;
  readonly subject: IncidentSubject;
  /** What is the matter, in the words that CLI and UI have for it. */
  readonly summary: string;
  /** What it is about apart from ages: another detail is worth another summary. */
  readonly detail: string;
  /** What to do next: a command, or a sentence of whoever holds it back. */
  readonly nextStep: string;
  /** How long it must hold before anybody is told, where a Notification doesn't say it, ms. */
  readonly waitMs: number;
  /** Where a Notification doesn't say it. */
  readonly severity: Severity;
  /** When it began, ISO 8601, where that is known better than by having noticed it. */
  readonly since?: string;
}

/** What the facts say of one key. */
export type Verdict =
  | { readonly type: 'holds'; readonly condition: Condition }
  /** It held and was over before anybody looked. */
  | { readonly type: 'passed'; readonly condition: Condition }
  | { readonly type: 'absent'; readonly key: string }
  /** Nobody can tell now: what was known goes on to count, and nothing new does. */
  | { readonly type: 'unknown'; readonly key: string };

/** One receiver of one Notification that is told of an incident. */
export interface Route {
  readonly notification: string;
  readonly receiver: string;
  readonly severity: Severity;
  /** Set once the Notification doesn't ask for it any more; told as resolved. ISO 8601. */
  readonly endedAt?: string;
}

/** A condition that a Notification asks about, from its first moment to its end. */
export interface Incident {
  /** Of this occurrence: the key's next one has another. Receivers tell incidents apart by it. */
  readonly id: string;
  readonly key: string;
  /** `pending`: it holds, but nobody was to be told yet. */
  readonly state: 'pending' | 'open' | 'resolved';
  /** As it was last seen. */
  readonly condition: Condition;
  /** When it began, ISO 8601, by the hub's clock. */
  readonly since: string;
  readonly resolvedAt?: string;
  /** Set while a flapping one doesn't hold: it ends if that lasts. ISO 8601. */
  readonly clearedAt?: string;
  /** When its key opened within the last hour, oldest first, this time included. ISO 8601. */
  readonly openings: readonly string[];
  /** Those that were told, in the order in which they were. */
  readonly routes: readonly Route[];
}

/** What a receiver is to believe of an incident. */
export type AlertState = 'firing' | 'resolved';

/** What one receiver is to be told next of an incident; it replaces what it was to be told before. */
export interface Telling {
  readonly incident: string;
  readonly notification: string;
  readonly receiver: string;
  readonly state: AlertState;
}
