import type { Kysely } from 'kysely';

/** When a desired state was complete: every object applied and healthy. */
export async function addCompletions(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('history').addColumn('completed_at', 'text').execute();
}
