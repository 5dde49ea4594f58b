import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';
import { hasToken, requireToken } from './authenticate.ts';
import type { ApiContext } from './context.ts';
import { type Sessions, sessionCookie } from './sessions.ts';

/** The one thing that a session may ask for besides reading: a comparison, which writes nothing. */
const operationsRoute = '/api/v1/applications/:key/operations';

/**
 * Lets a request in by its bearer token, or by the session of the web UI, which may only read. Throws AppError
 * `unauthenticated`, or `denied` where a session asks for more.
 */
export function admit(request: FastifyRequest, context: ApiContext, sessions: Sessions): void {
  const hasCookie = request.headers.cookie?.includes(`${sessionCookie}=`) === true;
  if (request.headers.authorization !== undefined || !hasCookie) {
    requireToken(request, context.tokens);
    return;
  }
  if (sessions.of(request, context.clock.now()) === undefined) {
    throw new AppError('unauthenticated', 'the session has ended', { remedy: 'Sign in again' });
  }
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!reads && request.routeOptions.url !== operationsRoute) throw readingOnly();
}

/** After the body is known: of the operations, a session may only ask for a `diff`. */
export function admitOperation(request: FastifyRequest, context: ApiContext): void {
  if (request.method !== 'POST' || hasToken(request, context.tokens)) return;
  const { type } = (request.body ?? {}) as { readonly type?: unknown };
  if (type !== 'diff') throw readingOnly();
}

function readingOnly(): AppError {
  return new AppError('denied', 'a session of the web UI may only read, and compare Git with a cluster', {
    remedy: 'Use the CLI with a token; each page shows the command',
  });
}
