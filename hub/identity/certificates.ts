import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { AppError } from '../../core/error.ts';

/** A key pair with its certificate; `pem` holds both, the key first. */
export interface Credential {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly pem: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 24 * 3600 * 1000;
/** Certificates begin a little in the past: the peer's clock may be behind. */
const backdateMs = 5 * 60 * 1000;

/** A new authority of ten years. */
export async function makeAuthority(now: Date): Promise<Credential> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Fairlead hub'] }, { O: ['fairlead.dev'] }],
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(now.getTime() + 3650 * dayMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return toCredential(certificate, keys);
}

/** A server certificate of 90 days for these names and addresses. */
export async function makeServer(
  authority: Credential,
  hostnames: readonly string[],
  now: Date,
): Promise<Credential> {
  const keys = await makeKeys();
  const names = hostnames.map((name) => new x509.GeneralName(isIP(name) === 0 ? 'dns' : 'ip', name));
  const certificate = await sign(authority, keys.publicKey, 'fairlead-hub', now, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(names),
  ]);
  return toCredential(certificate, keys);
}

/**
 * A client certificate of 90 days for the key of a request (PKCS#10, DER). The subject is the cluster, whatever the
 * request says. Throws AppError `invalid` for a request that isn't one, or not signed by its own key.
 */
export async function signRequest(
  authority: Credential,
  requestDer: Uint8Array,
  cluster: string,
  now: Date,
): Promise<x509.X509Certificate> {
  const request = await readRequest(requestDer);
  const key = await request.publicKey.export(algorithm, ['verify']);
  return sign(authority, key, cluster, now, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
}

async function readRequest(der: Uint8Array): Promise<x509.Pkcs10CertificateRequest> {
  const remedy = 'Start the enrolment again with this version of the agent';
  try {
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(der));
    if (await request.verify()) return request;
  } catch (cause) {
    throw new AppError('invalid', "the agent's certificate request can't be read", { remedy, cause });
  }
  throw new AppError('invalid', "the agent's certificate request isn't signed by its own key", { remedy });
}

async function sign(
  authority: Credential,
  publicKey: webcrypto.CryptoKey,
  commonName: string,
  now: Date,
  extensions: readonly x509.Extension[],
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    subject: [{ CN: [commonName] }],
    issuer: authority.certificate.subjectName,
    publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(now.getTime() + 90 * dayMs),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      ...extensions,
    ],
  });
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function toCredential(
  certificate: x509.X509Certificate,
  keys: webcrypto.CryptoKeyPair,
): Promise<Credential> {
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const pem = `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n${certificate.toString('pem')}\n`;
  return { certificate, keys, pem };
}

/** Reads what a credential's `pem` holds. Throws AppError `invalid` for anything else. */
export async function readCredential(pem: string, file: string): Promise<Credential> {
  try {
    const key = pem.slice(0, pem.indexOf('-----BEGIN CERTIFICATE-----'));
    const certificate = new x509.X509Certificate(pem.slice(key.length));
    const der = x509.PemConverter.decodeFirst(key);
    const privateKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
    const publicKey = await certificate.publicKey.export(algorithm, ['verify']);
    return { certificate, keys: { privateKey, publicKey }, pem };
  } catch (cause) {
    throw new AppError('invalid', 'this file should hold a private key and its certificate, and does not', {
      subject: file,
      remedy:
        'Restore it from a backup; without one, remove it: a new CA is made, and every cluster has to be enrolled again',
      cause,
    });
  }
}
