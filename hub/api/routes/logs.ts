import type { ServerResponse } from 'node:http';
import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import type { LogRecord } from '../../../core/live-view.ts';
import type { LogsRequest } from '../../../core/query.ts';
import { askAgent } from '../ask-agent.ts';
import type { Api, ApiContext } from '../context.ts';
import { answerError } from '../error-answer.ts';
import { claimedSession } from '../sessions.ts';
import { tellParts } from '../tell-parts.ts';
import { whilePermitted } from '../while-permitted.ts';
import { KeyParams } from './applications.ts';
import { ObjectParam, refOf } from './live-view.ts';

/** Readers of logs at a time, over the whole fleet. */
const maxReaders = 100;

const LogsQuery = Type.Object(
  {
    object: Type.Optional(ObjectParam),
    container: Type.Optional(
      Type.String({ maxLength: 253, description: 'The one that each pod names first, if absent.' }),
    ),
    follow: Type.Optional(Type.Boolean({ description: 'Go on with what comes, until the caller goes.' })),
    previous: Type.Optional(Type.Boolean({ description: 'Of the run before the last restart.' })),
    tailLines: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    sinceSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
  },
  { additionalProperties: false },
);

/** Logs of pods, as they come; the agent goes on no faster than they are read here. */
export function addLogsRoute(api: Api, context: ApiContext): void {
  const open = new Set<ServerResponse>();
  api.addHook('preClose', async () => {
    for (const response of open) response.destroy();
  });
  api.get(
    '/applications/:key/logs',
    {
      schema: {
        operationId: 'streamLogs',
        summary: 'Logs of the pods of the application, or of one object, one JSON record to a line',
        params: KeyParams,
        querystring: LogsQuery,
        produces: ['application/x-ndjson'],
        response: {
          200: Type.String({
            description:
              'Records of type `source`, `line`, `dropped`, `note` and `error`, one to a line; an `error` is the last. Empty lines mean that the connection is alive.',
          }),
        },
      },
    },
    async (request, reply) => {
      if (open.size >= maxReaders) {
        throw new AppError('unavailable', `${maxReaders} logs are read already`, {
          remedy: 'Close some, or try again later',
        });
      }
      const logs = logsOf(request.query);
      const gone = new AbortController();
      const { answer, permitted } = await askAgent(
        context,
        request,
        (application) => ({ ...logs, application }),
        gone.signal,
      );
      // What is wrong at once is told with a status of its own.
      const parts = answer[Symbol.asyncIterator]();
      const response = reply.raw;
      const leave = (): void => gone.abort(new AppError('cancelled', 'the reader went away'));
      request.raw.socket.once('close', leave);
      // It may have gone while the application was looked up.
      if (request.raw.socket.destroyed) leave();
      const session = claimedSession(request);
      const leftMs = session === undefined ? undefined : session.expiresMs - context.clock.now().getTime();
      const end = leftMs === undefined ? undefined : setTimeout(leave, leftMs);
      const stop = whilePermitted(permitted, leave);
      open.add(response);
      try {
        const first = await parts.next();
        reply.hijack();
        await tell(response, first, parts);
      } finally {
        open.delete(response);
        clearTimeout(end);
        stop();
        request.raw.socket.off('close', leave);
        gone.abort();
      }
    },
  );
}

function logsOf({
  object,
  follow = false,
  previous = false,
  ...rest
}: {
  readonly object?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly container?: string;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
}): Omit<LogsRequest, 'application'> {
  if (follow && previous) {
    throw new AppError('invalid', 'a run that is over has nothing to follow', {
      remedy: 'Ask for previous, or for follow',
    });
  }
  const mode = follow ? 'follow' : previous ? 'previous' : 'now';
  return { type: 'logs', mode, ...(object === undefined ? {} : { object: refOf(object) }), ...rest };
}

async function tell(
  response: ServerResponse,
  first: IteratorResult<Uint8Array>,
  parts: AsyncIterator<Uint8Array>,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    // Reverse proxies of nginx's family hold lines back otherwise.
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  await tellParts(response, first, parts, {
    errorLine(caught) {
      const record: LogRecord = { type: 'error', error: answerError(caught).body };
      return `${JSON.stringify(record)}\n`;
    },
  });
}
