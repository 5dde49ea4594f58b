import type { Kysely } from 'kysely';

/** What agents found in namespaces that belongs to no application. */
export async function addOrphans(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('orphans')
    .addColumn('cluster', 'text', (column) => column.notNull())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('namespace', 'text', (column) => column.notNull())
    .addColumn('body_json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('orphans_key', ['project', 'cluster', 'namespace'])
    .execute();
}
