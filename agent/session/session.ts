import type { Digest } from '../../core/digest.ts';
import type { Head } from '../../core/head.ts';
import type { Hold } from '../../core/hold.ts';
import type { OperationRequest } from '../../core/operation.ts';
import type { QueryRequest } from '../../core/query.ts';
import type { AgentMessage, AnswerPart, Epoch, HubMessage } from '../../core/session.ts';
import type { StoredDesired } from '../ports.ts';

/**
 * The agent's end of the stream to its hub, as data. It owns no socket, no clock and no disk: `stepAgentSession`
 * takes an event and answers the next state with what is to be done. One state lives as long as the process; streams
 * come and go within it.
 *
 * A generation is in force only once its head is complete and every content that it names was verified and stored.
 */
export interface AgentSession {
  readonly facts: { readonly cluster: string; readonly agentVersion: string };
  readonly link: 'down' | 'greeting' | 'open' | 'refused';
  /** What is on disk. */
  readonly stored: StoredDesired | undefined;
  /** Contents that are on disk and whole: those of `stored`, less damaged ones. */
  readonly present: ReadonlySet<Digest>;
  /** The generation that the engine was told of; 0 for none. */
  readonly inForce: number;
  /** The newest epoch of a hub that was accepted. */
  readonly epoch: Epoch | undefined;
  readonly digestKey: Uint8Array | undefined;
  /** The head that the hub sent last on this stream; its next change starts from here. */
  readonly target: Head | undefined;
  /** The whole head was asked for, so changes that can't be folded meanwhile are no news. */
  readonly wholeAsked: boolean;
  /** Verified contents that are not stored yet. They outlive a stream. */
  readonly received: ReadonlyMap<Digest, Uint8Array>;
  /** As `received`, of the current request: kept apart so that a content costs no copy of all. */
  readonly batch: ReadonlyMap<Digest, Uint8Array>;
  /** Asked for on this stream and not come yet. */
  readonly asked: ReadonlySet<Digest>;
  /** Being stored. */
  readonly storing: StoredDesired | undefined;
  readonly problems: SessionProblems;
  readonly reports: ReportWindow;
  /** Operations that this process was given, newest last; the hub sends them again after a reconnect. */
  readonly operations: ReadonlySet<string>;
  /** Queries of this stream that have no whole answer yet. */
  readonly queries: ReadonlySet<string>;
}

/** What is wrong now, in sentences. */
export interface SessionProblems {
  /** Why there is no stream. */
  readonly link?: string;
  /** Why nothing is accepted from this hub: its history isn't the one that we know. */
  readonly history?: string;
  /** Why a complete generation could not be stored, or the stored one not be read. */
  readonly storage?: string;
}

/** Reports that were sent on this stream and are not acknowledged. */
export interface ReportWindow {
  readonly sentThrough: number;
  readonly inFlight: readonly SentReports[];
  /** A `send-reports` has not been answered yet. */
  readonly sending: boolean;
}

export interface SentReports {
  /** Of the last of them. */
  readonly through: number;
  readonly count: number;
  readonly bytes: number;
}

/** What the rest of the agent may know of the hub. */
export interface HubState {
  readonly connected: boolean;
  readonly problems: readonly string[];
}

export type AgentSessionEvent =
  /** What the disk had. Comes once, before anything else. */
  | {
      readonly type: 'started';
      readonly stored: StoredDesired | undefined;
      readonly present: ReadonlySet<Digest>;
    }
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly reason: string }
  | { readonly type: 'message'; readonly message: HubMessage }
  /** The hub sent what the protocol doesn't allow. */
  | { readonly type: 'broken'; readonly message: string }
  /** Answers `put-in-force`: it's on disk and the engine knows. */
  | { readonly type: 'stored' }
  | { readonly type: 'store-failed'; readonly message: string }
  /** Some time after a `retry-later`. */
  | { readonly type: 'retry' }
  | { readonly type: 'reports-added' }
  /** Answers `send-reports`; a count of 0 where there was nothing to send. */
  | { readonly type: 'reports-sent'; readonly sent: SentReports }
  /** A part of the answer to a query, as far as its window goes. */
  | { readonly type: 'answered'; readonly id: string; readonly part: AnswerPart };

export type AgentSessionEffect =
  | { readonly type: 'send'; readonly message: AgentMessage }
  /** Tell the engine of what is on disk already. */
  | { readonly type: 'resume'; readonly desired: StoredDesired }
  /** Store it with these contents, then tell the engine; answer `stored` or `store-failed`. */
  | {
      readonly type: 'put-in-force';
      readonly desired: StoredDesired;
      readonly blobs: ReadonlyMap<Digest, Uint8Array>;
    }
  /** Store it; contents and engine stay as they are. */
  | { readonly type: 'save-epoch'; readonly desired: StoredDesired }
  | { readonly type: 'retry-later' }
  | { readonly type: 'acknowledge'; readonly sequence: number }
  /** Send reports after a number, no more than fit; at least one where nothing is in flight. */
  | {
      readonly type: 'send-reports';
      readonly after: number;
      readonly maxCount: number;
      readonly maxBytes: number;
    }
  | {
      readonly type: 'operation';
      readonly id: string;
      readonly application: string;
      readonly request: OperationRequest;
      readonly requestedBy: string;
    }
  /** Every hold of the hub that runs now. */
  | { readonly type: 'holds'; readonly holds: readonly Hold[] }
  /** May come again, and for an operation that never came. */
  | { readonly type: 'cancel'; readonly id: string }
  /** Answer it by `answered`, up to an `end` or an `error`. */
  | { readonly type: 'query'; readonly id: string; readonly request: QueryRequest }
  | { readonly type: 'query-more'; readonly id: string; readonly bytes: number }
  /** Nobody waits for its answer any more. */
  | { readonly type: 'query-end'; readonly id: string }
  | { readonly type: 'hub-state'; readonly state: HubState }
  /** The cluster has left the fleet. Comes again whenever the hub is asked. */
  | { readonly type: 'dismissed' }
  /** End the stream; `disconnected` follows. */
  | { readonly type: 'close' };

/** A session before it knows what the disk holds. */
export function openAgentSession(facts: AgentSession['facts']): AgentSession {
  return {
    facts,
    link: 'down',
    stored: undefined,
    present: new Set(),
    inForce: 0,
    epoch: undefined,
    digestKey: undefined,
    target: undefined,
    wholeAsked: false,
    received: new Map(),
    batch: new Map(),
    asked: new Set(),
    storing: undefined,
    problems: {},
    reports: { sentThrough: 0, inFlight: [], sending: false },
    operations: new Set(),
    queries: new Set(),
  };
}

/** The same in the words of the rest of the agent. */
export function hubStateOf(session: AgentSession): HubState {
  const { link, history, storage } = session.problems;
  const problems = [link, history, storage].filter((problem) => problem !== undefined);
  return { connected: session.link === 'open', problems };
}
