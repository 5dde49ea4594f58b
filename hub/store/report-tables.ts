import type { Kysely, Transaction } from 'kysely';
import type { DriftEvent } from '../../core/drift.ts';
import { unreachable } from '../../core/error.ts';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import { isFinal } from '../../core/operation.ts';
import type { ClusterStatus, NumberedReport, OperationResult, Report } from '../../core/session.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { DriftFilter, StoredClusterStatus, StoredDrift } from '../ports.ts';
import { hasLeft } from './decommission-tables.ts';
import { writeApplied } from './history-tables.ts';
import { writeOrphans } from './orphan-tables.ts';
import type { Database } from './schema.ts';

/** Events kept of one drift: the first, and the newest of the rest. */
const keptEvents = 50;

export async function readAcknowledged(db: Kysely<Database>, cluster: string): Promise<number> {
  const row = await db
    .selectFrom('agent')
    .select('acknowledged')
    .where('cluster', '=', cluster)
    .executeTakeFirst();
  return row?.acknowledged ?? 0;
}

/** Writes reports above the last acknowledged one, inside the caller's transaction; answers the new highest. */
export async function writeReports(
  trx: Transaction<Database>,
  cluster: string,
  reports: readonly NumberedReport[],
): Promise<number> {
  const acknowledged = await readAcknowledged(trx, cluster);
  const news = reports.filter((report) => report.sequence > acknowledged);
  // A stream that is being ended may say more of a cluster that has left: there is nobody to keep it for.
  if (news.length === 0 || (await hasLeft(trx, cluster))) return acknowledged;
  for (const { report } of news) await writeReport(trx, cluster, report);
  const highest = Math.max(...news.map((report) => report.sequence));
  await upsertAgent(trx, cluster, { acknowledged: highest });
  return highest;
}

async function writeReport(trx: Transaction<Database>, cluster: string, report: Report): Promise<void> {
  switch (report.type) {
    case 'application':
      return writeStatus(trx, cluster, report.status);
    case 'drift':
      return writeDriftEvent(trx, cluster, report.event);
    case 'operation':
      return writeResult(trx, cluster, report.result);
    case 'orphans':
      return writeOrphans(trx, cluster, report.finds);
    case 'cluster':
      return upsertAgent(trx, cluster, { status_json: writeJson(report.status as unknown as Json) });
    default:
      return unreachable(report);
  }
}

async function writeStatus(
  trx: Transaction<Database>,
  cluster: string,
  status: ApplicationStatus,
): Promise<void> {
  const body_json = writeJson(status as unknown as Json);
  await trx
    .insertInto('status')
    .values({ application: status.application, cluster, body_json })
    .onConflict((conflict) => conflict.columns(['application', 'cluster']).doUpdateSet({ body_json }))
    .execute();
  await writeApplied(trx, cluster, status);
}

async function writeDriftEvent(
  trx: Transaction<Database>,
  cluster: string,
  event: DriftEvent,
): Promise<void> {
  const { drift } = event;
  const closed = event.change === 'closed';
  const changing = {
    state: closed ? ('closed' as const) : ('open' as const),
    closed_at: closed ? event.at : null,
    end: event.end ?? null,
    body_json: writeJson(drift as unknown as Json),
  };
  await trx
    .insertInto('drift')
    .values({
      id: drift.id,
      cluster,
      application: drift.application,
      observed_at: drift.observedAt,
      ...changing,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changing))
    .execute();
  if (event.change === 'opened') {
    // Also one that closes before anybody looks is news.
    const news = { drift: drift.id };
    await trx
      .insertInto('drift_news')
      .values(news)
      .onConflict((conflict) => conflict.column('drift').doNothing())
      .execute();
  }
  const { count } = await trx
    .selectFrom('drift_event')
    .select((query) => query.fn.max('number').as('count'))
    .where('drift', '=', drift.id)
    .executeTakeFirstOrThrow();
  const number = Number(count ?? 0) + 1;
  await trx
    .insertInto('drift_event')
    .values({ drift: drift.id, number, body_json: writeJson(event as unknown as Json) })
    .execute();
  await trx
    .deleteFrom('drift_event')
    .where('drift', '=', drift.id)
    .where('number', '>', 1)
    .where('number', '<=', number - (keptEvents - 1))
    .execute();
}

/** A final result is never replaced: a repeated or late report of an operation changes nothing. */
async function writeResult(
  trx: Transaction<Database>,
  cluster: string,
  result: OperationResult,
): Promise<void> {
  await trx
    .updateTable('operation')
    .set({
      phase: result.phase,
      message: result.message,
      finished_at: isFinal(result.phase) ? result.at : null,
    })
    .where('id', '=', result.id)
    .where('cluster', '=', cluster)
    .where('finished_at', 'is', null)
    .execute();
}

