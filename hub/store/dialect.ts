import type SqliteDatabase from 'better-sqlite3';
import { type Driver, SqliteDialect } from 'kysely';

/**
 * Kysely's dialect on a database that may have ended its transaction by itself, as SQLite does on a full disk: rolling
 * back again would fail, and that failure would stand where the cause belongs (https://sqlite.org/lang_transaction.html,
 * "Response To Errors Within A Transaction").
 */
export class StoreDialect extends SqliteDialect {
  readonly #sqlite: SqliteDatabase.Database;

  constructor(sqlite: SqliteDatabase.Database) {
    super({ database: sqlite });
    this.#sqlite = sqlite;
  }

  override createDriver(): Driver {
    const driver = super.createDriver();
    const rollback = driver.rollbackTransaction.bind(driver);
    driver.rollbackTransaction = async (connection) => {
      if (this.#sqlite.inTransaction) await rollback(connection);
    };
    return driver;
  }
}
