import { requireToken } from '../authenticate.ts';
import type { Api, ApiContext } from '../context.ts';
import { createMetrics } from '../metrics.ts';

/** What Prometheus scrapes. Names of applications' environments and clusters are no secret, and nobody's business either. */
export function addMetricsRoute(api: Api, context: ApiContext, listeners: () => number): void {
  let metrics: ReturnType<typeof createMetrics> | undefined;
  const { metricsToken } = context;
  const tokens = [...context.tokens, ...(metricsToken === undefined ? [] : [metricsToken])];
  api.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    requireToken(request, tokens);
    metrics ??= createMetrics(context, listeners);
    reply.type(metrics.contentType).serializer(String);
    return metrics.read();
  });
}
