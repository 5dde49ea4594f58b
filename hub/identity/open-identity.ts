import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Digest, digest } from '../../core/digest.ts';
import { encodeEnrollmentToken, toBase64Url } from '../../core/enrollment-token.ts';
import { AppError } from '../../core/error.ts';
import type { Log } from '../../core/log.ts';
import { type Credential, makeAuthority, makeServer, readCredential, signRequest } from './certificates.ts';

export interface IdentityOptions {
  /** Holds `ca.pem` and `server.pem`, each a key and its certificate, readable by this user only. */
  readonly dir: string;
  /** Names and addresses that agents dial; `localhost` and `127.0.0.1` are always among them. */
  readonly hostnames: readonly string[];
  readonly clock: { now(): Date };
  readonly log: Log;
}

/** What a TLS server presents. */
export interface ServerCertificate {
  /** PEM: the server's certificate and the CA's, so that a new agent can check the fingerprint in its token. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
}

export interface SignedCertificate {
  readonly pem: string;
  /** SHA-256 of its DER, hexadecimal. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** The hub's certificate authority and its own certificate. */
export interface Identity {
  /** PEM of the CA's certificate. */
  readonly authority: string;
  /** SHA-256 of the CA certificate's DER, hexadecimal. */
  readonly fingerprint: string;
  server(): ServerCertificate;
  /** Called whenever the server's certificate was renewed. */
  onRenewed(listener: (certificate: ServerCertificate) => void): void;
  /** Signs a new agent's request (PKCS#10, DER) for a cluster. Throws AppError `invalid`. */
  signAgent(requestDer: Uint8Array, cluster: string): Promise<SignedCertificate>;
  /** A token for one enrolment at this address, and the digest by which its secret is known later. */
  makeToken(cluster: string, hub: string): { readonly token: string; readonly secretDigest: Digest };
  close(): void;
}

const renewalCheckMs = 24 * 3600 * 1000;

/**
 * Opens the hub's identity, making what isn't there yet. Throws AppError `invalid` for a damaged file and
 * `unavailable` where the folder can't be written.
 */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { dir, clock, log } = options;
  const hostnames = [...new Set([...options.hostnames, 'localhost', '127.0.0.1'])].sort();
  const now = clock.now();
  const authority =
    (await readPemFile(join(dir, 'ca.pem'))) ??
    (await writePemFile(join(dir, 'ca.pem'), await makeAuthority(now)));
  const serverFile = join(dir, 'server.pem');
  // A damaged one is as good as none: the CA makes another.
  const stored = await readPemFile(serverFile).catch((error: unknown) => {
    log.warn({ err: error }, 'the certificate of the hub cannot be read and is made anew');
    return undefined;
  });
  let server =
    stored !== undefined && isServing(stored, authority, hostnames, now)
      ? stored
      : await writePemFile(serverFile, await makeServer(authority, hostnames, now));
  const listeners: ((certificate: ServerCertificate) => void)[] = [];

  async function renew(): Promise<void> {
    const at = clock.now();
    if (isServing(server, authority, hostnames, at)) return;
    server = await writePemFile(serverFile, await makeServer(authority, hostnames, at));
    log.info({ expiresAt: server.certificate.notAfter.toISOString() }, 'renewed the certificate of the hub');
    for (const listener of listeners) listener(serverCertificate(server, authority));
  }

  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.error({ err: error }, 'cannot renew the certificate of the hub'));
  }, renewalCheckMs);
  timer.unref();

  return {
    authority: `${authority.certificate.toString('pem')}\n`,
    fingerprint: fingerprintOf(authority),
    server: () => serverCertificate(server, authority),
    onRenewed: (listener) => void listeners.push(listener),
    signAgent: async (requestDer, cluster) => {
      const certificate = await signRequest(authority, requestDer, cluster, clock.now());
      return {
        pem: `${certificate.toString('pem')}\n`,
        fingerprint: fingerprintOf({ certificate }),
        expiresAt: certificate.notAfter.toISOString(),
      };
    },
    makeToken: (cluster, hub) => {
      const secret = toBase64Url(randomBytes(32));
      const token = encodeEnrollmentToken({ cluster, hub, ca: fingerprintOf(authority), secret });
      return { token, secretDigest: digest(secret) };
    },
    close: () => clearInterval(timer),
  };
}

/** Whether a server certificate is this authority's, for all these names, with a third of its time left. */
function isServing(
  server: Credential,
  authority: Credential,
  hostnames: readonly string[],
  now: Date,
): boolean {
  const { certificate } = server;
  const lifetime = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  if (certificate.notAfter.getTime() - now.getTime() < lifetime / 3) return false;
  const served = new X509Certificate(certificate.toString('pem'));
  if (!served.checkIssued(new X509Certificate(authority.certificate.toString('pem')))) return false;
  return hostnames.every(
    (name) => (isIP(name) === 0 ? served.checkHost(name) : served.checkIP(name)) !== undefined,
  );
}

function serverCertificate(server: Credential, authority: Credential): ServerCertificate {
  const [key = ''] = server.pem.split('-----BEGIN CERTIFICATE-----');
  const chain = `${server.certificate.toString('pem')}\n${authority.certificate.toString('pem')}\n`;
  return { chain, key };
}

function fingerprintOf(credential: Pick<Credential, 'certificate'>): string {
  return createHash('sha256').update(new Uint8Array(credential.certificate.rawData)).digest('hex');
}

async function readPemFile(file: string): Promise<Credential | undefined> {
  let pem: string;
  try {
    pem = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw AppError.from(error, 'unavailable', file);
  }
  return readCredential(pem, file);
}

/** Writes whole or not at all, so that a crash leaves no key without its certificate. */
async function writePemFile(file: string, credential: Credential): Promise<Credential> {
  try {
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
    const temporary = `${file}.new`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(credential.pem);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    return credential;
  } catch (error) {
    throw new AppError('unavailable', "the hub's certificate can't be written", {
      subject: file,
      remedy: 'Make the folder writable and see that the disk has room',
      cause: error,
    });
  }
}
