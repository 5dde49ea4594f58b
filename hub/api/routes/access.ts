import Type from 'typebox';
import { answerAccess } from '../../access/answer.ts';
import type { Api, ApiContext } from '../context.ts';
import { AccessAnswerSchema } from '../schemas/access.ts';
import { ref } from '../schemas/schema.ts';

const CanQuery = Type.Object(
  {
    who: Type.String({ minLength: 1, description: 'A person, or a role such as `role:readonly`.' }),
    group: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { maxItems: 100, description: 'Groups of theirs.' }),
    ),
    verb: Type.String({ minLength: 1, description: '`get`, `sync`, `action/apps/Deployment/restart`, …' }),
    resource: Type.String({ minLength: 1, description: '`applications`, `logs`, `clusters`, `projects`, …' }),
    object: Type.Optional(
      Type.String({ description: '`PROJECT/NAME`, or a name; absent: one of no particular name.' }),
    ),
  },
  { additionalProperties: false },
);

export function addAccessRoute(api: Api, context: ApiContext): void {
  api.get(
    '/access/can',
    {
      schema: {
        operationId: 'canAccess',
        summary: 'Whether somebody may do something, and which line of a policy says so',
        querystring: CanQuery,
        response: { 200: ref(AccessAnswerSchema) },
      },
    },
    async ({ query }) => {
      const { group: groups = [], ...asked } = query;
      return answerAccess(context.control.catalog(), { ...asked, groups });
    },
  );
}
