import type { Kysely } from 'kysely';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { NewOperation, Operation, OperationFilter } from '../../core/operation.ts';
import type { Database } from './schema.ts';

/** What people asked of agents. */
export async function writeOperation(
  db: Kysely<Database>,
  operation: NewOperation,
  fresh: { id: string; now: string },
): Promise<Operation> {
  await db
    .insertInto('operation')
    .values({
      id: fresh.id,
      application: operation.application,
      cluster: operation.cluster,
      request_json: writeJson(operation.request as unknown as Json),
      requested_by: operation.requestedBy,
      requested_at: fresh.now,
      phase: 'Pending',
      message: '',
      finished_at: null,
      cancelled_by: null,
    })
    .execute();
  return { ...operation, id: fresh.id, requestedAt: fresh.now, phase: 'Pending', message: '' };
}

export async function readOperation(db: Kysely<Database>, id: string): Promise<Operation | undefined> {
  const row = await db.selectFrom('operation').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toOperation(row);
}

export async function readPendingOperations(
  db: Kysely<Database>,
  cluster: string,
): Promise<readonly Operation[]> {
  const rows = await db
    .selectFrom('operation')
    .selectAll()
    .where('cluster', '=', cluster)
    // Those about no application are the hub's own.
    .where('application', '!=', '')
    .where('finished_at', 'is', null)
    .orderBy('requested_at')
    .execute();
  return rows.map(toOperation);
}

export async function listOperations(
  db: Kysely<Database>,
  { state, application, cluster, limit }: OperationFilter,
): Promise<readonly Operation[]> {
  let query = db.selectFrom('operation').selectAll();
  if (state === 'open') query = query.where('finished_at', 'is', null);
  if (application !== undefined) query = query.where('application', '=', application);
  if (cluster !== undefined) query = query.where('cluster', '=', cluster);
  const rows = await query.orderBy('requested_at', 'desc').limit(limit).execute();
  return rows.map(toOperation);
}

/** The first who asks is kept. */
export async function cancelOperation(
  db: Kysely<Database>,
  id: string,
  cancelledBy: string,
): Promise<Operation | undefined> {
  await db
    .updateTable('operation')
    .set({ cancelled_by: cancelledBy })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .where('cancelled_by', 'is', null)
    .execute();
  const operation = await readOperation(db, id);
  return operation?.finishedAt === undefined ? operation : undefined;
}

export function toOperation(row: Database['operation']): Operation {
  return {
    id: row.id,
    application: row.application,
    cluster: row.cluster,
    request: parseJson(row.request_json) as unknown as Operation['request'],
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    phase: row.phase,
    message: row.message,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    ...(row.cancelled_by === null ? {} : { cancelledBy: row.cancelled_by }),
  };
}
