import type { HeldApplication } from '../core/desired.ts';
import type { Digest } from '../core/digest.ts';
import type { Head } from '../core/head.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { KubeObject } from '../core/kube-object.ts';
import type { ObjectRef } from '../core/object-ref.ts';
import type { Epoch, NumberedReport, Report } from '../core/session.ts';
import type { WriteFact } from './plan/admission-fact.ts';

/** What the agent's shell needs of the outside. */

// ── Kubernetes ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** One resource at one of the versions that it is served at. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** As in the path: `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Whether its status is written apart from the rest, so that a controller answers for it. */
  readonly hasStatus?: true;
}

/**
 * What a cluster serves. A group whose server did not answer is `unknown`, not absent: nothing of it is missing,
 * nothing of it is pruned.
 */
export interface Discovery {
  readonly kubernetesVersion: string;
  /**
   * Every resource at every served version, so that a manifest can be applied at its own. Of one group and kind, the
   * first is the version that the API server prefers.
   */
  readonly resources: readonly ApiResource[];
  readonly unknownGroups: ReadonlySet<string>;
}

/** An answer of the API server that isn't a success, as data: classified by `agent/plan/classify-error.ts`. */
export interface KubeFailure {
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /**
   * `Status.reason`, such as `Conflict`, `Invalid`; '' where there is none. `NotFound` proves that the named object is
   * not there; a 404 without it is a version or kind that isn't served.
   */
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly { readonly reason: string; readonly field: string; readonly message: string }[];
  readonly retryAfterSeconds?: number;
}

export type KubeResult =
  | { readonly type: 'ok'; readonly object: KubeObject }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

/** One operation of a JSON patch (RFC 6902). */
export type JsonPatchStep =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

/** `Orphan` leaves what the object owns. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export type ListResult =
  | { readonly type: 'ok'; readonly objects: readonly KubeObject[]; readonly resourceVersion: string }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

export type NamesResult =
  /** `namespace/name` of all that is there. */
  | { readonly type: 'ok'; readonly names: ReadonlySet<string> }
  | { readonly type: 'too-many' }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

export interface ScanScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** `metadata`: nothing else of an object comes, where its server knows how. */
  readonly form: 'whole' | 'metadata';
}

export type ScanResult =
  | { readonly type: 'ok' }
  /** Who looked had enough before the end. */
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

export interface PodLogOptions {
  readonly container: string;
  readonly mode: 'now' | 'follow' | 'previous';
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
}

export type PodLogResult =
  /** All of it was read, or the signal ended it. */
  { readonly type: 'ended' } | { readonly type: 'failed'; readonly failure: KubeFailure };

export type Arrival = 'listed' | 'written';

export interface WatchHandler {
  /**
   * The first state is complete: from here on events are news. Comes again after each relist. `resourceVersion`: what was
   * gone by then is not in it, and no event tells of that.
   */
  onSynced(live: ReadonlySet<string>, resourceVersion: string): void;
  /**
   * `namespace/name` keys are unique within one watch. Objects come in the API server's order for each. `written`: exactly
   * one write after the version that came before. `listed`: there may have been several.
   */
  onObject(object: KubeObject, arrival: Arrival): void;
  onDeleted(object: KubeObject): void;
  /** The watch can't run now and is tried again by itself; undefined once it runs. */
  onProblem(failure: KubeFailure | undefined): void;
}

export interface Watch {
  close(): void;
}

/**
 * What the API server or the network does is data, never thrown. `discover` alone throws, an AppError, since nothing
 * goes on without it.
 */
