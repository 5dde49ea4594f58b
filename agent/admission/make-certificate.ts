import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** What the server of admission reviews proves itself with. The key never leaves the process. */
export interface ServingCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM; self-signed, so that it is its own authority. */
  readonly certificate: string;
  readonly hosts: readonly string[];
  readonly renewAt: Date;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 24 * 3600 * 1000;
const lifetimeDays = 90;
/** The API server's clock may be behind. */
const backdateMs = 3600 * 1000;

/** A new key with a certificate of 90 days for these names and addresses, to be renewed at two thirds. */
export async function makeCertificate(hosts: readonly string[], now: Date): Promise<ServingCertificate> {
  // Loaded only here: most agents never need it.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const names = hosts.map((name) => new x509.GeneralName(isIP(name) === 0 ? 'dns' : 'ip', name));
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Fairlead agent admission'] }],
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(now.getTime() + lifetimeDays * dayMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
    certificate: certificate.toString('pem'),
    hosts,
    renewAt: new Date(now.getTime() + (lifetimeDays * dayMs * 2) / 3),
  };
}
