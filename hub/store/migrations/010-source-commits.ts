import type { Kysely } from 'kysely';

/** The commits of all sources that a desired state was made from, where one doesn't tell all. */
export async function addSourceCommits(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('history').addColumn('source_commits_json', 'text').execute();
}
