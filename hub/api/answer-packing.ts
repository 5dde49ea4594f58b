import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

const compress = promisify(gzip);
/** Below this one packet holds the answer either way. */
const minCompressedBytes = 1400;
/** Answers are made per request: the fastest level takes a tenth of a second off where the best takes it on. */
const level = 4;

/**
 * Gives answers to reading requests an entity tag, so that a reader that has the same is told so (304), and compresses
 * what is long.
 */
export async function packAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (typeof payload !== 'string' || request.method !== 'GET' || reply.statusCode !== 200) return payload;
  const tag = `W/"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`;
  // Kept by this browser only, and asked for again each time.
  reply.header('cache-control', 'private, no-cache').header('etag', tag).header('vary', 'accept-encoding');
  if (isKnown(request, tag)) {
    reply.code(304).removeHeader('content-type');
    return '';
  }
  if (payload.length < minCompressedBytes || !takesGzip(request)) return payload;
  reply.header('content-encoding', 'gzip').removeHeader('content-length');
  return compress(payload, { level });
}

function isKnown(request: FastifyRequest, tag: string): boolean {
  const known = (request.headers['if-none-match'] ?? '').split(',').map((each) => each.trim());
  return known.includes(tag) || known.includes('*');
}

function takesGzip(request: FastifyRequest): boolean {
  return /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/i.test(
    String(request.headers['accept-encoding'] ?? ''),
  );
}
