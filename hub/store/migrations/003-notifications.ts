import type { Kysely } from 'kysely';

/** Incidents, what their receivers are to be told, and drifts that nobody has looked at for an incident yet. */
export async function addNotifications(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('incident')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('since', 'text', (column) => column.notNull())
    .addColumn('resolved_at', 'text')
    .addColumn('body_json', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('delivery')
    .addColumn('incident', 'text', (column) => column.notNull())
    .addColumn('notification', 'text', (column) => column.notNull())
    .addColumn('receiver', 'text', (column) => column.notNull())
    .addColumn('wanted', 'text', (column) => column.notNull())
    .addColumn('wanted_at', 'text', (column) => column.notNull())
    .addColumn('told', 'text')
    .addColumn('told_at', 'text')
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'text')
    .addColumn('last_error', 'text')
    .addPrimaryKeyConstraint('delivery_key', ['incident', 'notification', 'receiver'])
    .execute();
  await db.schema
    .createTable('drift_news')
    .addColumn('drift', 'text', (column) => column.primaryKey())
    .execute();
  // What goes on now, the newest first; the end of what is kept.
  await db.schema.createIndex('incident_newest').on('incident').columns(['state', 'since']).execute();
  await db.schema.createIndex('incident_resolved').on('incident').column('resolved_at').execute();
}
