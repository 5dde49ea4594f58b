import type { Kysely } from 'kysely';

/** What each application was told to run, and when it did. Numbers grow within an application. */
export async function createHistory(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('history')
    .addColumn('application', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('commit_json', 'text', (column) => column.notNull())
    .addColumn('fleet_commit_json', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('objects_digest', 'text', (column) => column.notNull())
    .addColumn('decided_at', 'text', (column) => column.notNull())
    .addColumn('first_applied_at', 'text')
    .addColumn('last_applied_at', 'text')
    .addPrimaryKeyConstraint('history_key', ['application', 'number'])
    .execute();
}