export interface KubePort {
  discover(): Promise<Discovery>;
  get(resource: ApiResource, ref: ObjectRef): Promise<KubeResult>;
  list(resource: ApiResource, options: { labelSelector?: string; namespace?: string }): Promise<ListResult>;
  /** What is there, by name alone: gives up as soon as it is known to be more than `atMost`. */
  listNames(resource: ApiResource, options: { atMost: number; namespace?: string }): Promise<NamesResult>;
  /** A list of which no more than a page is in memory: each object is shown once and kept by nobody here. */
  scan(
    resource: ApiResource,
    scope: ScanScope,
    look: (object: KubeObject) => 'more' | 'enough',
  ): Promise<ScanResult>;
  /** A container's log with a time before each line. The next bytes are read once `take` has resolved; the signal ends the connection. */
  logs(
    pod: Pick<ObjectRef, 'namespace' | 'name'>,
    options: PodLogOptions,
    signal: AbortSignal,
    take: (bytes: Uint8Array) => Promise<void>,
  ): Promise<PodLogResult>;
  /** Server-side apply with `fieldManager=fairlead&force=true&fieldValidation=Strict`; `dryRun` writes nothing. */
  apply(resource: ApiResource, object: KubeObject, options: { dryRun: boolean }): Promise<KubeResult>;
  /** Merge patch under another manager, for repairs that must not look like desired state. */
  patch(
    resource: ApiResource,
    ref: ObjectRef,
    patch: JsonObject,
    options: { manager: string },
  ): Promise<KubeResult>;
  /** JSON patch under another manager; `dryRun` writes nothing. One that replaces `/metadata/resourceVersion` fails with 409 unless that is the live one. */
  jsonPatch(
    resource: ApiResource,
    ref: ObjectRef,
    patch: readonly JsonPatchStep[],
    options: { manager: string; dryRun?: true },
  ): Promise<KubeResult>;
  create(resource: ApiResource, object: KubeObject): Promise<KubeResult>;
  /** Full replacement; fails with 409 unless `metadata.resourceVersion` is the live one. */
  update(resource: ApiResource, object: KubeObject): Promise<KubeResult>;
  /** Only the object of this uid, and of this version where it is given (409 else); propagation `Background` unless given. A 404 is a success. */
  delete(
    resource: ApiResource,
    ref: ObjectRef,
    preconditions: { uid: string; resourceVersion?: string },
    options?: { propagation?: Propagation },
  ): Promise<KubeResult>;
  /** Watches for ever: bookmarks, 410 in both its forms, endless jittered back-off. One connection each. */
  watch(
    resource: ApiResource,
    options: { labelSelector?: string; namespace?: string; form?: ScanScope['form'] },
    handler: WatchHandler,
  ): Watch;
  /** Ends watches and connections at once; what is in flight fails. */
  close(): Promise<void>;
}

// ── People ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is known of who asked the API server for writes; memory only, and not for long. */
export interface PeoplePort {
  /** In the order in which they were asked for. */
  factsOf(uid: string): readonly WriteFact[];
}

// ── State on disk ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The last complete desired state, verified before it was stored. */
export interface StoredDesired {
  readonly epoch: Epoch;
  readonly digestKey: Uint8Array;
  readonly head: Head;
}

/** What the agent remembers of one object it manages, so that a restart costs no request for what didn't change. */
export interface Baseline {
  readonly ref: string;
  readonly application: string;
  readonly uid: string;
  /** Digest of the object that was applied, without our marks. */
  readonly applied: Digest;
  /** Our own entry of managedFields as the API server answered it, as canonical JSON. */
  readonly fields: string;
  /** Digest of the values at those fields. */
  readonly values: Digest;
  /** `apiVersion` that the fields are said at. */
  readonly version?: string;
  /** Where no dry-run was asked whether it is as Git says. */
  readonly verdict?: 'approximate';
  /** When the API server says that we wrote last: a later time is of somebody who writes under our name. */
  readonly ownedAt?: string;
}

/**
 * State that outlives the process, in one folder. Every write is atomic: a crash leaves the old or the new.
 * A full disk throws AppError `unavailable`, and what was in force stays in force.
 */
export interface StatePort {
  readDesired(): Promise<StoredDesired | undefined>;
  /** Stores blobs first, then the head that names them, then drops blobs that no head names. */
  saveDesired(desired: StoredDesired, blobs: ReadonlyMap<Digest, Uint8Array>): Promise<void>;
  /** Contents by digest, decrypted and verified; damaged or absent ones are left out. */
  readBlobs(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>>;
  /** Any small document by name, such as `synced` (application → manifests digest of its last sync). */
  readDocument(name: string): Promise<Json | undefined>;
  saveDocument(name: string, value: Json): Promise<void>;
  /**
   * Resolves once documents of these names, as they were last saved, outlive whatever this state has to outlive: for one
   * that is kept in Secrets, the loss of its node. Throws AppError `unavailable` where they can't be kept now.
   */
  secureDocuments(names: readonly string[]): Promise<void>;
}

/** Reports on their way to the hub: on disk until acknowledged; the newest per subject, but every drift event. */
export interface OutboxPort {
  /** Kept on disk when the promise resolves. Application and cluster reports replace an unsent one of the same subject. */
  add(report: Report): Promise<void>;
  /** Unacknowledged ones after a sequence, oldest first, at most `limit`. */
  read(after: number, limit: number): readonly NumberedReport[];
  acknowledge(sequence: number): Promise<void>;
  /** Called whenever `add` made something readable. */
  onAdded(listener: () => void): void;
}

/** What the engine is told to keep in force, once a generation is complete. */
export interface DesiredSet {
  readonly generation: number;
  readonly applications: ReadonlyMap<string, { readonly digest: Digest; readonly desired: HeldApplication }>;
}
