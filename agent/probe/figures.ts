import type { SyncStatus } from '../../core/status.ts';

/** What an agent tells of itself at one moment. */
export interface AgentFigures {
  /** Why it doesn't keep its cluster yet, in a sentence; `undefined` once it does. */
  readonly unready: string | undefined;
  readonly hubConnected: boolean;
  /** Milliseconds since 1970 at which the stream to the hub was last known to be up; `undefined` before the first. */
  readonly lastContactMs: number | undefined;
  /** The generation in force; 0 for none. */
  readonly generation: number;
  readonly applications: Readonly<Record<SyncStatus, number>>;
  readonly openDrifts: number;
  /** Reports that the hub has not acknowledged. */
  readonly unsentReports: number;
}
