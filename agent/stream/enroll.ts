import { createHash, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { type ServiceError, status } from '@grpc/grpc-js';
import { digest } from '../../core/digest.ts';
import type { EnrollmentToken } from '../../core/enrollment-token.ts';
import { AppError } from '../../core/error.ts';
import {
  EnrollmentServiceClient,
  type EnrollRequest,
  type EnrollResponse,
} from '../../proto/gen/fairlead/session/v1/session.ts';
import { type AgentIdentity, writeIdentity } from './agent-identity.ts';
import { channelCredentials, channelOptions, splitAddress } from './channel.ts';
import { explainFailure } from './explain-failure.ts';

const timeoutMs = 20_000;

/**
 * Makes this agent's key, has the hub sign it for the token's cluster, and keeps both in `dir`. The hub's CA is checked
 * against the token before the secret is sent. Throws AppError: `unauthenticated` for another hub or a spent token,
 * `unavailable` where the hub or the disk is.
 */
export async function enroll(options: {
  readonly token: EnrollmentToken;
  readonly dir: string;
}): Promise<AgentIdentity> {
  const { token, dir } = options;
  const authority = await fetchAuthority(token);
  const { key, request } = await makeRequest(token.cluster);
  const response = await send(
    { hub: token.hub, authority },
    { secret: token.secret, certificateRequest: request },
  );
  const { cluster, certificate } = response;
  const made = { hub: token.hub, authority, token: digest(token.secret) };
  const identity: AgentIdentity = { cluster, key, certificate, ...made };
  await writeIdentity(dir, identity);
  return identity;
}

/** The CA in the chain that the hub serves, once its fingerprint is the token's. Nothing secret is sent before. */
function fetchAuthority(token: EnrollmentToken): Promise<string> {
  const { host, port } = splitAddress(token.hub);
  return new Promise((resolve, reject) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    // The chain is judged by the fingerprint alone: there is nothing else to trust yet.
    const socket = connect({
      host,
      port,
      ...servername,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
      timeout: timeoutMs,
    });
    socket.once('timeout', () => socket.destroy(new Error('ETIMEDOUT')));
    socket.once('error', (error) => reject(unreachableHub(token.hub, error.message, error)));
    socket.once('secureConnect', () => {
      const authority = findAuthority(socket.getPeerCertificate(true), token.ca);
      socket.destroy();
      if (authority !== undefined) return resolve(authority);
      reject(
        new AppError('unauthenticated', `what answers at ${token.hub} is not the hub that made this token`, {
          remedy: 'Check the address and make a new token on that hub with `fairlead cluster enroll NAME`',
        }),
      );
    });
  });
}

function findAuthority(leaf: DetailedPeerCertificate, fingerprint: string): string | undefined {
  const seen = new Set<string>();
  let current: DetailedPeerCertificate | undefined = leaf;
  while (current?.raw !== undefined && !seen.has(current.fingerprint256)) {
    if (createHash('sha256').update(current.raw).digest('hex') === fingerprint)
      return toPem('CERTIFICATE', current.raw);
    seen.add(current.fingerprint256);
    current = current.issuerCertificate;
  }
  return undefined;
}

async function makeRequest(cluster: string): Promise<{ key: string; request: Uint8Array }> {
  // Loaded only here: an agent that is enrolled never needs it.
  await import('reflect-metadata');
  const { Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [cluster] }],
    keys,
    signingAlgorithm: algorithm,
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { key: toPem('PRIVATE KEY', key), request: new Uint8Array(request.rawData) };
}

function send(target: { hub: string; authority: string }, request: EnrollRequest): Promise<EnrollResponse> {
  const client = new EnrollmentServiceClient(
    target.hub,
    channelCredentials(target),
    channelOptions(target.hub),
  );
  return new Promise<EnrollResponse>((resolve, reject) => {
    client.waitForReady(Date.now() + timeoutMs, (notReady) => {
      if (notReady !== undefined) return reject(unreachableHub(target.hub, notReady.message, notReady));
      client.enroll(request, (error, response) =>
        error === null ? resolve(response) : reject(refused(target.hub, error)),
      );
    });
  }).finally(() => client.close());
}

function refused(hub: string, error: ServiceError): AppError {
  if (error.code === status.UNAUTHENTICATED)
    return new AppError('unauthenticated', error.details, { subject: hub, cause: error });
  if (error.code === status.INVALID_ARGUMENT)
    return new AppError('invalid', error.details, { subject: hub, cause: error });
  return new AppError('unavailable', explainFailure(hub, error), { cause: error });
}

function unreachableHub(hub: string, details: string, cause: unknown): AppError {
  return new AppError('unavailable', explainFailure(hub, { code: status.UNAVAILABLE, details }), { cause });
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
