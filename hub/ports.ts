import type { Commit } from '../core/commit.ts';
import type { Digest } from '../core/digest.ts';
import type { Drift, DriftEnd, DriftEvent } from '../core/drift.ts';
import type { Gate } from '../core/gate.ts';
import type { Head } from '../core/head.ts';
import type { Manifest } from '../core/kube-object.ts';
import type { Mode } from '../core/mode.ts';
import type { DecommissionRequest, NewOperation, Operation, OperationFilter } from '../core/operation.ts';
import type { Location, Problem } from '../core/problem.ts';
import type { ClusterCapabilities, ClusterStatus, Epoch, NumberedReport } from '../core/session.ts';
import type { ApplicationStatus } from '../core/status.ts';
import type { Catalog, CatalogFile } from './catalog/catalog.ts';
import type { ApplicationInfo, Signer, SourceTool } from './catalog/documents.ts';
import type { RemoteLook } from './credentials/describe-test.ts';
import type {
  Attempt,
  IncidentFilter,
  IncidentUpdate,
  ReceiverName,
  StoredIncident,
} from './incident/outbox.ts';
import type { BranchRequest, WrittenBranch } from './promotion/branch.ts';
import type { HistoryRecord } from './promotion/history.ts';
import type { PromotionRequest } from './promotion/promotion.ts';
import type { Proposal } from './promotion/proposal.ts';
import type { OpenedPullRequest, PullRequest } from './promotion/pull-request.ts';
import type { RollbackRequest } from './promotion/rollback.ts';
import type { SourceCommit } from './promotion/source-commit.ts';
import type { SignatureVerdict } from './resolve/signature-rule.ts';
import type { DecommissionStore } from './session/decommission-store.ts';
import type { HoldStore } from './session/hold-store.ts';
import type { OrphanStore } from './session/orphan-store.ts';

export type { Commit, SourceCommit };

/**
 * What the hub's shell needs of the outside. Every port is asynchronous, so that an implementation may live in a
 * worker, another process or a database server.
 *
 * Longer than 400 lines because the ports share their words, and are read together.
 */

// ── Git ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface TreeEntry {
  readonly type: 'blob' | 'executable' | 'symlink' | 'tree' | 'submodule';
  /** Git's object id: equal ids mean equal content. */
  readonly oid: string;
}

/** Everything in one commit, by path relative to the root without a leading slash; the root itself is ''. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** A revision of a repository that was found, or why it was not. */
export type Revision =
  /** `tag`: what a range of versions came to. */
  | { readonly type: 'found'; readonly commit: Commit; readonly tag?: string }
  | {
      readonly type: 'missing';
      readonly message: string;
      readonly remedy?: string;
      /** The field of a source that has to be looked at; absent: `targetRevision`. */
      readonly field?: 'repoURL' | 'chart' | 'targetRevision';
    };

