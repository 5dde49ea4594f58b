import type { Kysely, Transaction } from 'kysely';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { ApplicationRecord, Commit, Generation, SourceCommit } from '../ports.ts';
import type { HistoryRecord } from '../promotion/history.ts';
import type { Database } from './schema.ts';

/** Entries kept of one application, the newest. */
const keptEntries = 100;
const rowsPerStatement = 500;

/**
 * Notes what a generation newly decided, inside the caller's transaction. A desired state whose objects are those of the
 * newest entry is that entry still: a moved line, another mode or a commit elsewhere changes nothing that runs.
 */
export async function writeDecisions(
  trx: Transaction<Database>,
  generation: Pick<Generation, 'applications' | 'removedApplications' | 'fleetCommit'>,
  now: string,
): Promise<void> {
  const decided = generation.applications.flatMap((record) => decisionOf(record) ?? []);
  const rows: Database['history'][] = [];
  for (let start = 0; start < decided.length; start += rowsPerStatement) {
    const some = decided.slice(start, start + rowsPerStatement);
    const newest = await readNewest(
      trx,
      some.map(({ application }) => application),
    );
    for (const { application, commit, sourceCommits, digest, objectsDigest } of some) {
      const last = newest.get(application);
      if (last?.objects_digest === objectsDigest) {
        if (last.digest !== digest) await followDigest(trx, last, digest);
        continue;
      }
      rows.push({
        application,
        number: (last?.number ?? 0) + 1,
        commit_json: writeJson(commit as unknown as Json),
        fleet_commit_json: writeJson(generation.fleetCommit as unknown as Json),
        source_commits_json: sourceCommits === undefined ? null : writeJson(sourceCommits as unknown as Json),
        digest,
        objects_digest: objectsDigest,
        decided_at: now,
        first_applied_at: null,
        last_applied_at: null,
        completed_at: null,
      });
    }
  }
  await insertRows(trx, rows);
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    await noteReturns(trx, rows.slice(start, start + rowsPerStatement));
  }
  for (let start = 0; start < generation.removedApplications.length; start += rowsPerStatement) {
    const names = generation.removedApplications.slice(start, start + rowsPerStatement);
    await trx.deleteFrom('history').where('application', 'in', names).execute();
  }
}

interface Decision {
  readonly application: string;
  readonly commit: Commit;
  readonly sourceCommits?: readonly SourceCommit[];
  readonly digest: string;
  readonly objectsDigest: string;
}

/** What is to be sent; nothing for what may not run or is being removed. */
function decisionOf({
  application,
  commit,
  sourceCommits,
  digest,
  objectsDigest,
  removal,
}: ApplicationRecord): Decision | undefined {
  if (commit === undefined || digest === undefined || removal !== undefined) return undefined;
  if (objectsDigest === undefined) return undefined;
  const all = sourceCommits === undefined ? {} : { sourceCommits };
  return { application, commit, ...all, digest, objectsDigest };
}

async function readNewest(
  trx: Transaction<Database>,
  applications: readonly string[],
): Promise<ReadonlyMap<string, Database['history']>> {
  const rows = await trx
    .selectFrom('history')
    .selectAll()
    .where('application', 'in', applications)
    .where('number', '=', (query) =>
      query
        .selectFrom('history as newer')
        .select((each) => each.fn.max('newer.number').as('number'))
        .whereRef('newer.application', '=', 'history.application'),
    )
    .execute();
  return new Map(rows.map((row) => [row.application, row]));
}

/** The same objects under other policies: reports will name the new digest. */
async function followDigest(
  trx: Transaction<Database>,
  { application, number }: Database['history'],
  digest: string,
): Promise<void> {
  await trx
    .updateTable('history')
    .set({ digest })
    .where('application', '=', application)
    .where('number', '=', number)
    .execute();
}

async function insertRows(trx: Transaction<Database>, rows: readonly Database['history'][]): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    await trx
      .insertInto('history')
      .values(rows.slice(start, start + rowsPerStatement))
      .execute();
  }
  for (const { application, number } of rows) {
    if (number <= keptEntries) continue;
    await trx
      .deleteFrom('history')
      .where('application', '=', application)
      .where('number', '<=', number - keptEntries)
      .execute();
  }
}

