import type { Kysely } from 'kysely';

/** Who asked that an operation be ended, until its agent has ended it. */
export async function addCancellations(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('operation').addColumn('cancelled_by', 'text').execute();
  // Lists are the newest first.
  await db.schema.createIndex('operation_newest').on('operation').column('requested_at').execute();
}
