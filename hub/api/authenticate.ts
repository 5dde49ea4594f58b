import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';

/** Throws AppError `unauthenticated` unless the request carries one of the bearer tokens. */
export function requireToken(request: FastifyRequest, tokens: readonly string[]): void {
  if (bearerOf(request) === undefined) {
    throw new AppError('unauthenticated', 'no bearer token was sent', {
      remedy: 'Send the header Authorization: Bearer TOKEN; the CLI takes FAIRLEAD_TOKEN or --token',
    });
  }
  if (hasToken(request, tokens)) return;
  throw new AppError('unauthenticated', 'the hub does not know this token', {
    remedy: "Use the token that the hub was started with, in FAIRLEAD_TOKEN or the CLI's configuration",
  });
}

/** Whether the request carries one of the bearer tokens. */
export function hasToken(request: FastifyRequest, tokens: readonly string[]): boolean {
  const given = bearerOf(request);
  return given !== undefined && tokens.filter((token) => equalText(given, token)).length > 0;
}

/** Who asks, as far as the API knows: a token by the beginning of its digest, which tells tokens apart and gives none away. */
export function requester(request: FastifyRequest): string {
  const digest = createHash('sha256')
    .update(bearerOf(request) ?? '')
    .digest('hex');
  return `token ${digest.slice(0, 8)}`;
}

/**
 * Whether a Git host proves that it knows the webhook secret: GitHub's `X-Hub-Signature-256: sha256=HEX`, Gitea's
 * `X-Gitea-Signature: HEX` (both HMAC-SHA-256 of the body), or GitLab's `X-Gitlab-Token`, the secret itself.
 */
export function hasWebhookProof(
  headers: FastifyRequest['headers'],
  body: Uint8Array,
  secret: string,
): boolean {
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const proofs: readonly (readonly [string, string])[] = [
    ['x-hub-signature-256', `sha256=${signature}`],
    ['x-gitea-signature', signature],
    ['x-gitlab-token', secret],
  ];
  return proofs.some(([name, expected]) => {
    const given = headers[name];
    return typeof given === 'string' && equalText(given, expected);
  });
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** In constant time: digests of equal length are compared, so neither content nor length of a secret shows. */
function equalText(left: string, right: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(left).digest(),
    createHash('sha256').update(right).digest(),
  );
}
