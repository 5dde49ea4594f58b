import Type from 'typebox';
import { applicationObject } from '../../access/objects.ts';
import { viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { demand } from '../gate.ts';
import { AuthorSchema, ProposalSchema } from '../schemas/proposal.ts';
import { ref } from '../schemas/schema.ts';

const KeyParams = Type.Object({
  key: Type.String({
    description:
      'What the applications of all environments are called (`payments`), or one of them: `namespace/name` with `/` as `%2F`, `name` or `cluster%2Fname`.',
  }),
});

const Body = Type.Object(
  {
    from: Type.String({ description: 'The environment whose images are to run.' }),
    to: Type.String({ description: 'The environment that is to be changed.' }),
    fromCluster: Type.Optional(
      Type.String({ description: 'Which cluster of `from` counts, where they run different images.' }),
    ),
    allowUnhealthy: Type.Optional(
      Type.Boolean({
        description: 'Promote what Git says in `from`, though it is not Synced, Healthy and without drift.',
      }),
    ),
    author: Type.Optional(ref(AuthorSchema)),
    dryRun: Type.Optional(Type.Boolean({ description: 'Work it out and write nothing.' })),
  },
  { additionalProperties: false },
);

export function addPromotionRoute(api: Api, context: ApiContext): void {
  const { control } = context;
  api.post(
    '/applications/:key/promotion',
    {
      schema: {
        operationId: 'promoteApplication',
        summary: 'Proposes that one environment runs what another one runs',
        params: KeyParams,
        body: Body,
        response: { 200: ref(ProposalSchema) },
      },
    },
    (request) => {
      const { params, body } = request;
      const { gate } = viewOf(context, request);
      const { author, fromCluster, allowUnhealthy = false, dryRun = false, from, to } = body;
      return control.promote({
        key: params.key,
        from,
        to,
        allowUnhealthy,
        dryRun,
        sees: (member) => gate.seesApplication(member),
        demand(member) {
          const object = applicationObject(member.application, member.project);
          demand(context, request, [object], dryRun ? 'preview' : 'write');
        },
        ...(fromCluster === undefined ? {} : { fromCluster }),
        ...(author === undefined ? {} : { author }),
      });
    },
  );
}
