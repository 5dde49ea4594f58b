import type { ServerResponse } from 'node:http';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify from 'fastify';
import { type Json, writeJson } from '../../core/json.ts';
import { admit, admitOperation, checkAsked } from './admit.ts';
import { packAnswer } from './answer-packing.ts';
import type { Api, ApiContext } from './context.ts';
import { type Credentials, createCredentials } from './credentials.ts';
import { answerError } from './error-answer.ts';
import { addAccessRoute } from './routes/access.ts';
import { addApplicationRoutes } from './routes/applications.ts';
import { addClusterRoutes } from './routes/clusters.ts';
import { addDecommissionRoutes } from './routes/decommission.ts';
import { addDriftRoutes } from './routes/drifts.ts';
import { addEventRoute } from './routes/events.ts';
import { addExplainRoute } from './routes/explain.ts';
import { addFleetRoutes } from './routes/fleet.ts';
import { addHealthRoutes } from './routes/health.ts';
import { addHistoryRoute } from './routes/history.ts';
import { addHoldRoutes } from './routes/holds.ts';
import { addIncidentRoute } from './routes/incidents.ts';
import { addLiveViewRoutes } from './routes/live-view.ts';
import { addLogsRoute } from './routes/logs.ts';
import { addMetricsRoute } from './routes/metrics.ts';
import { addNotificationRoutes } from './routes/notifications.ts';
import { addOperationRoutes } from './routes/operations.ts';
import { addOrphanRoutes } from './routes/orphans.ts';
import { addOverviewRoute } from './routes/overview.ts';
import { addPromotionRoute } from './routes/promotion.ts';
import { addRepositoryRoutes } from './routes/repositories.ts';
import { addRollbackRoutes } from './routes/rollback.ts';
import { addSessionRoutes } from './routes/session.ts';
import { addWebhookRoute } from './routes/webhook.ts';
import { ErrorSchema } from './schemas/common.ts';
import { components } from './schemas/components.ts';
import { ref } from './schemas/schema.ts';
import { Sessions } from './sessions.ts';
import { addWeb } from './web.ts';

/** Every body but a webhook's is a word or two. */
const maxBodyBytes = 64 * 1024;

/** The whole API, not yet listening. */
export async function createApi(context: ApiContext): Promise<Api> {
  const api = fastify({
    bodyLimit: maxBodyBytes,
    // A mistyped filter must not list everything.
    ajv: { customOptions: { removeAdditional: false } },
    routerOptions: { maxParamLength: 1000 },
    forceCloseConnections: true,
  }).withTypeProvider<TypeBoxTypeProvider>();
  // Values of objects are told as they are, with integers beyond 2^53.
  api.setSerializerCompiler(() => (value) => writeJson(value as Json));
  api.setErrorHandler((error, request, reply) => {
    const { status, body } = answerError(error);
    if (status === 500)
      context.log.error({ err: error, method: request.method, url: request.url }, 'request failed');
    return reply
      .code(status)
      .type('application/problem+json')
      .send(writeJson({ ...body }));
  });
  await addDocument(api);
  await addWeb(api);
  api.after(() => {
    const listeners = new Set<ServerResponse>();
    const credentials = createCredentials(context);
    addHealthRoutes(api, context);
    addMetricsRoute(api, context, credentials, () => listeners.size);
    api.register(
      async (scope) =>
        addRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), context, credentials, listeners),
      {
        prefix: '/api/v1',
      },
    );
  });
  await api.ready();
  return api;
}

function addRoutes(
  api: Api,
  context: ApiContext,
  credentials: Credentials,
  listeners: Set<ServerResponse>,
): void {
  api.get('/openapi.json', { schema: { hide: true } }, () => api.swagger());
  api.addHook('onSend', packAnswer);
  addWebhookRoute(api, context, credentials);
  const sessions = new Sessions(credentials);
  addSessionRoutes(api, context, credentials, sessions);
  api.register(async (scope) => {
    const secured = scope.withTypeProvider<TypeBoxTypeProvider>();
    secured.addHook('onRequest', async (request) => admit(request, context, credentials, sessions));
    secured.addHook('preHandler', async (request) => admitOperation(request));
    secured.addHook('onSend', async (request, reply) => checkAsked(request, reply.statusCode));
    addAccessRoute(secured, context);
    addApplicationRoutes(secured, context);
    addClusterRoutes(secured, context);
    addDecommissionRoutes(secured, context);
    addDriftRoutes(secured, context);
    addEventRoute(secured, context, listeners);
    addExplainRoute(secured, context);
    addFleetRoutes(secured, context);
    addHistoryRoute(secured, context);
    addHoldRoutes(secured, context);
    addLiveViewRoutes(secured, context);
    addLogsRoute(secured, context);
    addOperationRoutes(secured, context);
    addOrphanRoutes(secured, context);
    addOverviewRoute(secured, context);
    addPromotionRoute(secured, context);
    addNotificationRoutes(secured, context);
    addIncidentRoute(secured, context);
    addRepositoryRoutes(secured, context);
    addRollbackRoutes(secured, context);
  });
}

async function addDocument(api: Api): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fairlead',
        version: 'v1',
        description: 'What a fleet should run, what it runs, and what differs.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => String(schema['$id'] ?? `def-${index}`),
    },
  });
  for (const schema of components) api.addSchema(schema);
  // Every route may fail, in one shape.
  api.addHook('onRoute', (route) => {
    const schema = route.schema;
    if (schema?.response === undefined || schema.hide === true) return;
    const failed = {
      description: 'Why it failed.',
      content: { 'application/problem+json': { schema: ref(ErrorSchema) } },
    };
    route.schema = { ...schema, response: { ...(schema.response as object), '4xx': failed, '5xx': failed } };
  });
}