export interface GitPort {
  /**
   * Brings the local copy of a repository up to date with one fetch and says what each revision (branch, tag,
   * full commit id, `HEAD`, or a range of versions as `gitRevision` writes it) is now. Throws AppError `unavailable` (no answer), `unauthenticated`, `denied` or
   * `not-found` (no such repository), with the URL without credentials as subject.
   */
  fetch(
    url: string,
    revisions: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Revision>>;
  /** The whole tree of a fetched commit. Its cost follows what changed since the last tree of this repository. */
  readTree(url: string, commit: string): Promise<Tree>;
  /** A fetched commit as Git stores it, its signature included. Throws AppError `not-found`. */
  readCommit(url: string, commit: string): Promise<Uint8Array>;
  /** Contents by object id, but for those of more than 16 MiB. Throws AppError `not-found` naming the first id that is absent. */
  readBlobs(url: string, oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * Pushes one commit as a branch, whole or not at all. A branch of this name that holds another commit of Fairlead's
   * is replaced; one that holds anything else is left alone. Throws AppError `conflict` (the base has moved, or the
   * branch holds what others wrote), `denied` (protected branch, hook, no right to write), `unauthenticated`,
   * `not-found`, `unavailable` (no answer, or half of one: ask again and get `exists` where the push had gone through)
   * or `invalid` (a path that no repository can hold).
   */
  writeBranch(url: string, request: BranchRequest, signal?: AbortSignal): Promise<WrittenBranch>;
  /** Asks a server what HEAD is; fetches and keeps nothing. Throws AppError as `fetch` does. */
  look(url: string, signal?: AbortSignal): Promise<RemoteLook>;
  close(): Promise<void>;
}

// ── Signatures ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SignaturePort {
  /** Whose signature a commit carries, of those that are known. A program that is missing is a verdict of its own. */
  verify(commit: Uint8Array, signers: readonly Signer[]): Promise<SignatureVerdict>;
}

// ── Git hosts ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface HostPort {
  /**
   * Opens a pull (or merge) request, or finds the open one of the same branches. Throws AppError `unauthenticated`,
   * `denied` (missing permission), `not-found` (the token doesn't see the repository), `invalid` (the host refuses it)
   * or `unavailable` (no answer, or a rate limit, with the time until when).
   */
  openPullRequest(repoURL: string, request: PullRequest, signal?: AbortSignal): Promise<OpenedPullRequest>;
  /** Where a person compares the branches and opens one; `undefined` where the host's kind isn't known. */
  compareURL(repoURL: string, branches: Pick<PullRequest, 'base' | 'branch'>): string | undefined;
}

// ── Render ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One commit of one repository, as a renderer reads it. */
export interface SourceTree {
  readonly tree: Tree;
  read(oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
}

export interface RenderRequest {
  readonly applicationName: string;
  /** The destination's namespace. */
  readonly namespace: string;
  /** Relative to the repository's root, '' for the root. */
  readonly path: string;
  readonly tool: SourceTool;
  readonly source: SourceTree;
  /** Other sources that value files name as `$NAME/…`, by name; absent: none. */
  readonly refs?: ReadonlyMap<string, SourceTree>;
  /** Of the destination, once its agent has reported them. */
  readonly capabilities: ClusterCapabilities | undefined;
  /** Where the Application names its path, for problems that have no better place. */
  readonly origin: Location;
}

/** What stood at each path of a source that was looked at; `undefined`: nothing. A tree without id: any folder. */
export type SourceReads = ReadonlyMap<string, TreeEntry | undefined>;

/** Ready to render: `key` names everything that the result depends on, so an equal key means an equal result. */
export type PreparedRender =
  | {
      readonly type: 'ready';
      readonly key: Digest;
      /** What `detect` came to. */
      readonly tool: Exclude<SourceTool['type'], 'detect'>;
      /** What was looked at to get here, absent things too: where all of it stands as it stood, so does all of this. */
      readonly reads: SourceReads;
      /** The same of other sources, by the names that value files give them; absent: none. */
      readonly refReads?: ReadonlyMap<string, SourceReads>;
      /** Paths of all files and links that a render reads. */
      files(): readonly string[];
      render(signal?: AbortSignal): Promise<RenderResult>;
    }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] };

export type RenderResult =
  | { readonly type: 'rendered'; readonly manifests: readonly Manifest[] }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] };

export interface RenderPort {
  /** Reads no more than it needs to know the closure of the source; starts no process. */
  prepare(request: RenderRequest): Promise<PreparedRender>;
}

// ── Store ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One of several sources, as its document names it. */
export interface SourceRecord {
  readonly name?: string;
  readonly ref?: string;
  readonly repoURL: string;
  readonly chart?: string;
  readonly targetRevision: string;
  /** Absent where nothing is rendered from it. */
  readonly path?: string;
}

