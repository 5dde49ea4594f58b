import type { Kysely, Transaction } from 'kysely';
import type { Digest } from '../../core/digest.ts';
import { parseJson } from '../../core/json.ts';
import { isFinal, type Operation } from '../../core/operation.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import { toOperation } from './operation-tables.ts';
import type { Database } from './schema.ts';

/** Operations that are about no application are the hub's own. */
export async function listDecommissions(db: Kysely<Database>): Promise<readonly Operation[]> {
  const rows = await db
    .selectFrom('operation')
    .selectAll()
    .where('application', '=', '')
    .where('finished_at', 'is', null)
    .orderBy('requested_at')
    .execute();
  return rows.map(toOperation).filter(({ request }) => request.type === 'decommission');
}

export async function listDone(db: Kysely<Database>, cluster: string): Promise<ReadonlyMap<string, Digest>> {
  const rows = await db.selectFrom('status').select('body_json').where('cluster', '=', cluster).execute();
  const statuses = rows.map((row) => parseJson(row.body_json) as unknown as ApplicationStatus);
  return new Map(
    statuses.flatMap(({ application, removal, digest }) =>
      removal === 'done' ? [[application, digest] as const] : [],
    ),
  );
}

/** A final result is never replaced. */
export async function writeProgress(
  trx: Transaction<Database>,
  id: string,
  { phase, message }: Pick<Operation, 'phase' | 'message'>,
  now: string,
): Promise<void> {
  await trx
    .updateTable('operation')
    .set({ phase, message, finished_at: isFinal(phase) ? now : null })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute();
}

export async function finishDecommission(
  trx: Transaction<Database>,
  id: string,
  cluster: string,
  end: { readonly message: string; readonly now: string },
): Promise<'left' | 'stays'> {
  const due = await trx
    .selectFrom('operation')
    .select('id')
    .where('cluster', '=', cluster)
    .where('application', '=', '')
    .where('finished_at', 'is', null)
    .where('cancelled_by', 'is', null)
    .execute();
  // Somebody cancelled it, or asked for another way, after it was read.
  if (due.length !== 1 || due[0]?.id !== id) return 'stays';
  await writeProgress(trx, id, { phase: 'Succeeded', message: end.message }, end.now);
  const never = { certificate_fingerprint: '', enrolled_at: end.now, certificate_expires_at: end.now };
  await trx
    .insertInto('enrolled')
    .values({ cluster, ...never, decommissioned_at: end.now })
    .onConflict((conflict) => conflict.column('cluster').doUpdateSet({ decommissioned_at: end.now }))
    .execute();
  await trx.deleteFrom('token').where('cluster', '=', cluster).execute();
  await trx.deleteFrom('agent').where('cluster', '=', cluster).execute();
  await trx.deleteFrom('status').where('cluster', '=', cluster).execute();
  await trx.deleteFrom('orphans').where('cluster', '=', cluster).execute();
  await trx
    .updateTable('drift')
    .set({ state: 'closed', closed_at: end.now, end: 'released' })
    .where('cluster', '=', cluster)
    .where('state', '=', 'open')
    .execute();
  await trx
    .updateTable('hold')
    .set({ ended_at: end.now, ended_by: 'decommission' })
    .where('cluster', '=', cluster)
    .where('ended_at', 'is', null)
    .execute();
  // What was asked of its agent gets no other answer any more.
  await trx
    .updateTable('operation')
    .set({ phase: 'Failed', message: 'the cluster was decommissioned', finished_at: end.now })
    .where('cluster', '=', cluster)
    .where('finished_at', 'is', null)
    .execute();
  return 'left';
}

/** Whether it has left and was not enrolled again. */
export async function hasLeft(db: Kysely<Database>, cluster: string): Promise<boolean> {
  const row = await db
    .selectFrom('enrolled')
    .select('decommissioned_at')
    .where('cluster', '=', cluster)
    .executeTakeFirst();
  return row !== undefined && row.decommissioned_at !== null;
}

export async function listDecommissioned(db: Kysely<Database>): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('enrolled')
    .select(['cluster', 'decommissioned_at'])
    .where('decommissioned_at', 'is not', null)
    .execute();
  return new Map(rows.map((row) => [row.cluster, row.decommissioned_at ?? '']));
}
