import type { Kysely, Transaction } from 'kysely';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { Operation } from '../../core/operation.ts';
import type { EnrolledCluster, NewOperation } from '../ports.ts';
import type { Database } from './schema.ts';

/** Who may connect, and what people asked of whom. */
export async function writeToken(
  db: Kysely<Database>,
  token: { cluster: string; secretDigest: string; expiresAt: string },
): Promise<void> {
  const row = { cluster: token.cluster, secret_digest: token.secretDigest, expires_at: token.expiresAt };
  await db
    .insertInto('token')
    .values(row)
    .onConflict((conflict) => conflict.column('cluster').doUpdateSet(row))
    .execute();
}

/** Inside the caller's transaction, so that a secret is spent once however many ask at the same time. */
export async function spendToken(
  trx: Transaction<Database>,
  secretDigest: string,
  now: string,
): Promise<string | undefined> {
  const row = await trx
    .selectFrom('token')
    .selectAll()
    .where('secret_digest', '=', secretDigest)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await trx.deleteFrom('token').where('cluster', '=', row.cluster).execute();
  return row.expires_at > now ? row.cluster : undefined;
}

export async function writeEnrolled(db: Kysely<Database>, enrolled: EnrolledCluster): Promise<void> {
  const row = {
    cluster: enrolled.cluster,
    certificate_fingerprint: enrolled.certificateFingerprint,
    enrolled_at: enrolled.enrolledAt,
    certificate_expires_at: enrolled.certificateExpiresAt,
  };
  await db
    .insertInto('enrolled')
    .values(row)
    .onConflict((conflict) => conflict.column('cluster').doUpdateSet(row))
    .execute();
}

export async function listEnrolled(db: Kysely<Database>): Promise<readonly EnrolledCluster[]> {
  const rows = await db.selectFrom('enrolled').selectAll().orderBy('cluster').execute();
  return rows.map((row) => ({
    cluster: row.cluster,
    certificateFingerprint: row.certificate_fingerprint,
    enrolledAt: row.enrolled_at,
    certificateExpiresAt: row.certificate_expires_at,
  }));
}

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
    .where('finished_at', 'is', null)
    .orderBy('requested_at')
    .execute();
  return rows.map(toOperation);
}

function toOperation(row: Database['operation']): Operation {
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
  };
}
