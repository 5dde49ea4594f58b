import type { ResourceRules } from './resource-filter.ts';

/**
 * Orphans: objects in a namespace that an application is deployed to which belong to no application (Argo CD's
 * "orphaned resources"). They are information: no drift of anything, and nothing deletes them.
 */

/** Patterns of kinds, as a project's resource lists have them. */
export interface OrphanKind {
  readonly group: string;
  readonly kind: string;
}

/** One of `orphanedResources.ignore`: patterns; an absent kind or name is any. */
export interface OrphanIgnore {
  readonly group: string;
  readonly kind?: string;
  readonly name?: string;
}

/** What a project asks of the agents of its applications. */
export interface OrphanRules {
  readonly ignore: readonly OrphanIgnore[];
  /** Kinds that the project permits in namespaces: others are nothing to it. Absent: every kind. */
  readonly allow?: readonly OrphanKind[];
  readonly deny: readonly OrphanKind[];
  /** Which kinds count on the cluster. */
  readonly resourceRules?: ResourceRules;
}

export interface Orphan {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  /** By the API server's clock, ISO 8601. */
  readonly createdAt?: string;
}

/** Objects that are named of one namespace for one project at most; beyond, they are counted. */
export const maxOrphans = 1_000;

/** What an agent found in one namespace for one project: a level, the newest replaces all before it. */
export interface OrphanFinds {
  readonly project: string;
  readonly namespace: string;
  /** By kind and name; at most `maxOrphans`. */
  readonly objects: readonly Orphan[];
  /** How many there are. */
  readonly total: number;
  /** `group/Kind` of what could not be looked through: nothing is known of those. */
  readonly unread: readonly string[];
  /** When it was found to be so first, by the agent's clock, ISO 8601. */
  readonly observedAt: string;
  /** Nobody asks about it any more. */
  readonly ended?: true;
}
