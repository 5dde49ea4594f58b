import { createHmac } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';
import { equalText } from './equal-text.ts';
import { claimedSession, tokenIdOf } from './sessions.ts';

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
  const token = bearerOf(request);
  if (token !== undefined) return `token ${tokenIdOf(token)}`;
  const session = claimedSession(request);
  return `token ${session?.tokenId ?? 'unknown'}${session === undefined ? '' : ' in the web UI'}`;
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

/** The bearer token that a request carries, whether or not it is known. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
}
