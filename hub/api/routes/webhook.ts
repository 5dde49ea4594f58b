import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import { bearerOf, hasWebhookProof } from '../authenticate.ts';
import { noteTokenHolder } from '../caller.ts';
import type { Api, ApiContext } from '../context.ts';
import type { Credentials } from '../credentials.ts';
import { demand } from '../gate.ts';
import { matchSources, repositoryUrls } from '../webhook-payload.ts';

/** GitHub's own limit is 25 MB (docs.github.com, "Webhook events and payloads"). */
const maxPayloadBytes = 25 * 1024 * 1024;

/** Any Git host may say that something was pushed; which repository is read from its payload. */
export function addWebhookRoute(api: Api, context: ApiContext, credentials: Credentials): void {
  api.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Signatures are over the bytes, so they are taken as they came, whatever type they claim.
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: maxPayloadBytes },
      (_request, body, done) => {
        done(null, body);
      },
    );
    scope.post(
      '/webhook',
      {
        bodyLimit: maxPayloadBytes,
        schema: {
          operationId: 'receiveWebhook',
          summary: 'A push to a repository: GitHub, GitLab, Gitea, or any POST',
          description:
            'Proof is X-Hub-Signature-256, X-Gitea-Signature or X-Gitlab-Token with the webhook secret, or a bearer ' +
            'token. Repositories that the payload names are read again; without any, all are.',
          response: { 202: Type.Object({ refreshed: Type.Array(Type.String()), all: Type.Boolean() }) },
        },
      },
      async (request, reply) => {
        const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
        requireProof(context, credentials, request, body);
        return reply.code(202).send(refresh(context, body, request.headers['content-type'] ?? ''));
      },
    );
  });
}

function requireProof(
  context: ApiContext,
  credentials: Credentials,
  request: FastifyRequest,
  body: Uint8Array,
): void {
  const credential = credentials.find(bearerOf(request) ?? '');
  if (credential !== undefined) {
    noteTokenHolder(request, credential, credentials);
    demand(context, request, [context.fleetRepository ?? '']);
    return;
  }
  const { webhookSecret } = context;
  if (webhookSecret !== undefined && hasWebhookProof(request.headers, body, webhookSecret)) return;
  throw new AppError('unauthenticated', 'the webhook carries no valid signature or token', {
    remedy:
      webhookSecret === undefined
        ? 'The hub has no webhook secret: set one, or send Authorization: Bearer TOKEN'
        : "Set the hub's webhook secret at the Git host",
  });
}

function refresh(context: ApiContext, body: Uint8Array, contentType: string) {
  const urls = repositoryUrls(body, contentType);
  if (urls.length === 0) {
    context.control.refresh();
    return { refreshed: [], all: true };
  }
  const known = context.control.sources().map((source) => source.url);
  const refreshed = matchSources(urls, known);
  for (const url of refreshed) context.control.refresh(url);
  return { refreshed: [...refreshed], all: false };
}
