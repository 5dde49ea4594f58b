import type { Health } from './health.ts';
import type { KubeObject } from './kube-object.ts';
import type { ObjectRef } from './object-ref.ts';
import type { QueryFailure } from './query.ts';

/** What agents answer queries with. Nothing of it is kept; names and messages in it are a cluster's, and untrusted. */

/** An object of an application, or one that it made. */
export interface TreeNode {
  readonly ref: ObjectRef;
  /** 0 for the application's own; those that follow with more stand below it. */
  readonly depth: number;
  /** `unknown`: the agent doesn't know whether it is there. */
  readonly presence: 'live' | 'missing' | 'unknown';
  /** Absent for kinds that have none. */
  readonly health?: Health;
  /** Of a pod or of what makes pods. */
  readonly images?: readonly string[];
  /** Containers of a pod, by name, in the order of its spec. */
  readonly containers?: readonly string[];
  /** Of all containers of a pod. */
  readonly restarts?: number;
  /** Such as `1/2`: containers of a pod, replicas of what makes pods. */
  readonly ready?: string;
  /** ISO 8601. */
  readonly createdAt?: string;
  /** Another application's mark is on it: what is below it is not shown. */
  readonly ownedBy?: string;
  /** Children that are not shown, since there are too many. */
  readonly more?: number;
  /** Children that are not shown, since they do nothing: old revisions without pods. */
  readonly idle?: number;
}

/** Depth first, so that an object is followed by what is below it. */
export interface ResourceTree {
  readonly application: string;
  readonly nodes: readonly TreeNode[];
  /** Objects of the application that are not shown, since there are too many. */
  readonly more: number;
  /** What could not be looked at, with what to do, in sentences. */
  readonly problems: readonly string[];
  /** When it was read, ISO 8601, the agent's clock. */
  readonly at: string;
}

/** One object as it is, values of Secrets sealed. */
export interface LiveObject {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  /** What was taken out of it or sealed, in sentences. */
  readonly notes: readonly string[];
  /** ISO 8601, the agent's clock. */
  readonly at: string;
}

export interface ObjectEvent {
  readonly ref: ObjectRef;
  /** `Normal` or `Warning`. */
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** ISO 8601; '' where the cluster doesn't say. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** The component that saw it. */
  readonly source: string;
}

/** Newest last. A cluster forgets its events, most of them after an hour. */
export interface ObjectEvents {
  readonly application: string;
  readonly events: readonly ObjectEvent[];
  /** Older ones that are not shown, since there are too many. */
  readonly more: number;
  readonly problems: readonly string[];
  readonly at: string;
}

/** One line of an answer to `logs`: JSON, one to a line. */
export type LogRecord =
  /** The lines that follow may be of this container too. */
  | { readonly type: 'source'; readonly namespace: string; readonly pod: string; readonly container: string }
  | {
      readonly type: 'line';
      readonly pod: string;
      readonly container: string;
      /** As the kubelet noted it; absent where it noted none. */
      readonly at?: string;
      readonly text: string;
    }
  /** Lines that came faster than they were taken, and are not in the answer. */
  | { readonly type: 'dropped'; readonly pod: string; readonly container: string; readonly lines: number }
  | { readonly type: 'note'; readonly message: string }
  /** Nothing follows. */
  | { readonly type: 'error'; readonly error: QueryFailure };
