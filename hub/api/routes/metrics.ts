import { bearerOf, requireToken } from '../authenticate.ts';
import { noteTokenHolder } from '../caller.ts';
import type { Api, ApiContext } from '../context.ts';
import type { Credentials } from '../credentials.ts';
import { equalText } from '../equal-text.ts';
import { demand } from '../gate.ts';
import { createMetrics } from '../metrics.ts';

/** What Prometheus scrapes. Names of applications' environments and clusters are no secret, and nobody's business either. */
export function addMetricsRoute(
  api: Api,
  context: ApiContext,
  credentials: Credentials,
  listeners: () => number,
): void {
  let metrics: ReturnType<typeof createMetrics> | undefined;
  const { metricsToken } = context;
  const schema = { hide: true, operationId: 'getMetrics' };
  api.get('/metrics', { schema }, async (request, reply) => {
    if (metricsToken === undefined || !equalText(bearerOf(request) ?? '', metricsToken)) {
      noteTokenHolder(request, requireToken(request, credentials), credentials);
      demand(context, request, ['*/*'], 'applications');
      demand(context, request, ['*'], 'clusters');
    }
    metrics ??= createMetrics(context, listeners);
    reply.type(metrics.contentType).serializer(String);
    return metrics.read();
  });
}
