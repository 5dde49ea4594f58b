import Type from 'typebox';
import { answerAccess } from '../../access/answer.ts';
import type { Subject } from '../../access/subject.ts';
import type { Api, ApiContext } from '../context.ts';
import { demand, gateOf } from '../gate.ts';
import { AccessAnswerSchema } from '../schemas/access.ts';
import { ref } from '../schemas/schema.ts';

const CanQuery = Type.Object(
  {
    who: Type.String({ minLength: 1, description: 'A person, or a role such as `role:readonly`.' }),
    group: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        maxItems: 100,
        description: 'Groups of theirs; absent: those of their tokens.',
      }),
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
    async (request) => {
      const { group, ...asked } = request.query;
      const groups = group ?? knownGroups(context, asked.who);
      const { subject } = gateOf(context, request);
      if (!isAboutThemselves(subject, asked.who, groups)) demand(context, request, [asked.who]);
      return answerAccess(context.control.catalog(), { ...asked, groups });
    },
  );
}

/** Of everybody who holds a token by this name. */
function knownGroups({ people }: ApiContext, who: string): readonly string[] {
  const theirs = (people?.() ?? []).filter(({ subject }) => subject.name === who);
  return [...new Set(theirs.flatMap(({ subject }) => subject.groups))];
}

function isAboutThemselves(subject: Subject, who: string, groups: readonly string[]): boolean {
  if (subject.type === 'administrator' || subject.name !== who) return false;
  return groups.every((group) => subject.groups.includes(group));
}