/** What the hub decided about one application, whether or not it may run. */
export interface ApplicationRecord {
  /** `namespace/name`, unique in the fleet. */
  readonly application: string;
  readonly name: string;
  readonly project: string;
  /** '' where its destination names no known cluster. */
  readonly cluster: string;
  readonly environment: string;
  readonly namespace: string;
  readonly mode: Mode;
  readonly owner?: string;
  /** What an operator should know of it, as its document says. */
  readonly note?: string;
  /** What its document tells people: `spec.info`. */
  readonly info?: readonly ApplicationInfo[];
  readonly repoURL: string;
  /** Of a chart, its name in the repository. */
  readonly chart?: string;
  readonly targetRevision: string;
  readonly path: string;
  /** All its sources in their order, where there are several; the fields above are those of the first that renders. */
  readonly sources?: readonly SourceRecord[];
  /** The document's place in the fleet repository. */
  readonly location: Location;
  /** The commit whose content is desired now; absent before the first success. */
  readonly commit?: Commit;
  /** The commit of each repository and revision that is desired now, where there are several sources or a range. */
  readonly sourceCommits?: readonly SourceCommit[];
  /** Of the desired state that is sent; absent where nothing may be sent. */
  readonly digest?: Digest;
  /** Of its objects alone, keyed by the fleet's key: what a cluster gets to see of it. */
  readonly objectsDigest?: Digest;
  /** Of the render that made it. */
  readonly renderKey?: Digest;
  /** Of everything that made it: render, policies, project rules. Equal inputs give equal desired state and gates. */
  readonly inputs?: Digest;
  /** What its rendered objects were refused for, and the inputs that they were rendered from. */
  readonly refusal?: { readonly inputs: Digest; readonly gate: Gate };
  readonly deletesOnRemoval: boolean;
  /** Refusal, frozen, conflict: what the hub holds it back by. */
  readonly gates: readonly Gate[];
  /** What is wrong with its document or its source now. */
  readonly problems: readonly Problem[];
  /** Set once its document is gone and its objects are still being deleted or released. */
  readonly removal?: 'delete' | 'release';
}

/** All that one pass of the hub's loop decided, stored in one transaction. */
export interface Generation {
  readonly fleetCommit: Commit;
  /** Changed or new ones only. */
  readonly files: readonly CatalogFile[];
  /** Paths of files that are gone. */
  readonly removedFiles: readonly string[];
  /** Changed or new ones only. */
  readonly applications: readonly ApplicationRecord[];
  /** Keys of applications that are gone for good. */
  readonly removedApplications: readonly string[];
  /** New heads, only of clusters whose head changed. */
  readonly heads: ReadonlyMap<string, Head>;
  /** Contents that new heads name and the store may lack. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  /** New renders: key → digest of the desired state that holds their manifests, which is among `blobs` or stored. */
  readonly renders: ReadonlyMap<Digest, Digest>;
}

/** What the last pass left, for the next one or for a hub that starts. */
export interface StoredFleet {
  readonly fleetCommit: Commit | undefined;
  readonly files: readonly CatalogFile[];
  readonly applications: readonly ApplicationRecord[];
  readonly heads: ReadonlyMap<string, Head>;
}

/** A member of the fleet as the hub has met it. */
export interface EnrolledCluster {
  readonly cluster: string;
  /** SHA-256 of the agent's certificate, hexadecimal. */
  readonly certificateFingerprint: string;
  /** ISO 8601. */
  readonly enrolledAt: string;
  readonly certificateExpiresAt: string;
  /** When it left the fleet, ISO 8601: the certificate counts no longer. */
  readonly decommissionedAt?: string;
}

/** What an agent reported last, and when the hub heard of it last. */
export interface StoredClusterStatus {
  readonly cluster: string;
  readonly status: ClusterStatus | undefined;
  readonly agentVersion: string | undefined;
  readonly lastSeenAt: string | undefined;
  /** The generation in force there. */
  readonly generation: number;
}

/** A drift with its course. */
export interface StoredDrift {
  readonly cluster: string;
  readonly drift: Drift;
  readonly state: 'open' | 'closed';
  readonly closedAt?: string;
  readonly end?: DriftEnd;
  /** Only where one drift was asked for, oldest first. */
  readonly events?: readonly DriftEvent[];
  /** Events between the first and the second of those that aren't kept any more; absent where all are. */
  readonly droppedEvents?: number;
}

