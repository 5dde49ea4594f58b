import type { Kysely } from 'kysely';

/** The first tables. Primary keys serve the look-ups by name; each index names its query. */
export async function initTables(db: Kysely<unknown>): Promise<void> {
  await createFleetTables(db);
  await createReportTables(db);
  await createIdentityTables(db);
}

async function createFleetTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('meta')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'blob', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('epoch')
    .addColumn('counter', 'integer', (column) => column.primaryKey())
    .addColumn('nonce', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('catalog_file')
    .addColumn('path', 'text', (column) => column.primaryKey())
    .addColumn('body_json', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('application')
    .addColumn('application', 'text', (column) => column.primaryKey())
    .addColumn('cluster', 'text', (column) => column.notNull())
    .addColumn('digest', 'text')
    .addColumn('render_key', 'text')
    .addColumn('body_json', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('head')
    .addColumn('cluster', 'text', (column) => column.primaryKey())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('head_entry')
    .addColumn('cluster', 'text', (column) => column.notNull())
    .addColumn('application', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('head_entry_key', ['cluster', 'application'])
    .execute();
  await db.schema
    .createTable('blob')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('content', 'blob', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('render')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('saved_at', 'text', (column) => column.notNull())
    .execute();
  // Garbage collection: is this content named by any head, any render?
  await db.schema.createIndex('head_entry_digest').on('head_entry').column('digest').execute();
  await db.schema.createIndex('render_digest').on('render').column('digest').execute();
}

async function createReportTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('agent')
    .addColumn('cluster', 'text', (column) => column.primaryKey())
    .addColumn('agent_version', 'text')
    .addColumn('last_seen_at', 'text')
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('acknowledged', 'integer', (column) => column.notNull())
    .addColumn('status_json', 'text')
    .execute();
  await db.schema
    .createTable('status')
    .addColumn('application', 'text', (column) => column.notNull())
    .addColumn('cluster', 'text', (column) => column.notNull())
    .addColumn('body_json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('status_key', ['application', 'cluster'])
    .execute();
  await db.schema
    .createTable('drift')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('cluster', 'text', (column) => column.notNull())
    .addColumn('application', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('observed_at', 'text', (column) => column.notNull())
    .addColumn('closed_at', 'text')
    .addColumn('end', 'text')
    .addColumn('body_json', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('drift_event')
    .addColumn('drift', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('body_json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('drift_event_key', ['drift', 'number'])
    .execute();
  // The drift inbox: open ones, newest first; the same of one application.
  await db.schema.createIndex('drift_newest').on('drift').columns(['state', 'observed_at']).execute();
  await db.schema
    .createIndex('drift_application')
    .on('drift')
    .columns(['application', 'observed_at'])
    .execute();
}

async function createIdentityTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('enrolled')
    .addColumn('cluster', 'text', (column) => column.primaryKey())
    .addColumn('certificate_fingerprint', 'text', (column) => column.notNull())
    .addColumn('enrolled_at', 'text', (column) => column.notNull())
    .addColumn('certificate_expires_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('token')
    .addColumn('cluster', 'text', (column) => column.primaryKey())
    .addColumn('secret_digest', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('operation')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('application', 'text', (column) => column.notNull())
    .addColumn('cluster', 'text', (column) => column.notNull())
    .addColumn('request_json', 'text', (column) => column.notNull())
    .addColumn('requested_by', 'text', (column) => column.notNull())
    .addColumn('requested_at', 'text', (column) => column.notNull())
    .addColumn('phase', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('finished_at', 'text')
    .execute();
  // What an agent that connects still has to do.
  await db.schema
    .createIndex('operation_pending')
    .on('operation')
    .columns(['cluster', 'finished_at'])
    .execute();
}
