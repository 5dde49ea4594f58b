import type { Kysely, Transaction } from 'kysely';
import type { EnrolledCluster } from '../ports.ts';
import type { Database } from './schema.ts';

/** Who may connect. */
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
    decommissioned_at: null,
  };
  await db
    .insertInto('enrolled')
    .values(row)
    .onConflict((conflict) => conflict.column('cluster').doUpdateSet(row))
    .execute();
}

/** Those whose agent may connect. */
export async function listEnrolled(db: Kysely<Database>): Promise<readonly EnrolledCluster[]> {
  const rows = await db
    .selectFrom('enrolled')
    .selectAll()
    .where('decommissioned_at', 'is', null)
    .orderBy('cluster')
    .execute();
  return rows.map(toEnrolled);
}

/** Also one that has left the fleet. */
export async function readEnrolled(
  db: Kysely<Database>,
  cluster: string,
): Promise<EnrolledCluster | undefined> {
  const row = await db.selectFrom('enrolled').selectAll().where('cluster', '=', cluster).executeTakeFirst();
  return row === undefined ? undefined : toEnrolled(row);
}

function toEnrolled(row: Database['enrolled']): EnrolledCluster {
  return {
    cluster: row.cluster,
    certificateFingerprint: row.certificate_fingerprint,
    enrolledAt: row.enrolled_at,
    certificateExpiresAt: row.certificate_expires_at,
    ...(row.decommissioned_at === null ? {} : { decommissionedAt: row.decommissioned_at }),
  };
}