export interface DriftFilter {
  readonly state?: 'open' | 'closed';
  readonly application?: string;
  readonly cluster?: string;
  /** Newest first; 200 where absent, 1,000 at most. */
  readonly limit?: number;
}

/** Incidents and what is to be told of them. */
interface IncidentStore {
  readIncidents(filter: IncidentFilter): Promise<readonly StoredIncident[]>;
  /** In one transaction. */
  saveIncidents(update: IncidentUpdate): Promise<void>;
  /** Drifts that opened since they were last looked at (`IncidentUpdate.news`), as they are now; oldest first. */
  listDriftNews(): Promise<readonly StoredDrift[]>;
  /** Incidents of which a receiver hasn't confirmed the end; oldest first. */
  readOutbox(): Promise<readonly StoredIncident[]>;
  saveAttempt(attempt: Attempt): Promise<void>;
  /** When each receiver confirmed a message last, as far as it is still known. ISO 8601. */
  listLastDeliveries(): Promise<readonly (ReceiverName & { readonly at: string })[]>;
  /** Forgets what a receiver was to be told: it isn't there any more. */
  deleteReceiver(name: ReceiverName): Promise<void>;
  /** Drops what was resolved before a moment, ISO 8601, told or not. */
  collectIncidents(resolvedBefore: string): Promise<void>;
}

export interface StorePort extends IncidentStore, HoldStore, DecommissionStore, OrphanStore {
  /** Bytes of the database. */
  size(): Promise<number>;
  /** Every start of this store, oldest first; opening it appended one. */
  readonly epochs: readonly Epoch[];
  /** The key of the fleet's keyed digests, 32 bytes, made once. */
  readonly digestKey: Uint8Array;

