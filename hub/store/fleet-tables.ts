import type { Kysely, Transaction } from 'kysely';
import type { Digest } from '../../core/digest.ts';
import { diffHeads, emptyHead, type Head } from '../../core/head.ts';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { ApplicationRecord, Generation, StoredFleet } from '../ports.ts';
import { decodeCatalogFile, encodeCatalogFile } from './catalog-file-json.ts';
import type { Cipher } from './cipher.ts';
import { writeDecisions } from './history-tables.ts';
import type { Database } from './schema.ts';

/** SQLite takes 32,766 parameters in a statement; rows here have up to five. */
const rowsPerStatement = 500;
/** Renders that no application uses are kept for a revert, up to this many of the newest. */
const keptRenders = 2000;

/** What the hub's loop decided, in and out of the tables. */
export async function readFleet(db: Kysely<Database>): Promise<StoredFleet> {
  const commit = await db
    .selectFrom('meta')
    .select('value')
    .where('name', '=', 'fleet-commit')
    .executeTakeFirst();
  const files = await db.selectFrom('catalog_file').select('body_json').orderBy('path').execute();
  return {
    fleetCommit:
      commit === undefined
        ? undefined
        : (parseJson(commit.value.toString('utf8')) as unknown as StoredFleet['fleetCommit']),
    files: files.map((row) => decodeCatalogFile(row.body_json)),
    applications: await listApplications(db),
    heads: await readHeads(db),
  };
}

export async function listApplications(db: Kysely<Database>): Promise<readonly ApplicationRecord[]> {
  const rows = await db.selectFrom('application').select('body_json').orderBy('application').execute();
  return rows.map((row) => parseJson(row.body_json) as unknown as ApplicationRecord);
}

async function readHeads(db: Kysely<Database>): Promise<ReadonlyMap<string, Head>> {
  const heads = new Map<string, Head>();
  for (const { cluster } of await db.selectFrom('head').select('cluster').execute()) {
    heads.set(cluster, await readHead(db, cluster));
  }
  return heads;
}

export async function readHead(db: Kysely<Database>, cluster: string): Promise<Head> {
  const row = await db
    .selectFrom('head')
    .select('generation')
    .where('cluster', '=', cluster)
    .executeTakeFirst();
  if (row === undefined) return emptyHead;
  const entries = await db
    .selectFrom('head_entry')
    .select(['application', 'digest'])
    .where('cluster', '=', cluster)
    .execute();
  return {
    generation: row.generation,
    entries: new Map(entries.map((entry) => [entry.application, entry.digest])),
  };
}

/** Writes a generation inside the caller's transaction; its cost follows what changed. */
export async function writeGeneration(
  trx: Transaction<Database>,
  generation: Generation,
  cipher: Cipher,
  now: string,
): Promise<void> {
  await writeMeta(trx, 'fleet-commit', Buffer.from(writeJson(generation.fleetCommit as unknown as Json)));
  await writeBlobs(trx, generation.blobs, cipher);
  for (const rows of inSlices([...generation.renders])) {
    await trx
      .insertInto('render')
      .values(rows.map(([key, digest]) => ({ key, digest, saved_at: now })))
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ saved_at: now }))
      .execute();
  }
  await writeFiles(trx, generation);
  await writeApplications(trx, generation);
  await writeDecisions(trx, generation, now);
  for (const [cluster, head] of generation.heads) await writeHead(trx, cluster, head);
}

export async function writeMeta(db: Kysely<Database>, name: string, value: Buffer): Promise<void> {
  await db
    .insertInto('meta')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

async function writeBlobs(
  trx: Transaction<Database>,
  blobs: ReadonlyMap<Digest, Uint8Array>,
  cipher: Cipher,
): Promise<void> {
  for (const rows of inSlices([...blobs])) {
    await trx
      .insertInto('blob')
      .values(rows.map(([digest, content]) => ({ digest, content: cipher.encrypt(content) })))
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute();
  }
}

async function writeFiles(trx: Transaction<Database>, generation: Generation): Promise<void> {
  for (const rows of inSlices(generation.files)) {
    await trx
      .insertInto('catalog_file')
      .values(rows.map((file) => ({ path: file.path, body_json: encodeCatalogFile(file) })))
      .onConflict((conflict) =>
        conflict
          .column('path')
          .doUpdateSet((excluded) => ({ body_json: excluded.ref('excluded.body_json') })),
      )
      .execute();
  }
  for (const paths of inSlices(generation.removedFiles)) {
    await trx.deleteFrom('catalog_file').where('path', 'in', paths).execute();
  }
}

async function writeApplications(trx: Transaction<Database>, generation: Generation): Promise<void> {
  for (const rows of inSlices(generation.applications)) {
    await trx
      .insertInto('application')
      .values(
        rows.map((record) => ({
          application: record.application,
          cluster: record.cluster,
          digest: record.digest ?? null,
          render_key: record.renderKey ?? null,
          body_json: writeJson(record as unknown as Json),
        })),
      )
      .onConflict((conflict) =>
        conflict.column('application').doUpdateSet((excluded) => ({
          cluster: excluded.ref('excluded.cluster'),
          digest: excluded.ref('excluded.digest'),
          render_key: excluded.ref('excluded.render_key'),
          body_json: excluded.ref('excluded.body_json'),
        })),
      )
      .execute();
  }
  for (const names of inSlices(generation.removedApplications)) {
    await trx.deleteFrom('application').where('application', 'in', names).execute();
    await trx.deleteFrom('status').where('application', 'in', names).execute();
  }
}

async function writeHead(trx: Transaction<Database>, cluster: string, head: Head): Promise<void> {
  const change = diffHeads(await readHead(trx, cluster), head);
  await trx
    .insertInto('head')
    .values({ cluster, generation: head.generation })
    .onConflict((conflict) => conflict.column('cluster').doUpdateSet({ generation: head.generation }))
    .execute();
  for (const rows of inSlices(change.set)) {
    await trx
      .insertInto('head_entry')
      .values(rows.map((entry) => ({ cluster, application: entry.application, digest: entry.digest })))
      .onConflict((conflict) =>
        conflict
          .columns(['cluster', 'application'])
          .doUpdateSet((excluded) => ({ digest: excluded.ref('excluded.digest') })),
      )
      .execute();
  }
  for (const applications of inSlices(change.removed)) {
    await trx
      .deleteFrom('head_entry')
      .where('cluster', '=', cluster)
      .where('application', 'in', applications)
      .execute();
  }
}

/**
 * Drops what nothing can ask for any more: renders that no application uses beyond the newest `keptRenders`, then
 * blobs that neither a head nor a render names.
 */
export async function collectGarbage(trx: Transaction<Database>): Promise<void> {
  await trx
    .deleteFrom('render')
    .where('key', 'not in', (query) =>
      query
        .selectFrom('application')
        .select('render_key')
        .where('render_key', 'is not', null)
        .$castTo<{ render_key: string }>(),
    )
    .where('key', 'not in', (query) =>
      query.selectFrom('render').select('key').orderBy('saved_at', 'desc').limit(keptRenders),
    )
    .execute();
  await trx
    .deleteFrom('blob')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(selectFrom('head_entry').select('digest').whereRef('head_entry.digest', '=', 'blob.digest')),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('render').select('digest').whereRef('render.digest', '=', 'blob.digest'))),
    )
    .execute();
}

function inSlices<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const slices: T[][] = [];
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    slices.push(rows.slice(start, start + rowsPerStatement));
  }
  return slices;
}