export async function writeContact(
  trx: Transaction<Database>,
  cluster: string,
  contact: { readonly agentVersion: string; readonly generation: number; readonly at: string },
): Promise<void> {
  if (await hasLeft(trx, cluster)) return;
  const { agentVersion, generation, at } = contact;
  await upsertAgent(trx, cluster, { agent_version: agentVersion, generation, last_seen_at: at });
}

interface AgentChange {
  readonly agent_version?: string;
  readonly last_seen_at?: string;
  readonly generation?: number;
  readonly acknowledged?: number;
  readonly status_json?: string;
}

async function upsertAgent(db: Kysely<Database>, cluster: string, change: AgentChange): Promise<void> {
  await db
    .insertInto('agent')
    .values({
      cluster,
      agent_version: null,
      last_seen_at: null,
      generation: 0,
      acknowledged: 0,
      status_json: null,
      ...change,
    })
    .onConflict((conflict) => conflict.column('cluster').doUpdateSet(change))
    .execute();
}

export async function listClusterStatus(db: Kysely<Database>): Promise<readonly StoredClusterStatus[]> {
  const rows = await db.selectFrom('agent').selectAll().orderBy('cluster').execute();
  return rows.map((row) => ({
    cluster: row.cluster,
    status: row.status_json === null ? undefined : (parseJson(row.status_json) as unknown as ClusterStatus),
    agentVersion: row.agent_version ?? undefined,
    lastSeenAt: row.last_seen_at ?? undefined,
    generation: row.generation,
  }));
}

/** The status of each application on the cluster that it is assigned to; others are of clusters it has left. */
export async function readStatuses(
  db: Kysely<Database>,
  applications: readonly string[] | undefined,
): Promise<ReadonlyMap<string, ApplicationStatus>> {
  let query = db
    .selectFrom('status')
    .innerJoin('application', (join) =>
      join
        .onRef('application.application', '=', 'status.application')
        .onRef('application.cluster', '=', 'status.cluster'),
    )
    .select(['status.application', 'status.body_json']);
  if (applications !== undefined) query = query.where('status.application', 'in', applications);
  const rows = await query.execute();
  return new Map(
    rows.map((row) => [row.application, parseJson(row.body_json) as unknown as ApplicationStatus]),
  );
}

export async function listFinishedRemovals(
  db: Kysely<Database>,
): Promise<readonly { readonly cluster: string; readonly application: string }[]> {
  const rows = await db.selectFrom('status').select(['cluster', 'application', 'body_json']).execute();
  return rows
    .filter((row) => (parseJson(row.body_json) as unknown as ApplicationStatus).removal === 'done')
    .map(({ cluster, application }) => ({ cluster, application }));
}

export async function listDrifts(db: Kysely<Database>, filter: DriftFilter): Promise<readonly StoredDrift[]> {
  let query = db.selectFrom('drift').selectAll();
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.application !== undefined) query = query.where('application', '=', filter.application);
  if (filter.cluster !== undefined) query = query.where('cluster', '=', filter.cluster);
  const limit = Math.min(filter.limit ?? 200, 1000);
  const rows = await query.orderBy('observed_at', 'desc').orderBy('id').limit(limit).execute();
  return rows.map(toStoredDrift);
}

export async function readDrift(db: Kysely<Database>, id: string): Promise<StoredDrift | undefined> {
  // Our ids are hexadecimal or base32: nothing in them means anything to LIKE. Any other is what an agent made up.
  const beginning = /^[0-9a-z-]{6,}$/.test(id) ? `${id}%` : undefined;
  const drifts = db.selectFrom('drift').selectAll();
  const found = beginning === undefined ? drifts.where('id', '=', id) : drifts.where('id', 'like', beginning);
  const rows = await found.limit(2).execute();
  const [row, other] = rows;
  if (row === undefined || (other !== undefined && row.id !== id)) return undefined;
  const events = await db
    .selectFrom('drift_event')
    .select(['number', 'body_json'])
    .where('drift', '=', row.id)
    .orderBy('number')
    .execute();
  const dropped = Number(events.at(-1)?.number ?? 0) - events.length;
  return {
    ...toStoredDrift(row),
    events: events.map((event) => parseJson(event.body_json) as unknown as DriftEvent),
    ...(dropped === 0 ? {} : { droppedEvents: dropped }),
  };
}

export function toStoredDrift(row: Database['drift']): StoredDrift {
  return {
    cluster: row.cluster,
    drift: parseJson(row.body_json) as unknown as StoredDrift['drift'],
    state: row.state,
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
    ...(row.end === null ? {} : { end: row.end as NonNullable<StoredDrift['end']> }),
  };
}
