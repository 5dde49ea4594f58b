import type { Digest } from './digest.ts';
import type { DriftEvent } from './drift.ts';
import type { Guard } from './guard.ts';
import type { HeadChange } from './head.ts';
import type { ActiveHold, Hold } from './hold.ts';
import type { OperationPhase, OperationRequest } from './operation.ts';
import type { OrphanFinds } from './orphans.ts';
import type { QueryFailure, QueryRequest } from './query.ts';
import type { ApplicationStatus } from './status.ts';

/**
 * The session between a hub and an agent, as data. `proto/codec` writes these to the wire and reads them from it;
 * nothing else sees the wire's own types.
 */

/** The oldest and newest session protocol that this build speaks. 1: 2026-11, first. 2: holds. 3: queries. */
export const supportedProtocol: ProtocolRange = { min: 1, max: 3 };

/** The first protocol in which an agent answers queries. */
export const queryProtocol = 3;

export interface ProtocolRange {
  readonly min: number;
  readonly max: number;
}

/** One start of a hub's store. The list only grows; a store that was restored or copied shows another one. */
export interface Epoch {
  readonly counter: number;
  readonly nonce: string;
}

/** What rendering and rules may need to know of a cluster. */
export interface ClusterCapabilities {
  /** Such as `v1.37.2`. */
  readonly kubernetesVersion: string;
  /** `group/version` and `group/version/Kind`, as Helm's `.Capabilities.APIVersions` has them. */
  readonly apiVersions: readonly string[];
  /** `group/Kind` of everything without a namespace. */
  readonly clusterScopedKinds: readonly string[];
}

/** A report has a number of its own agent's, growing, with gaps where a newer report replaced an older one; the hub acknowledges after its commit. */
export interface NumberedReport {
  readonly sequence: number;
  readonly report: Report;
}

export type Report =
  | { readonly type: 'application'; readonly status: ApplicationStatus }
  | { readonly type: 'drift'; readonly event: DriftEvent }
  | { readonly type: 'operation'; readonly result: OperationResult }
  | { readonly type: 'cluster'; readonly status: ClusterStatus }
  /** Only where a project asks: hubs that don't know it never ask. */
  | { readonly type: 'orphans'; readonly finds: OrphanFinds };

export interface OperationResult {
  readonly id: string;
  readonly phase: OperationPhase;
  /** A sentence, or for a `diff` its JSON result. */
  readonly message: string;
  /** ISO 8601, the agent's clock. */
  readonly at: string;
}

/** What an agent says of itself and its cluster. */
export interface ClusterStatus {
  readonly capabilities: ClusterCapabilities;
  /** What it can't do at the moment, in sentences: a kind it may not list, an API that doesn't answer, a full disk. */
  readonly problems: readonly string[];
  /** The generation whose desired state is in force. */
  readonly generation: number;
  /** What it was installed for; absent from agents before 0.2. */
  readonly guard?: Guard;
  /** Holds that it keeps to now; absent from agents that know none. */
  readonly holds?: readonly ActiveHold[];
}

export type AgentMessage =
  | {
      readonly type: 'hello';
      readonly agentVersion: string;
      readonly protocol: ProtocolRange;
      readonly cluster: string;
      /** The newest epoch that it has met; absent on its first contact. */
      readonly epoch?: Epoch;
      readonly generation: number;
      readonly root: Digest;
    }
  /** The digests that it lacks, of the head it was sent last. */
  | { readonly type: 'want'; readonly digests: readonly Digest[] }
  /** Its head can't be reached by changes: send the whole. */
  | { readonly type: 'want-head' }
  /** The generation is complete, verified, stored and in force. */
  | { readonly type: 'in-force'; readonly generation: number; readonly root: Digest }
  | { readonly type: 'report'; readonly reports: readonly NumberedReport[] }
  /** A part of the answer to a query. Only while that is open, and never more than its window. Since protocol 3. */
  | { readonly type: 'answer'; readonly id: string; readonly part: AnswerPart };

export type AnswerPart =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  /** The answer is whole. */
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly failure: QueryFailure };

export type HubMessage =
  | {
      readonly type: 'welcome';
      readonly hubVersion: string;
      /** The version that both sides speak from here on. */
      readonly protocol: number;
      /** Every epoch of the hub's store, oldest first. */
      readonly epochs: readonly Epoch[];
      /** The key of the fleet's keyed digests, 32 bytes. */
      readonly digestKey: Uint8Array;
      /** The newest report of this agent that the hub has committed; 0 for none. */
      readonly acknowledged: number;
    }
  /** The session ends after this. */
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  | { readonly type: 'head'; readonly change: HeadChange }
  | { readonly type: 'blob'; readonly digest: Digest; readonly bytes: Uint8Array }
  | { readonly type: 'acknowledged'; readonly sequence: number }
  | {
      readonly type: 'operation';
      readonly id: string;
      readonly application: string;
      readonly request: OperationRequest;
      readonly requestedBy: string;
    }
  | { readonly type: 'cancel'; readonly id: string }
  /** Every hold of the cluster that runs now: the newest list replaces all before it. Since protocol 2. */
  | { readonly type: 'holds'; readonly holds: readonly Hold[] }
  /** Somebody wants to see something now. Never sent again: it ends with its stream. `request` is absent where only a newer agent knows it. Since protocol 3. */
  | { readonly type: 'query'; readonly id: string; readonly request?: QueryRequest }
  /** So many bytes more of an answer were taken by who asked. */
  | { readonly type: 'query-more'; readonly id: string; readonly bytes: number }
  /** Nobody wants the rest of the answer. */
  | { readonly type: 'query-end'; readonly id: string };
