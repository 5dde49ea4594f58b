import type { Kysely, Transaction } from 'kysely';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { Incident } from '../incident/incident.ts';
import type {
  Attempt,
  Delivery,
  IncidentFilter,
  IncidentUpdate,
  ReceiverName,
  StoredIncident,
} from '../incident/outbox.ts';
import type { StoredDrift } from '../ports.ts';
import { toStoredDrift } from './report-tables.ts';
import type { Database } from './schema.ts';

/** SQLite takes 32,766 values in one statement, and a fleet may have more incidents. */
const idsPerQuery = 10_000;

export async function readIncidents(
  db: Kysely<Database>,
  filter: IncidentFilter,
): Promise<readonly StoredIncident[]> {
  let query = db.selectFrom('incident').selectAll();
  const { resolvedAfter } = filter;
  query =
    resolvedAfter === undefined
      ? query.where('state', '!=', 'resolved')
      : query.where(({ or, eb }) =>
          or([eb('state', '!=', 'resolved'), eb('resolved_at', '>', resolvedAfter)]),
        );
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  const rows = await query.orderBy('since', 'desc').orderBy('id').execute();
  return rows.length === 0 ? [] : withDeliveries(db, rows);
}

/** Incidents that a receiver has still to hear of, or still has to be kept up for; oldest first. */
export async function readOutbox(db: Kysely<Database>): Promise<readonly StoredIncident[]> {
  const rows = await db
    .selectFrom('incident')
    .selectAll()
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('delivery')
          .select('delivery.incident')
          .whereRef('delivery.incident', '=', 'incident.id')
          .where(({ or, eb }) => or([eb('told', 'is', null), eb('told', '!=', 'resolved')])),
      ),
    )
    .orderBy('since')
    .orderBy('id')
    .execute();
  return withDeliveries(db, rows);
}

async function withDeliveries(
  db: Kysely<Database>,
  rows: readonly Database['incident'][],
): Promise<readonly StoredIncident[]> {
  const found: Database['delivery'][] = [];
  for (let start = 0; start < rows.length; start += idsPerQuery) {
    const ids = rows.slice(start, start + idsPerQuery).map(({ id }) => id);
    const some = db.selectFrom('delivery').selectAll().where('incident', 'in', ids);
    found.push(...(await some.orderBy('notification').orderBy('receiver').execute()));
  }
  const deliveries = Map.groupBy(found.map(toDelivery), ({ incident }) => incident);
  return rows.map(({ id, body_json }) => ({
    incident: parseJson(body_json) as unknown as Incident,
    deliveries: deliveries.get(id) ?? [],
  }));
}

/** Writes what a fold came to, with the drifts that it has looked at, inside the caller's transaction. */
export async function writeIncidents(
  trx: Transaction<Database>,
  update: IncidentUpdate,
  now: string,
): Promise<void> {
  for (const incident of update.saved) {
    const row = {
      key: incident.key,
      state: incident.state,
      since: incident.since,
      resolved_at: incident.resolvedAt ?? null,
      body_json: writeJson(incident as unknown as Json),
    };
    await trx
      .insertInto('incident')
      .values({ id: incident.id, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  }
  for (const id of update.dropped) await deleteIncident(trx, id);
  for (const { incident, notification, receiver, state } of update.tellings) {
    const wanted = { wanted: state, wanted_at: now, next_attempt_at: null };
    await trx
      .insertInto('delivery')
      .values({
        ...{ incident, notification, receiver, ...wanted },
        ...{ told: null, told_at: null, attempts: 0, last_error: null },
      })
      .onConflict((conflict) =>
        conflict.columns(['incident', 'notification', 'receiver']).doUpdateSet(wanted),
      )
      .execute();
  }
  for (const drift of update.news) await trx.deleteFrom('drift_news').where('drift', '=', drift).execute();
}

async function deleteIncident(trx: Transaction<Database>, id: string): Promise<void> {
  await trx.deleteFrom('delivery').where('incident', '=', id).execute();
  await trx.deleteFrom('incident').where('id', '=', id).execute();
}

/** Of what was wanted when the try began; what came to be wanted meanwhile stays due. */
export async function writeAttempt(db: Kysely<Database>, attempt: Attempt): Promise<void> {
  await db
    .updateTable('delivery')
    .set({
      told: attempt.told ?? null,
      told_at: attempt.toldAt ?? null,
      attempts: attempt.attempts,
      next_attempt_at: attempt.nextAttemptAt ?? null,
      last_error: attempt.lastError ?? null,
    })
    .where('incident', '=', attempt.incident)
    .where('notification', '=', attempt.notification)
    .where('receiver', '=', attempt.receiver)
    .execute();
}

export async function listLastDeliveries(
  db: Kysely<Database>,
): Promise<readonly (ReceiverName & { readonly at: string })[]> {
  const rows = await db
    .selectFrom('delivery')
    .select(['notification', 'receiver', ({ fn }) => fn.max('told_at').as('at')])
    .where('told_at', 'is not', null)
    .groupBy(['notification', 'receiver'])
    .execute();
  return rows.flatMap(({ at, ...name }) => (at === null ? [] : [{ ...name, at }]));
}

export async function deleteReceiver(db: Kysely<Database>, name: ReceiverName): Promise<void> {
  await db
    .deleteFrom('delivery')
    .where('notification', '=', name.notification)
    .where('receiver', '=', name.receiver)
    .execute();
}

/** Drops incidents that were resolved before a moment, with all that belongs to them. */
export async function collectIncidents(trx: Transaction<Database>, resolvedBefore: string): Promise<void> {
  await trx.deleteFrom('incident').where('resolved_at', '<', resolvedBefore).execute();
  await trx
    .deleteFrom('delivery')
    .where('incident', 'not in', (query) => query.selectFrom('incident').select('id'))
    .execute();
}

export async function listDriftNews(db: Kysely<Database>): Promise<readonly StoredDrift[]> {
  const rows = await db
    .selectFrom('drift')
    .innerJoin('drift_news', 'drift_news.drift', 'drift.id')
    .selectAll('drift')
    .orderBy('observed_at')
    .execute();
  return rows.map(toStoredDrift);
}

function toDelivery(row: Database['delivery']): Delivery {
  return {
    incident: row.incident,
    notification: row.notification,
    receiver: row.receiver,
    wanted: row.wanted,
    wantedAt: row.wanted_at,
    attempts: row.attempts,
    ...(row.told === null ? {} : { told: row.told }),
    ...(row.told_at === null ? {} : { toldAt: row.told_at }),
    ...(row.next_attempt_at === null ? {} : { nextAttemptAt: row.next_attempt_at }),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
  };
}
