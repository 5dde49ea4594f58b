import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, sql, type Transaction } from 'kysely';
import { AppError } from '../../core/error.ts';
import { parseJson } from '../../core/json.ts';
import type { Epoch } from '../../core/session.ts';
import type { ApplicationRecord, StorePort } from '../ports.ts';
import { type Cipher, createCipher, createKey, readKey } from './cipher.ts';
import * as decommissions from './decommission-tables.ts';
import { StoreDialect } from './dialect.ts';
import * as fleet from './fleet-tables.ts';
import { listHistory } from './history-tables.ts';
import * as holds from './hold-tables.ts';
import * as identity from './identity-tables.ts';
import { migrate } from './migrate.ts';
import * as notifications from './notification-tables.ts';
import * as operations from './operation-tables.ts';
import { listOrphans } from './orphan-tables.ts';
import * as reports from './report-tables.ts';
import type { Database } from './schema.ts';

interface StoreOptions {
  /** A folder of its own: the database, and the key that encrypts contents unless `keyFile` names another. */
  readonly dir: string;
  readonly keyFile?: string;
  readonly clock: { now(): Date };
}

/** Garbage is collected at the start and once in so many generations, so that its cost is spread thin. */
const generationsPerCollection = 100;

/**
 * Opens the embedded store (SQLite, WAL, every commit synced) and appends an epoch. One process may have it open.
 * Throws AppError `invalid` for a damaged, newer or foreign file, `unavailable` for a folder that can't be written.
 */
export async function openStore(options: StoreOptions): Promise<StorePort> {
  const file = join(options.dir, 'fleet.sqlite');
  const db = openDatabase(options.dir, file);
  try {
    await migrate(db, file);
    const sealed = await readDigestKey(db);
    const keyFile = options.keyFile ?? join(options.dir, 'store.key');
    const cipher = createCipher(openKey(keyFile, { file, isNew: sealed === undefined }), keyFile);
    const digestKey = sealed === undefined ? await makeDigestKey(db, cipher) : cipher.decrypt(sealed);
    const epochs = await appendEpoch(db);
    await db.transaction().execute((trx) => fleet.collectGarbage(trx));
    return createStore(db, { cipher, digestKey, epochs, file, clock: options.clock });
  } catch (error) {
    await db.destroy();
    throw storeError(error, file);
  }
}

/** Only a new store gets a new key: one beside contents of another would make them unreadable for good. */
function openKey(keyFile: string, store: { readonly file: string; readonly isNew: boolean }): Uint8Array {
  const key = readKey(keyFile);
  if (key !== undefined) return key;
  if (store.isNew) return createKey(keyFile);
  throw new AppError('invalid', `the key of the store ${store.file} is missing`, {
    subject: keyFile,
    remedy:
      'Restore it from a backup; without one, move the store away: the hub rebuilds desired state from Git',
  });
}

function openDatabase(dir: string, file: string): Kysely<Database> {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const sqlite = new SqliteDatabase(file, { timeout: 200 });
    sqlite.pragma('journal_mode = WAL');
    // An acknowledged report is gone at the agent: it must survive a power cut here.
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('locking_mode = EXCLUSIVE');
    sqlite.exec('BEGIN IMMEDIATE; COMMIT');
    return new Kysely<Database>({ dialect: new StoreDialect(sqlite) });
  } catch (error) {
    throw storeError(error, file);
  }
}

async function readDigestKey(db: Kysely<Database>): Promise<Uint8Array | undefined> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', 'digest-key').executeTakeFirst();
  return row?.value;
}

async function makeDigestKey(db: Kysely<Database>, cipher: Cipher): Promise<Uint8Array> {
  const key = randomBytes(32);
  await fleet.writeMeta(db, 'digest-key', cipher.encrypt(key));
  return key;
}

async function appendEpoch(db: Kysely<Database>): Promise<readonly Epoch[]> {
  const known = await db.selectFrom('epoch').selectAll().orderBy('counter').execute();
  const next = { counter: (known.at(-1)?.counter ?? 0) + 1, nonce: randomBytes(12).toString('hex') };
  await db.insertInto('epoch').values(next).execute();
  return [...known, next];
}

interface StoreParts {
  readonly cipher: Cipher;
  readonly digestKey: Uint8Array;
  readonly epochs: readonly Epoch[];
  readonly file: string;
  readonly clock: { now(): Date };
}

