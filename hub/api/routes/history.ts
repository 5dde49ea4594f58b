import { type HistoryEntry, judgeHistory } from '../../promotion/history.ts';
import { viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { findApplication } from '../find-application.ts';
import { HistoryEntrySchema } from '../schemas/history.ts';
import { listOf, type Value } from '../schemas/schema.ts';
import { KeyParams } from './applications.ts';

export function addHistoryRoute(api: Api, context: ApiContext): void {
  api.get(
    '/applications/:key/history',
    {
      schema: {
        operationId: 'listHistory',
        summary: 'Which commits changed what an application runs, newest first',
        params: KeyParams,
        response: { 200: listOf(HistoryEntrySchema, 'The newest 100 entries.') },
      },
    },
    async (request) => {
      const { application } = await findApplication(viewOf(context, request).store, request.params.key);
      const records = await context.store.listHistory(application);
      return { items: judgeHistory(records).map(shown) };
    },
  );
}

/** The fleet repository's commit only where it tells more than the source's. */
function shown(entry: HistoryEntry): Value<typeof HistoryEntrySchema> {
  const { objectsDigest: _objects, fleetCommit, sources, ...rest } = entry;
  const fields = { ...rest, ...(sources === undefined ? {} : { sources: [...sources] }) };
  return fleetCommit.id === entry.commit.id ? fields : { ...fields, fleetCommit };
}
