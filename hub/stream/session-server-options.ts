import type { Log } from '../../core/log.ts';
import type { NumberedReport } from '../../core/session.ts';
import type { StorePort } from '../ports.ts';

/** What the session server needs of the store. */
export type SessionStore = Pick<
  StorePort,
  | 'epochs'
  | 'digestKey'
  | 'readHead'
  | 'readBlobs'
  | 'readAcknowledged'
  | 'saveReports'
  | 'saveContact'
  | 'readPendingOperations'
  | 'readRunningHolds'
  | 'spendToken'
  | 'saveEnrolled'
  | 'readEnrolled'
>;

/** The hub's certificates, as its identity gives them. */
export interface ServerIdentity {
  /** PEM of the CA's certificate. */
  readonly authority: string;
  server(): { readonly chain: string; readonly key: string };
  onRenewed(listener: (certificate: { readonly chain: string; readonly key: string }) => void): void;
  signAgent(
    requestDer: Uint8Array,
    cluster: string,
  ): Promise<{ readonly pem: string; readonly fingerprint: string; readonly expiresAt: string }>;
}

/** What happened on the streams, after it was stored. */
export type SessionServerEvent =
  | { readonly type: 'enrolled'; readonly cluster: string }
  | { readonly type: 'connected'; readonly cluster: string }
  | { readonly type: 'disconnected'; readonly cluster: string }
  /** An agent said which generation is in force. */
  | { readonly type: 'contact'; readonly cluster: string; readonly generation: number }
  | { readonly type: 'reports'; readonly cluster: string; readonly reports: readonly NumberedReport[] };

export interface SessionServerOptions {
  /** One port for sessions and enrolments; 0 for any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly hubVersion: string;
  readonly identity: ServerIdentity;
  readonly store: SessionStore;
  readonly clock: { now(): Date };
  readonly log: Log;
  readonly onEvent: (event: SessionServerEvent) => void;
}
