import type { Kysely, Transaction } from 'kysely';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { OrphanFinds } from '../../core/orphans.ts';
import type { StoredOrphans } from '../session/orphan-store.ts';
import type { Database } from './schema.ts';

/** The newest of a project in a namespace replaces all before it; one that ended is dropped. */
export async function writeOrphans(
  trx: Transaction<Database>,
  cluster: string,
  finds: OrphanFinds,
): Promise<void> {
  const { project, namespace } = finds;
  if (finds.ended === true) {
    await trx
      .deleteFrom('orphans')
      .where('project', '=', project)
      .where('cluster', '=', cluster)
      .where('namespace', '=', namespace)
      .execute();
    return;
  }
  const body_json = writeJson(finds as unknown as Json);
  await trx
    .insertInto('orphans')
    .values({ cluster, project, namespace, body_json })
    .onConflict((conflict) =>
      conflict.columns(['project', 'cluster', 'namespace']).doUpdateSet({ body_json }),
    )
    .execute();
}

export async function listOrphans(db: Kysely<Database>, project: string): Promise<readonly StoredOrphans[]> {
  const rows = await db
    .selectFrom('orphans')
    .select(['cluster', 'body_json'])
    .where('project', '=', project)
    .orderBy('cluster')
    .orderBy('namespace')
    .execute();
  return rows.map(({ cluster, body_json }) => ({
    ...(parseJson(body_json) as unknown as OrphanFinds),
    cluster,
  }));
}
