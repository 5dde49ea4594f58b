import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import type { Operation } from '../../../core/operation.ts';
import { applicationObject } from '../../access/objects.ts';
import type { StorePort } from '../../ports.ts';
import { viewOf } from '../api-view.ts';
import { requester } from '../caller.ts';
import type { Api, ApiContext } from '../context.ts';
import { findApplication } from '../find-application.ts';
import { clusterNames, demand } from '../gate.ts';
import { OperationSchema } from '../schemas/operation.ts';
import { listOf, ref, words } from '../schemas/schema.ts';
import { withProgress } from '../with-progress.ts';

const IdParams = Type.Object({ id: Type.String() });

const ListQuery = Type.Object(
  {
    state: Type.Optional(words(['open', 'all'], { description: 'Those without a result, if absent.' })),
    application: Type.Optional(Type.String({ description: 'Its key, or its name where only one has it.' })),
    cluster: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  },
  { additionalProperties: false },
);

/** What people asked of agents: all of it, one, and the end of one. Asking stands with the applications. */
export function addOperationRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/operations',
    {
      schema: {
        operationId: 'listOperations',
        summary: 'What people asked for, newest first',
        querystring: ListQuery,
        response: { 200: listOf(OperationSchema, 'The newest, as many as `limit`.') },
      },
    },
    async (request) => {
      const { query } = request;
      const { store } = viewOf(context, request);
      const { state = 'open', application: key, cluster, limit = 100 } = query;
      const application = key === undefined ? undefined : (await findApplication(store, key)).application;
      const items = await store.listOperations({
        state,
        limit,
        ...(application === undefined ? {} : { application }),
        ...(cluster === undefined ? {} : { cluster }),
      });
      return { items: await Promise.all(items.map((item) => withProgress(context, item))) };
    },
  );
  api.get(
    '/operations/:id',
    {
      schema: {
        operationId: 'getOperation',
        summary: 'An operation and its result so far',
        params: IdParams,
        response: { 200: ref(OperationSchema) },
      },
    },
    async (request) => {
      const { store } = viewOf(context, request);
      return withProgress(context, await findOperation(store, request.params.id));
    },
  );
  api.post(
    '/operations/:id/cancel',
    {
      schema: {
        operationId: 'cancelOperation',
        summary: 'Asks the agent to end an operation; its final result comes when it has',
        params: IdParams,
        response: { 202: ref(OperationSchema) },
      },
    },
    async (request, reply) => {
      const { store } = viewOf(context, request);
      const operation = await findOperation(store, request.params.id);
      demand(context, request, await objectsOf(context, operation), operation.request.type);
      return reply.code(202).send(await context.control.cancel(operation.id, requester(request)));
    },
  );
}

async function findOperation(store: StorePort, id: string): Promise<Operation> {
  const operation = await store.readOperation(id);
  if (operation !== undefined) return operation;
  throw new AppError('not-found', 'there is no such operation', {
    subject: id,
    remedy: 'See `fairlead operation list --state all`',
  });
}

async function objectsOf(
  context: ApiContext,
  { application, cluster }: Operation,
): Promise<readonly string[]> {
  if (application === '') return clusterNames(context, cluster);
  const record = await context.store.readApplication(application);
  return [applicationObject(application, record?.project ?? '')];
}
