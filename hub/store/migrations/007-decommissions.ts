import type { Kysely } from 'kysely';

/** When a cluster left the fleet; its agent's certificate does not count from then on. */
export async function addDecommissions(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('enrolled').addColumn('decommissioned_at', 'text').execute();
}
