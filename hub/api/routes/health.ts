import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import type { Api, ApiContext } from '../context.ts';
import { ReadinessSchema } from '../schemas/fleet.ts';
import { ref, type Value } from '../schemas/schema.ts';

type Check = Value<typeof ReadinessSchema>['checks'][number];

export function addHealthRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/healthz',
    {
      schema: {
        operationId: 'getHealthz',
        summary: 'Whether the process answers',
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' }) as const,
  );
  api.get(
    '/readyz',
    {
      schema: {
        operationId: 'getReadyz',
        summary: 'Whether the hub can do its work, with reasons',
        security: [],
        response: { 200: ref(ReadinessSchema), 503: ref(ReadinessSchema) },
      },
    },
    async (_request, reply) => {
      const checks = [await checkStore(context), checkPass(context), checkFleetRepository(context)];
      const ready = checks.every((check) => check.status !== 'fail');
      return reply.code(ready ? 200 : 503).send({ ready, checks });
    },
  );
}

async function checkStore(context: ApiContext): Promise<Check> {
  try {
    await context.store.listEnrolled();
    return { name: 'store', status: 'ok', message: 'the store can be read' };
  } catch (error) {
    return { name: 'store', status: 'fail', message: AppError.from(error).message };
  }
}

function checkPass({ control }: ApiContext): Check {
  const name = 'last-pass';
  const pass = control.lastPass();
  if (pass !== undefined) {
    return { name, status: 'ok', message: `commit ${pass.commit.id.slice(0, 7)} at ${pass.at}` };
  }
  const message = 'no pass over the fleet repository has ended yet';
  return control.catalog() === undefined
    ? { name, status: 'fail', message }
    : { name, status: 'warn', message: `${message} since the start: the last good state counts` };
}

/**
 * A fleet repository that is away doesn't make a hub unready that has a good state, of this start or an earlier one:
 * agents still need it.
 */
function checkFleetRepository(context: ApiContext): Check {
  const name = 'fleet-repository';
  const { fleetRepository, control } = context;
  const source = control
    .sources()
    .find((state) => fleetRepository === undefined || state.url === fleetRepository);
  if (source === undefined) return { name, status: 'fail', message: 'it has not been fetched yet' };
  if (source.problem === undefined)
    return { name, status: 'ok', message: `fetched ${source.fetchedAt ?? ''}`.trim() };
  const hasState = source.fetchedAt !== undefined || control.catalog() !== undefined;
  const status = hasState ? 'warn' : 'fail';
  const { url, problem } = source;
  return { name, status, message: problem.startsWith(url) ? problem : `${url}: ${problem}` };
}