/** A state that an application returns to before its agent has left it runs already: no report says so again. */
async function noteReturns(trx: Transaction<Database>, rows: readonly Database['history'][]): Promise<void> {
  const names = rows.filter(({ number }) => number > 1).map(({ application }) => application);
  if (names.length === 0) return;
  const applied = await trx
    .selectFrom('history')
    .select(['application', 'digest'])
    .where('application', 'in', names)
    .where('last_applied_at', 'is not', null)
    .execute();
  const known = new Set(applied.map(({ application, digest }) => `${application}\n${digest}`));
  for (const { application, digest } of rows) {
    if (!known.has(`${application}\n${digest}`)) continue;
    const statuses = await trx
      .selectFrom('status')
      .select(['cluster', 'body_json'])
      .where('application', '=', application)
      .execute();
    for (const { cluster, body_json } of statuses) {
      const status = parseJson(body_json) as unknown as ApplicationStatus;
      if (status.appliedDigest === digest) await writeApplied(trx, cluster, status);
    }
  }
}

/** Notes when a desired state was applied whole, inside the transaction that stores the report. */
export async function writeApplied(
  trx: Transaction<Database>,
  cluster: string,
  status: ApplicationStatus,
): Promise<void> {
  const { application, appliedDigest, appliedAt } = status;
  if (appliedDigest === undefined || appliedAt === undefined) return;
  await trx
    .updateTable('history')
    .set(({ fn, val }) => ({
      first_applied_at: fn.coalesce('first_applied_at', val(appliedAt)),
      last_applied_at: appliedAt,
    }))
    .where('application', '=', application)
    .where('number', '=', (query) =>
      query
        .selectFrom('history as same')
        .select((each) => each.fn.max('same.number').as('number'))
        .where('same.application', '=', application)
        .where('same.digest', '=', appliedDigest),
    )
    .where(({ or, eb }) => or([eb('last_applied_at', 'is', null), eb('last_applied_at', '<', appliedAt)]))
    // A cluster that it has left speaks of the past.
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('application')
          .select('application.application')
          .where('application.application', '=', application)
          .where('application.cluster', '=', cluster),
      ),
    )
    .execute();
  await writeCompleted(trx, cluster, status);
}

/** Notes when a desired state was first complete. Only one that was applied here can be. */
async function writeCompleted(
  trx: Transaction<Database>,
  cluster: string,
  { application, completedDigest, completedAt }: ApplicationStatus,
): Promise<void> {
  if (completedDigest === undefined || completedAt === undefined) return;
  await trx
    .updateTable('history')
    .set({ completed_at: completedAt })
    .where('application', '=', application)
    .where('number', '=', (query) =>
      query
        .selectFrom('history as same')
        .select((each) => each.fn.max('same.number').as('number'))
        .where('same.application', '=', application)
        .where('same.digest', '=', completedDigest),
    )
    .where('completed_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('application')
          .select('application.application')
          .where('application.application', '=', application)
          .where('application.cluster', '=', cluster),
      ),
    )
    .where('first_applied_at', '<=', completedAt)
    .execute();
}

/** Newest first. */
export async function listHistory(
  db: Kysely<Database>,
  application: string,
): Promise<readonly HistoryRecord[]> {
  const rows = await db
    .selectFrom('history')
    .selectAll()
    .where('application', '=', application)
    .orderBy('number', 'desc')
    .execute();
  return rows.map((row) => ({
    commit: parseJson(row.commit_json) as unknown as Commit,
    fleetCommit: parseJson(row.fleet_commit_json) as unknown as Commit,
    ...(row.source_commits_json === null
      ? {}
      : { sources: parseJson(row.source_commits_json) as unknown as readonly SourceCommit[] }),
    digest: row.digest,
    objectsDigest: row.objects_digest,
    decidedAt: row.decided_at,
    ...(row.first_applied_at === null ? {} : { firstAppliedAt: row.first_applied_at }),
    ...(row.last_applied_at === null ? {} : { lastAppliedAt: row.last_applied_at }),
    ...(row.completed_at === null ? {} : { completedAt: row.completed_at }),
  }));
}
