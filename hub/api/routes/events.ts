import type { ServerResponse } from 'node:http';
import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import type { HubEvent } from '../../ports.ts';
import { viewOf } from '../api-view.ts';
import { callerOf } from '../caller.ts';
import type { Api, ApiContext } from '../context.ts';
import { claimedSession } from '../sessions.ts';
import { whilePermitted } from '../while-permitted.ts';

const maxListeners = 500;
const heartbeatMs = 15_000;
/** A reader that is this far behind is dropped; it reconnects and reads anew, as events are only hints. */
const maxBacklogBytes = 1024 * 1024;

/** Live views: which things changed, never what they are now. Nothing is replayed: read anew after a reconnect. */
export function addEventRoute(api: Api, context: ApiContext, open: Set<ServerResponse>): void {
  api.addHook('preClose', async () => {
    for (const response of open) response.end();
  });
  api.get(
    '/events',
    {
      schema: {
        operationId: 'streamEvents',
        summary: 'Server-sent events of what changed: generation, application, drift, cluster, operation',
        produces: ['text/event-stream'],
        response: { 200: Type.String({ description: 'The event is the type, the data the event as JSON.' }) },
      },
    },
    async (request, reply) => {
      if (open.size >= maxListeners) {
        throw new AppError('unavailable', `${maxListeners} live views are open already`, {
          remedy: 'Close some, or try again later',
        });
      }
      const view = viewOf(context, request);
      reply.hijack();
      const response = reply.raw;
      open.add(response);
      const close = stream(response, view);
      const session = claimedSession(request);
      // A view that is left open doesn't outlive what let it in.
      const leftMs = session === undefined ? undefined : session.expiresMs - context.clock.now().getTime();
      const end = leftMs === undefined ? undefined : setTimeout(() => response.end(), leftMs);
      const stop = whilePermitted(
        () => callerOf(request).stands(),
        () => response.end(),
      );
      request.raw.once('close', () => {
        clearTimeout(end);
        stop();
        close();
        open.delete(response);
      });
    },
  );
}

/** Sends events until the answer ends. Gives what ends the subscription. */
function stream(response: ServerResponse, context: ApiContext): () => void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // Reverse proxies of nginx's family hold events back otherwise.
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n: connected\n\n');
  const write = (text: string): void => {
    if (response.writableLength > maxBacklogBytes) response.destroy();
    else response.write(text);
  };
  const unsubscribe = context.control.subscribe((event: HubEvent) => {
    write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  });
  const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs);
  return () => {
    clearInterval(heartbeat);
    unsubscribe();
  };
}
