import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import { nameOf } from '../../access/describe.ts';
import { Attempts } from '../attempts.ts';
import { bearerOf, requireToken } from '../authenticate.ts';
import type { Api, ApiContext } from '../context.ts';
import type { Credential, Credentials } from '../credentials.ts';
import { moment } from '../schemas/schema.ts';
import { type Sessions, sessionCookie, sessionLifetimeMs, type WebSession } from '../sessions.ts';

const SessionSchema = Type.Object({
  expiresAt: moment('When to sign in again.'),
  name: Type.String({ description: 'Who signed in.' }),
});

/** Signing in to the web UI: a token becomes a cookie that scripts can't read and other sites can't use. */
export function addSessionRoutes(
  api: Api,
  context: ApiContext,
  credentials: Credentials,
  sessions: Sessions,
): void {
  const attempts = new Attempts();
  api.post(
    '/session',
    {
      schema: {
        operationId: 'beginSession',
        summary: 'Begins a session of the web UI: a cookie that may read, and ask for a `diff`',
        description: `Takes the bearer token; the cookie ${sessionCookie} is HttpOnly and SameSite=Strict.`,
        response: { 201: SessionSchema },
      },
    },
    async (request, reply) => {
      const now = context.clock.now();
      const credential = findCredential(request, reply, { credentials, attempts, now });
      const { session, cookie } = sessions.begin(credential, now);
      reply.header('set-cookie', cookieHeader(request, cookie, sessionLifetimeMs / 1000));
      return reply.code(201).send(shown(session));
    },
  );
  api.get(
    '/session',
    {
      schema: {
        operationId: 'getSession',
        summary: 'The session that this browser has',
        response: { 200: SessionSchema },
      },
    },
    async (request) => {
      const session = sessions.of(request, context.clock.now());
      if (session !== undefined) return shown(session);
      throw new AppError('unauthenticated', 'there is no session, or it has ended', { remedy: 'Sign in' });
    },
  );
  api.delete(
    '/session',
    {
      schema: {
        operationId: 'endSession',
        summary: 'Ends the session',
        response: { 204: Type.Null({ description: 'The cookie is worth nothing from now on.' }) },
      },
    },
    async (request, reply) => {
      const session = sessions.of(request, context.clock.now());
      if (session !== undefined) sessions.end(session, context.clock.now());
      // What was read stays in no cache of the browser.
      reply.header('set-cookie', cookieHeader(request, '', 0)).header('clear-site-data', '"cache"');
      return reply.code(204).send(null);
    },
  );
}

/**
 * Throws AppError `unauthenticated` for a wrong token, and `throttled` after too many of them. The right one always opens:
 * else anybody could keep everybody out who comes by the same proxy.
 */
function findCredential(
  request: FastifyRequest,
  reply: FastifyReply,
  { credentials, attempts, now }: { credentials: Credentials; attempts: Attempts; now: Date },
): Credential {
  const found = credentials.find(bearerOf(request) ?? '');
  if (found !== undefined) return found;
  const wait = attempts.waitSeconds(request.ip, now);
  if (wait > 0) {
    reply.header('retry-after', wait);
    throw new AppError('throttled', 'too many wrong tokens came from this address', {
      subject: request.ip,
      remedy: `Try again in ${wait} s`,
    });
  }
  attempts.fail(request.ip, now);
  return requireToken(request, credentials);
}

function shown({ expiresMs, subject }: WebSession): { expiresAt: string; name: string } {
  return { expiresAt: new Date(expiresMs).toISOString(), name: nameOf(subject) };
}

/** Only over TLS may a cookie that came over TLS go back. */
function cookieHeader(request: FastifyRequest, value: string, maxAgeSeconds: number): string {
  const secure = cameByTls(request);
  const parts = [
    `${sessionCookie}=${value}`,
    'Path=/api',
    `Max-Age=${maxAgeSeconds}`,
    'HttpOnly',
    'SameSite=Strict',
  ];
  return [...parts, ...(secure ? ['Secure'] : [])].join('; ');
}

/**
 * The hub stands behind whatever ends TLS. The browser says itself which scheme its page has; a proxy may say it too, the
 * outermost of several first.
 */
function cameByTls({ headers }: FastifyRequest): boolean {
  const forwarded = String(headers['x-forwarded-proto'] ?? '');
  return headers.origin?.startsWith('https://') === true || /^https\s*(?:,|$)/i.test(forwarded);
}
