import type { Digest } from '../../core/digest.ts';
import type { Head } from '../../core/head.ts';
import type { Hold } from '../../core/hold.ts';
import type { Operation } from '../../core/operation.ts';
import type { QueryRequest } from '../../core/query.ts';
import type { AgentMessage, AnswerPart, Epoch, HubMessage, NumberedReport } from '../../core/session.ts';

/**
 * The hub's end of one agent's stream, as data. It owns no socket, no clock and no store: `stepHubSession` takes an
 * event and answers the next state with what is to be done.
 *
 * What goes to an agent is a level, not a queue: the state says what the agent was sent last and whether something
 * newer exists. However many generations pass while a message is on its way, the agent gets the newest, and a slow
 * agent costs the hub no memory.
 */
export interface HubSession {
  /** What doesn't change while the stream is open. */
  readonly facts: HubSessionFacts;
  readonly phase: 'greeting' | 'admitting' | 'open' | 'closed';
  /** '' until the agent has greeted. */
  readonly agentVersion: string;
  /** The version of the protocol that both speak. */
  readonly protocol: number;
  /** What is in force at the agent, by its own word. */
  readonly inForce: { readonly generation: number; readonly root: Digest };
  /** The head that the agent has once it has read everything; the next change starts from it. */
  readonly sent: Head | undefined;
  /** Messages were sent that the transport has not taken yet, or a read of the store runs; nothing else is sent. */
  readonly busy: boolean;
  /** A newer head may exist than the one that was sent. */
  readonly stale: boolean;
  /** What the agent asked for and was not sent yet, in its order. */
  readonly wanted: readonly Digest[];
  /** How many blobs are read at once, so that a batch is about `targetBatchBytes`. */
  readonly batchSize: number;
  /** Operations sent on this stream. Others that have no result are sent again after a reconnect; the agent knows them by id. */
  readonly sentOperations: ReadonlySet<string>;
  /** Operations whose cancellation was sent on this stream. One that was never sent itself is never sent any more. */
  readonly sentCancellations: ReadonlySet<string>;
  /** Queries that have no whole answer yet, with the bytes that came and were not taken. */
  readonly queries: ReadonlyMap<string, number>;
}

export interface HubSessionFacts {
  /** The common name of the certificate that the agent proved to have; '' where it proved none. */
  readonly certificateName: string;
  /** SHA-256 of that certificate, hexadecimal. */
  readonly certificateFingerprint: string;
  readonly hubVersion: string;
  readonly epochs: readonly Epoch[];
  readonly digestKey: Uint8Array;
}

export type HubSessionEvent =
  | { readonly type: 'message'; readonly message: AgentMessage }
  /** Answers `read-agent`. */
  | {
      readonly type: 'agent-read';
      /** Of the certificate that was enrolled last for this cluster; absent where none was. */
      readonly enrolledFingerprint: string | undefined;
      /** Whether the cluster has left the fleet since. */
      readonly isDecommissioned: boolean;
      readonly acknowledged: number;
      readonly head: Head;
    }
  /** There may be a newer head. */
  | { readonly type: 'head-changed' }
  | { readonly type: 'head-read'; readonly head: Head }
  | {
      readonly type: 'blobs-read';
      readonly blobs: ReadonlyMap<Digest, Uint8Array>;
      /** Digests that the store doesn't have. */
      readonly absent: readonly Digest[];
    }
  | { readonly type: 'reports-saved'; readonly acknowledged: number }
  /** There may be operations without a result. */
  | { readonly type: 'operations-changed' }
  | { readonly type: 'operations-read'; readonly operations: readonly Operation[] }
  /** A hold began, or ended before its time. */
  | { readonly type: 'holds-changed' }
  | { readonly type: 'holds-read'; readonly holds: readonly Hold[] }
  | { readonly type: 'query'; readonly id: string; readonly request: QueryRequest }
  | { readonly type: 'answer-taken'; readonly id: string; readonly bytes: number }
  /** Who asked wants no more. */
  | { readonly type: 'query-end'; readonly id: string }
  /** The transport has taken what was sent before the last `await-drain`. */
  | { readonly type: 'drained' }
  /** The cluster has left the fleet. */
  | { readonly type: 'dismissed' }
  /** A newer stream of the same cluster was admitted. */
  | { readonly type: 'replaced' }
  /** The agent sent what the protocol doesn't allow, or the store failed. */
  | { readonly type: 'failed'; readonly code: 'broken' | 'unavailable'; readonly message: string };

export type HubSessionEffect =
  | { readonly type: 'send'; readonly message: HubMessage }
  /** Answer `drained` once the transport has taken everything sent so far. */
  | { readonly type: 'await-drain' }
  | { readonly type: 'read-agent'; readonly cluster: string }
  | { readonly type: 'read-head' }
  | { readonly type: 'read-blobs'; readonly digests: readonly Digest[] }
  | { readonly type: 'read-operations' }
  | { readonly type: 'read-holds' }
  | { readonly type: 'save-reports'; readonly reports: readonly NumberedReport[] }
  | { readonly type: 'save-contact'; readonly agentVersion: string; readonly generation: number }
  /** For who asked. An `end` or `error` is the last; a stream that ends before it is told to them by the stream's owner. */
  | { readonly type: 'answer'; readonly id: string; readonly part: AnswerPart }
  /** The agent is who it says and was welcomed: an older stream of the same cluster ends. */
  | { readonly type: 'admit' }
  /** For the hub's log: something that should not be. */
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'close' };

export interface HubStep {
  readonly state: HubSession;
  readonly effects: readonly HubSessionEffect[];
}

/** A session whose agent has not spoken yet. */
export function openHubSession(facts: HubSessionFacts): HubSession {
  return {
    facts,
    phase: 'greeting',
    agentVersion: '',
    protocol: 0,
    inForce: { generation: 0, root: '' },
    sent: undefined,
    busy: false,
    stale: false,
    wanted: [],
    batchSize: 16,
    sentOperations: new Set(),
    sentCancellations: new Set(),
    queries: new Map(),
  };
}
