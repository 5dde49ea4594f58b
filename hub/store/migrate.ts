import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { AppError } from '../../core/error.ts';
import { initTables } from './migrations/001-init.ts';
import { createHistory } from './migrations/002-history.ts';
import { addNotifications } from './migrations/003-notifications.ts';
import { addHolds } from './migrations/004-holds.ts';
import { addCancellations } from './migrations/006-cancelled-operations.ts';
import { addDecommissions } from './migrations/007-decommissions.ts';
import { addCompletions } from './migrations/008-completions.ts';
import { addOrphans } from './migrations/009-orphans.ts';
import { addSourceCommits } from './migrations/010-source-commits.ts';

/** Numbered and only ever appended to: a store that has met a migration keeps it. */
const migrations = {
  '001-init': { up: initTables },
  '002-history': { up: createHistory },
  '003-notifications': { up: addNotifications },
  '004-holds': { up: addHolds },
  '006-cancelled-operations': { up: addCancellations },
  '007-decommissions': { up: addDecommissions },
  '008-completions': { up: addCompletions },
  '009-orphans': { up: addOrphans },
  '010-source-commits': { up: addSourceCommits },
};

/**
 * Brings a store's tables to this version. Throws AppError `invalid` where the store is newer or a step fails, and the
 * disk's own error where that is to blame.
 */
export async function migrate<Tables>(db: Kysely<Tables>, file: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (/^SQLITE_(FULL|IOERR)/.test(String((error as { readonly code?: unknown }).code))) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new AppError('invalid', `the store can't be brought to this version: ${reason}`, {
    subject: file,
    remedy: 'Run the version of Fairlead that wrote it, or restore a backup of the file',
    cause: error,
  });
}