  readFleet(): Promise<StoredFleet>;
  saveGeneration(generation: Generation): Promise<void>;
  /** The desired state that holds the manifests of a render, if its content is still stored. */
  readRender(key: Digest): Promise<Digest | undefined>;
  /** Contents by digest; absent ones are left out. */
  readBlobs(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>>;
  readHead(cluster: string): Promise<Head>;

  /**
   * Commits an agent's reports and answers the highest sequence now committed. Reports at or below the last committed
   * sequence are ignored, so that a repeated batch changes nothing.
   */
  saveReports(cluster: string, reports: readonly NumberedReport[]): Promise<number>;
  readAcknowledged(cluster: string): Promise<number>;
  saveContact(
    cluster: string,
    contact: { agentVersion: string; generation: number; at: string },
  ): Promise<void>;

  /** Stores the hash of a one-time secret. A new token of the same cluster replaces an unused one. */
  createToken(token: { cluster: string; secretDigest: Digest; expiresAt: string }): Promise<void>;
  /** Spends a token and gives its cluster; `undefined` where it's unknown, spent or expired at `now`. */
  spendToken(secretDigest: Digest, now: string): Promise<string | undefined>;
  saveEnrolled(enrolled: EnrolledCluster): Promise<void>;
  readEnrolled(cluster: string): Promise<EnrolledCluster | undefined>;

  createOperation(operation: NewOperation): Promise<Operation>;
  readOperation(id: string): Promise<Operation | undefined>;
  /** Operations of a cluster without a final result, oldest first. */
  readPendingOperations(cluster: string): Promise<readonly Operation[]>;
  listOperations(filter: OperationFilter): Promise<readonly Operation[]>;
  /** Keeps that it is to be ended. `undefined` where it is unknown or has its result. */
  cancelOperation(id: string, cancelledBy: string): Promise<Operation | undefined>;

  listClusterStatus(): Promise<readonly StoredClusterStatus[]>;
  listEnrolled(): Promise<readonly EnrolledCluster[]>;
  listApplications(): Promise<readonly ApplicationRecord[]>;
  readApplication(application: string): Promise<ApplicationRecord | undefined>;
  /** Newest statuses, by application; all of the fleet, or of the ones named. */
  readStatuses(applications?: readonly string[]): Promise<ReadonlyMap<string, ApplicationStatus>>;
  /** Applications that an agent said it has deleted or released, as their tombstone asked. */
  listFinishedRemovals(): Promise<readonly { readonly cluster: string; readonly application: string }[]>;
  /** What an application was told to run, newest first; at most its newest 100. It goes with the application. */
  listHistory(application: string): Promise<readonly HistoryRecord[]>;
  listDrifts(filter: DriftFilter): Promise<readonly StoredDrift[]>;
  /** By id or by an unambiguous beginning of it of at least 6 characters. */
  readDrift(id: string): Promise<StoredDrift | undefined>;
  close(): Promise<void>;
}

// ── Control ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A stream that is open now. */
export interface Connection {
  readonly cluster: string;
  readonly agentVersion: string;
  /** ISO 8601. */
  readonly since: string;
  /** The generation in force at the agent. */
  readonly generation: number;
}

/** What `cluster enroll` gives: everything that an agent needs for its first contact. */
export interface Enrollment {
  readonly cluster: string;
  /** One string to hand over: addresses, the CA's fingerprint and the one-time secret. */
  readonly token: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** How the fleet repository and the sources were read last. */
export interface SourceState {
  readonly url: string;
  /** What was resolved last, by revision. */
  readonly commits: Readonly<Record<string, string>>;
  /** ISO 8601; absent before the first success. */
  readonly fetchedAt?: string;
  /** Why the last fetch failed; absent when it didn't. */
  readonly problem?: string;
}

/** Something that changed, for live views. */
export type HubEvent =
  | { readonly type: 'generation'; readonly commit: string; readonly clusters: readonly string[] }
  | { readonly type: 'application'; readonly application: string }
  | { readonly type: 'drift'; readonly id: string; readonly application: string }
  | { readonly type: 'cluster'; readonly cluster: string }
  | { readonly type: 'operation'; readonly id: string };

/** What the API may ask of the running hub, apart from what the store knows. */
export interface ControlPort {
  /** Asks for a pass over a repository, or over all; answers once it's asked for, not once it's done. */
  refresh(repoURL?: string): void;
  connections(): ReadonlyMap<string, Connection>;
  /** Throws AppError `not-found` where no Cluster document has this name. */
  enroll(cluster: string): Promise<Enrollment>;
  /** Stores an operation and sends it when its agent is connected. */
  submit(operation: NewOperation): Promise<Operation>;
  /** A cluster is to leave the fleet. Throws AppError `not-found`, or `conflict` where it is leaving already. */
  decommission(cluster: string, objects: DecommissionRequest['objects'], by: string): Promise<Operation>;
  /** Tells a cluster's agent which holds run now. */
  publishHolds(cluster: string): void;
  /** Asks its agent to end it, now or when it connects. Throws AppError `not-found`, or `conflict` where it has ended. */
  cancel(id: string, cancelledBy: string): Promise<Operation>;
  /**
   * Proposes that one environment runs what another one runs. Throws AppError that says what holds it back; nothing is
   * written then.
   */
  promote(request: PromotionRequest, signal?: AbortSignal): Promise<Proposal>;
  /**
   * Proposes that an application's files are again what they were at an earlier entry of its history. Throws AppError
   * that says what holds it back; nothing is written then.
   */
  rollback(application: string, request: RollbackRequest, signal?: AbortSignal): Promise<Proposal>;
  /** What is wrong with the fleet's documents now, whole. */
  problems(): readonly Problem[];
  /** Documents of the last catalog that the store doesn't keep apart. */
  catalog(): Catalog | undefined;
  sources(): readonly SourceState[];
  /** The commit of the last pass that ended, and when (ISO 8601). */
  lastPass(): { readonly commit: Commit; readonly at: string } | undefined;
  subscribe(listener: (event: HubEvent) => void): () => void;
}
