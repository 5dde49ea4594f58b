import Type from 'typebox';
import { explain } from '../../explain/explain.ts';
import { viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { findExplained } from '../find-explained.ts';
import { readLinks, viewerOf } from '../fleet-view.ts';
import { viewerQuery } from '../schemas/common.ts';
import { ExplanationSchema } from '../schemas/explanation.ts';
import { ref } from '../schemas/schema.ts';

const ExplainQuery = Type.Object(
  {
    ...viewerQuery,
    target: Type.String({
      minLength: 1,
      description:
        'An application (`name`, `cluster/name`, `namespace/name`) or an object (`Kind/name`, `Kind/namespace/name`, each also after `cluster/`).',
    }),
  },
  { additionalProperties: false },
);

export function addExplainRoute(api: Api, context: ApiContext): void {
  api.get(
    '/explain',
    {
      schema: {
        operationId: 'explain',
        summary: 'From the commit to health: what holds an application or an object back, and what to do',
        querystring: ExplainQuery,
        response: { 200: ref(ExplanationSchema) },
      },
    },
    async (request) => {
      const { store } = viewOf(context, request);
      const { record, object } = await findExplained(store, request.query.target);
      const statuses = await context.store.readStatuses([record.application]);
      const links = await readLinks(context);
      return explain({
        record,
        status: statuses.get(record.application),
        link: links(record.cluster),
        catalog: context.control.catalog(),
        fleet: context.control.sources().find(({ url }) => url === context.fleetRepository),
        fleetCommit: context.control.lastPass()?.commit.id,
        ...(object === undefined ? {} : { object }),
        viewer: viewerOf(context, request.query),
      });
    },
  );
}
