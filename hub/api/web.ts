import serveStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';
import type { Api } from './context.ts';
import { findWebFolder } from './web-folder.ts';

/**
 * Nothing but our own files: no inline script or style, no other host, no frame, no form, no plug-in. Trusted types
 * make it impossible that a text ever becomes markup or a script.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/** In the bundle's folder every name carries the digest of its content. */
const hashedFolder = '/assets/';
const oneYearSeconds = 365 * 24 * 60 * 60;

/** Serves the web UI: its files, and its one page for every address that isn't the API's. */
export async function addWeb(api: Api): Promise<void> {
  const folder = findWebFolder();
  api.addHook('onSend', async (_request, reply) => {
    reply.headers(securityHeaders);
  });
  if (folder === undefined) {
    api.setNotFoundHandler((request, reply) =>
      wantsPage(request) ? sendUnbuilt(reply) : nothingThere(request),
    );
    return;
  }
  await api.register(serveStatic, {
    root: folder,
    preCompressed: true,
    index: false,
    cacheControl: false,
    setHeaders(reply, path) {
      const hashed = path.includes(hashedFolder);
      reply.header('cache-control', hashed ? `public, max-age=${oneYearSeconds}, immutable` : 'no-cache');
    },
  });
  api.setNotFoundHandler((request, reply) =>
    wantsPage(request) ? reply.sendFile('index.html') : nothingThere(request),
  );
}

/** Addresses of pages are the browser's matter; what looks like a file or the API isn't one. */
function wantsPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const [path = ''] = request.url.split('?');
  if (path.startsWith('/api/') || path.startsWith(hashedFolder)) return false;
  return /text\/html/.test(request.headers.accept ?? '');
}

function nothingThere(request: FastifyRequest): never {
  throw new AppError('not-found', 'there is nothing at this address', {
    subject: `${request.method} ${request.url}`,
    remedy: 'GET /api/v1/openapi.json lists what there is',
  });
}

function sendUnbuilt(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .type('text/html; charset=utf-8')
    .send(
      '<!doctype html><html lang="en"><title>Fairlead</title><h1>The web UI is not built</h1>' +
        '<p>Run <code>make build</code> (or <code>make web</code>) in the checkout, and start the hub again. ' +
        'The API and the CLI work without it.</p></html>\n',
    );
}