function createStore(db: Kysely<Database>, parts: StoreParts): StorePort {
  let generationsSinceCollection = 0;
  const now = (): string => parts.clock.now().toISOString();

  async function write<T>(work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      throw storeError(error, parts.file);
    }
  }

  return {
    epochs: parts.epochs,
    digestKey: parts.digestKey,

    readFleet: () => fleet.readFleet(db),
    async saveGeneration(generation) {
      await write((trx) => fleet.writeGeneration(trx, generation, parts.cipher, now()));
      generationsSinceCollection += 1;
      if (generationsSinceCollection < generationsPerCollection) return;
      generationsSinceCollection = 0;
      await write((trx) => fleet.collectGarbage(trx));
    },
    async readRender(key) {
      const row = await db
        .selectFrom('render')
        .innerJoin('blob', 'blob.digest', 'render.digest')
        .select('render.digest')
        .where('key', '=', key)
        .executeTakeFirst();
      return row?.digest;
    },
    async readBlobs(digests) {
      const rows = await db.selectFrom('blob').selectAll().where('digest', 'in', digests).execute();
      return new Map(rows.map((row) => [row.digest, parts.cipher.decrypt(row.content)]));
    },
    readHead: (cluster) => fleet.readHead(db, cluster),

    saveReports: (cluster, list) => write((trx) => reports.writeReports(trx, cluster, list)),
    readAcknowledged: (cluster) => reports.readAcknowledged(db, cluster),
    saveContact: (cluster, contact) => write((trx) => reports.writeContact(trx, cluster, contact)),

    createToken: (token) => write((trx) => identity.writeToken(trx, token)),
    spendToken: (secretDigest, at) => write((trx) => identity.spendToken(trx, secretDigest, at)),
    saveEnrolled: (enrolled) => write((trx) => identity.writeEnrolled(trx, enrolled)),
    readEnrolled: (cluster) => identity.readEnrolled(db, cluster),

    createOperation: (operation) =>
      write((trx) => operations.writeOperation(trx, operation, { id: randomUUID(), now: now() })),
    readOperation: (id) => operations.readOperation(db, id),
    readPendingOperations: (cluster) => operations.readPendingOperations(db, cluster),
    listOperations: (filter) => operations.listOperations(db, filter),
    cancelOperation: (id, cancelledBy) => write((trx) => operations.cancelOperation(trx, id, cancelledBy)),

    listDecommissions: () => decommissions.listDecommissions(db),
    listDone: (cluster) => decommissions.listDone(db, cluster),
    saveProgress: (id, progress) => write((trx) => decommissions.writeProgress(trx, id, progress, now())),
    finishDecommission: (id, cluster, message) =>
      write((trx) => decommissions.finishDecommission(trx, id, cluster, { message, now: now() })),
    listDecommissioned: () => decommissions.listDecommissioned(db),

    createHold: (hold) =>
      write((trx) => holds.writeHold(trx, hold, { id: randomBytes(4).toString('hex'), now: now() })),
    endHold: (id, by) => write((trx) => holds.endHold(trx, id, { by, now: now() })),
    readRunningHolds: (cluster) => holds.readRunningHolds(db, cluster, now()),
    listHolds: () => holds.listHolds(db),

    listClusterStatus: () => reports.listClusterStatus(db),
    listEnrolled: () => identity.listEnrolled(db),
    listApplications: () => fleet.listApplications(db),
    async readApplication(application) {
      const row = await db
        .selectFrom('application')
        .select('body_json')
        .where('application', '=', application)
        .executeTakeFirst();
      return row === undefined ? undefined : (parseJson(row.body_json) as unknown as ApplicationRecord);
    },
    readStatuses: (applications) => reports.readStatuses(db, applications),
    listFinishedRemovals: () => reports.listFinishedRemovals(db),
    listHistory: (application) => listHistory(db, application),
    listDrifts: (filter) => reports.listDrifts(db, filter),
    readDrift: (id) => reports.readDrift(db, id),
    listOrphans: (project) => listOrphans(db, project),

    readIncidents: (filter) => notifications.readIncidents(db, filter),
    saveIncidents: (update) => write((trx) => notifications.writeIncidents(trx, update, now())),
    listDriftNews: () => notifications.listDriftNews(db),
    readOutbox: () => notifications.readOutbox(db),
    saveAttempt: (attempt) => write((trx) => notifications.writeAttempt(trx, attempt)),
    listLastDeliveries: () => notifications.listLastDeliveries(db),
    deleteReceiver: (name) => write((trx) => notifications.deleteReceiver(trx, name)),
    collectIncidents: (before) => write((trx) => notifications.collectIncidents(trx, before)),
    async size() {
      const pages = await sql<{ bytes: number }>`
        select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`.execute(db);
      return pages.rows[0]?.bytes ?? 0;
    },
    close: () => db.destroy(),
  };
}

/** What went wrong with the file, in words that say what to do. */
function storeError(error: unknown, file: string): AppError {
  if (error instanceof AppError) return error;
  const code = (error as { code?: string }).code ?? '';
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return new AppError('unavailable', 'the disk is full; nothing was changed', {
      subject: file,
      remedy: 'Free space on this volume; the hub goes on by itself',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new AppError('unavailable', `the disk can't be read or written; nothing was changed (${code})`, {
      subject: file,
      remedy: 'See whether it is full, over a quota, read-only or failing; the hub goes on by itself',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new AppError('conflict', 'another process has this store open', {
      subject: file,
      remedy: 'Stop the other hub, or give this one a data folder of its own',
      cause: error,
    });
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new AppError('invalid', `the store is damaged: ${message}`, {
      subject: file,
      remedy: 'Restore it from a backup, or move it away: the hub rebuilds desired state from Git',
      cause: error,
    });
  }
  return new AppError('unavailable', `the store can't be used: ${message}`, {
    subject: file,
    remedy: 'Check that the folder exists and can be written by this user',
    cause: error,
  });
}
