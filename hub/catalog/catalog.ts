import type { Problem } from '../../core/problem.ts';
import type {
  AccessPolicyDocument,
  ApplicationDocument,
  ClusterDocument,
  Document,
  FleetDocument,
  NotificationDocument,
  ProjectDocument,
} from './documents.ts';

/** What was read from one file of the fleet path. A file with any problem counts as unreadable: all or nothing. */
export interface CatalogFile {
  /** Relative to the repository's root. */
  readonly path: string;
  /** Of the text that was parsed: the blob's id in Git. */
  readonly oid: string;
  readonly documents: readonly Document[];
  /** Empty: the file is good. */
  readonly problems: readonly Problem[];
  /** True where `documents` are those of the last good version, since this one has problems. */
  readonly stale: boolean;
}

/** One document and the file that it was read from. */
export interface Claim<Kind extends Document> {
  readonly document: Kind;
  readonly file: CatalogFile;
}

/** Every document at one commit. */
export interface Catalog {
  readonly fleet: FleetDocument | undefined;
  readonly projects: ReadonlyMap<string, ProjectDocument>;
  readonly clusters: ReadonlyMap<string, ClusterDocument>;
  readonly notifications: ReadonlyMap<string, NotificationDocument>;
  /** All that count, in the order of their places. Their names decide nothing. */
  readonly accessPolicies: readonly AccessPolicyDocument[];
  /** By key, `namespace/name`. */
  readonly applications: ReadonlyMap<string, ApplicationDocument>;
  /** Applications that must not change now, and why: their file or their project's can't be read, or two files claim them. */
  readonly frozen: ReadonlyMap<string, Problem>;
  /** Everything wrong, in the order of files and lines. */
  readonly problems: readonly Problem[];
}

export function applicationKey(document: Pick<ApplicationDocument, 'namespace' | 'name'>): string {
  return `${document.namespace}/${document.name}`;
}
