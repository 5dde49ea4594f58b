import Type from 'typebox';
import { applicationObject } from '../../access/objects.ts';
import { viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { findApplication } from '../find-application.ts';
import { demand } from '../gate.ts';
import { AuthorSchema, ProposalSchema } from '../schemas/proposal.ts';
import { moment, ref } from '../schemas/schema.ts';
import { KeyParams } from './applications.ts';

const target = {
  to: Type.Optional(
    Type.String({ description: 'An entry of the history: its commit, or at least 6 characters of it.' }),
  ),
  before: Type.Optional(moment('The entry that was applied last before this moment.')),
};

const TargetQuery = Type.Object(target, { additionalProperties: false });
const Body = Type.Object(
  { ...target, author: Type.Optional(ref(AuthorSchema)) },
  { additionalProperties: false },
);

const what =
  'The files of one application as they were at an earlier entry of its history; without `to` and `before`, at the last one that was applied and is not what Git says now.';

export function addRollbackRoutes(api: Api, context: ApiContext): void {
  const { control } = context;
  api.get(
    '/applications/:key/rollback',
    {
      schema: {
        operationId: 'previewRollback',
        summary: 'What a rollback would write',
        description: what,
        params: KeyParams,
        querystring: TargetQuery,
        response: { 200: ref(ProposalSchema) },
      },
    },
    async (request) => {
      const { params, query } = request;
      const { application } = await findApplication(viewOf(context, request).store, params.key);
      return control.rollback(application, { ...query, dryRun: true });
    },
  );
  api.post(
    '/applications/:key/rollback',
    {
      schema: {
        operationId: 'rollBackApplication',
        summary: 'Proposes a rollback: a branch, and a pull request where the Git host is configured',
        description: what,
        params: KeyParams,
        body: Body,
        response: { 200: ref(ProposalSchema) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const { store } = viewOf(context, request);
      const { application, project } = await findApplication(store, params.key);
      demand(context, request, [applicationObject(application, project)]);
      return control.rollback(application, { ...body, dryRun: false });
    },
  );
}
