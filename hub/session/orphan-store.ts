import type { OrphanFinds } from '../../core/orphans.ts';

/** What a cluster's agent found last in one namespace. */
export interface StoredOrphans extends OrphanFinds {
  readonly cluster: string;
}

export interface OrphanStore {
  /** What agents found for a project, by cluster and namespace. */
  listOrphans(project: string): Promise<readonly StoredOrphans[]>;
}
