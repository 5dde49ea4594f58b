import { createHmac } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/error.ts';
import type { Credential, Credentials } from './credentials.ts';
import { equalText } from './equal-text.ts';

/** Whose bearer token a request carries. Throws AppError `unauthenticated` without one, or for one that nobody has. */
export function requireToken(request: FastifyRequest, credentials: Credentials): Credential {
  const token = bearerOf(request);
  if (token === undefined) {
    throw new AppError('unauthenticated', 'no bearer token was sent', {
      remedy: 'Send the header Authorization: Bearer TOKEN; the CLI takes FAIRLEAD_TOKEN or --token',
    });
  }
  const found = credentials.find(token);
  if (found !== undefined) return found;
  throw new AppError('unauthenticated', 'the hub does not know this token', {
    remedy:
      "Use the token that the hub was started with, or one of your own, in FAIRLEAD_TOKEN or the CLI's configuration",
  });
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
