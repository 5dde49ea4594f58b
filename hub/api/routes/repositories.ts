import Type from 'typebox';
import type { Api, ApiContext } from '../context.ts';
import { demand, gateOf } from '../gate.ts';
import { seesRepositories } from '../permissions.ts';
import { RepositorySchema, RepositoryTestSchema } from '../schemas/repository.ts';
import { listOf, ref } from '../schemas/schema.ts';

export function addRepositoryRoutes(api: Api, context: ApiContext): void {
  const { repositories } = context;
  api.get(
    '/repositories',
    {
      schema: {
        operationId: 'listRepositories',
        summary: 'Repositories that the hub reads: the catalog’s first, then the others by URL',
        response: { 200: listOf(RepositorySchema, 'How each was read last, and with which credentials.') },
      },
    },
    async (request) => {
      const gate = gateOf(context, request);
      const all = await repositories.list();
      return { items: all.filter(({ url }) => gate.may(seesRepositories, [url])) };
    },
  );
  api.post(
    '/repositories/test',
    {
      schema: {
        operationId: 'testRepository',
        summary: 'Goes the way to a repository step by step; nothing is fetched or kept',
        body: Type.Object(
          { url: Type.String({ minLength: 1, description: 'Without user and password.' }) },
          { additionalProperties: false },
        ),
        response: { 200: ref(RepositoryTestSchema) },
      },
    },
    (request) => {
      const { url } = request.body;
      demand(context, request, [url]);
      return repositories.test(url);
    },
  );
}
