import type { Kysely, Transaction } from 'kysely';
import type { EndedHold, Hold } from '../../core/hold.ts';
import type { Database } from './schema.ts';

/** How long one is kept after its time. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/** Stores a hold, and drops those that ended long ago. */
export async function writeHold(
  trx: Transaction<Database>,
  hold: Omit<Hold, 'id' | 'since'>,
  fresh: { readonly id: string; readonly now: string },
): Promise<Hold> {
  const oldest = new Date(Date.parse(fresh.now) - keptMs).toISOString();
  await trx.deleteFrom('hold').where('until', '<', oldest).execute();
  const { cluster, application, reason, heldBy, until } = hold;
  await trx
    .insertInto('hold')
    .values({
      id: fresh.id,
      cluster,
      application: application ?? null,
      reason,
      held_by: heldBy,
      since: fresh.now,
      until,
      ended_at: null,
      ended_by: null,
    })
    .execute();
  return { ...hold, id: fresh.id, since: fresh.now };
}

export async function endHold(
  trx: Transaction<Database>,
  id: string,
  end: { readonly by: string; readonly now: string },
): Promise<EndedHold | undefined> {
  await trx
    .updateTable('hold')
    .set({ ended_at: end.now, ended_by: end.by })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('until', '>', end.now)
    .execute();
  const row = await trx.selectFrom('hold').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toHold(row);
}

export async function readRunningHolds(
  db: Kysely<Database>,
  cluster: string,
  now: string,
): Promise<readonly Hold[]> {
  const rows = await db
    .selectFrom('hold')
    .selectAll()
    .where('cluster', '=', cluster)
    .where('ended_at', 'is', null)
    .where('until', '>', now)
    .orderBy('since')
    .orderBy('id')
    .execute();
  return rows.map(toHold);
}

export async function listHolds(db: Kysely<Database>): Promise<readonly EndedHold[]> {
  const rows = await db.selectFrom('hold').selectAll().orderBy('since', 'desc').orderBy('id').execute();
  return rows.map(toHold);
}

function toHold(row: Database['hold']): EndedHold {
  const { id, cluster, reason, since, until } = row;
  return {
    id,
    cluster,
    ...(row.application === null ? {} : { application: row.application }),
    reason,
    heldBy: row.held_by,
    since,
    until,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.ended_by === null ? {} : { endedBy: row.ended_by }),
  };
}
