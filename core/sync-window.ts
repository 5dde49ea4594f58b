/**
 * A time in which an application may (`allow`) or must not (`deny`) be written to, of its project. It travels with the
 * desired state, and the agent decides by its own clock, also while the hub is away.
 */
export interface SyncWindow {
  readonly kind: 'allow' | 'deny';
  /** When it opens: five fields of cron (minute, hour, day, month, weekday). */
  readonly schedule: string;
  readonly durationMs: number;
  /** IANA zone of the schedule. */
  readonly timeZone: string;
  /** Whether a person may sync against it. */
  readonly manualSync: boolean;
  /** Whether a sync that had begun goes on when it may no longer begin (Argo CD's `syncOverrun`). */
  readonly syncOverrun?: true;
  readonly description?: string;
}
