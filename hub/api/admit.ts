import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';
import { requireToken } from './authenticate.ts';
import { callerOf, noteCaller, noteTokenHolder } from './caller.ts';
import type { ApiContext } from './context.ts';
import type { Credentials } from './credentials.ts';
import { hasAsked } from './gate.ts';
import { type Sessions, sessionCookie } from './sessions.ts';

/** The one thing that a session may ask for besides reading: a comparison, which writes nothing. */
const operationsRoute = '/api/v1/applications/:key/operations';

/**
 * Lets a request in by its bearer token, or by the session of the web UI, which may only read. Throws AppError
 * `unauthenticated`, or `denied` where a session asks for more.
 */
export function admit(
  request: FastifyRequest,
  { clock }: Pick<ApiContext, 'clock'>,
  credentials: Credentials,
  sessions: Sessions,
): void {
  const hasCookie = request.headers.cookie?.includes(`${sessionCookie}=`) === true;
  if (request.headers.authorization !== undefined || !hasCookie) {
    noteTokenHolder(request, requireToken(request, credentials), credentials);
    return;
  }
  const session = sessions.of(request, clock.now());
  if (session === undefined) {
    throw new AppError('unauthenticated', 'the session has ended', { remedy: 'Sign in again' });
  }
  const stands = (): boolean => sessions.of(request, clock.now()) !== undefined;
  noteCaller(request, { subject: session.subject, by: 'session', stands });
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!reads && request.routeOptions.url !== operationsRoute) throw readingOnly();
}

/** After the body is known: of the operations, a session may only ask for a `diff`. */
export function admitOperation(request: FastifyRequest): void {
  if (request.method !== 'POST' || callerOf(request).by === 'token') return;
  const { type } = (request.body ?? {}) as { readonly type?: unknown };
  if (type !== 'diff') throw readingOnly();
}

/** Nothing leaves by a route that has not asked what its caller may. Throws AppError `internal`: it is a defect. */
export function checkAsked(request: FastifyRequest, status: number): void {
  if (status >= 400 || hasAsked(request)) return;
  throw new AppError('internal', 'this route answers without asking what its caller may');
}

function readingOnly(): AppError {
  return new AppError('denied', 'a session of the web UI may only read, and compare Git with a cluster', {
    remedy: 'Use the CLI with a token; each page shows the command',
  });
}
