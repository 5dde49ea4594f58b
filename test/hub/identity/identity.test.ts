import { X509Certificate } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseEnrollmentToken } from '../../../core/enrollment-token.ts';
import { type Identity, openIdentity } from '../../../hub/identity/open-identity.ts';
import { temporaryFolder } from '../../session/live-pair.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const start = new Date('2026-03-01T00:00:00Z');

async function open(dir: string, now = start, hostnames = ['hub.example.com']): Promise<Identity> {
  const identity = await openIdentity({ dir, hostnames, clock: { now: () => now }, log });
  onTestFinished(() => identity.close());
  return identity;
}

async function folder(): Promise<string> {
  return temporaryFolder((work) => onTestFinished(work));
}

function later(days: number): Date {
  return new Date(start.getTime() + days * 24 * 3600 * 1000);
}

test('the authority stays the same across restarts, and its files are for this user only', async () => {
  const dir = await folder();
  const first = await open(dir);
  const again = await open(dir);
  expect(again.fingerprint).toBe(first.fingerprint);
  expect(again.server()).toEqual(first.server());
  for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o077).toBe(0);
});

test('the server certificate is for the advertised names and this machine, and comes with the authority', async () => {
  const identity = await open(await folder(), start, ['hub.example.com', '10.1.2.3']);
  const [leaf, authority] = identity.server().chain.split(/(?<=-----END CERTIFICATE-----\n)/);
  const served = new X509Certificate(leaf ?? '');
  for (const host of ['hub.example.com', 'localhost']) expect(served.checkHost(host)).toBe(host);
  for (const address of ['10.1.2.3', '127.0.0.1']) expect(served.checkIP(address)).toBe(address);
  expect(served.checkHost('elsewhere.example.com')).toBeUndefined();
  expect(authority).toBe(identity.authority);
  expect(served.verify(new X509Certificate(authority ?? '').publicKey)).toBe(true);
});

test('the server certificate is made anew for other names and in the last third of its time', async () => {
  const dir = await folder();
  const first = (await open(dir)).server().chain;
  expect((await open(dir, later(59))).server().chain).toBe(first);
  expect((await open(dir, later(61))).server().chain).not.toBe(first);
  const renamed = await open(dir, later(61), ['other.example.com']);
  expect(new X509Certificate(renamed.server().chain).checkHost('other.example.com')).toBe(
    'other.example.com',
  );
});

test('a damaged file is an error with its name, and is left as it is', async () => {
  const dir = await folder();
  await open(dir);
  await writeFile(join(dir, 'ca.pem'), 'rubbish');
  await expect(open(dir)).rejects.toMatchObject({ code: 'invalid', subject: join(dir, 'ca.pem') });
});

test('a request that is none is refused', async () => {
  const identity = await open(await folder());
  await expect(identity.signAgent(new Uint8Array([1, 2, 3]), 'staging')).rejects.toMatchObject({
    code: 'invalid',
  });
});

test('a token names the cluster, the address and this authority, and no two have one secret', async () => {
  const identity = await open(await folder());
  const made = identity.makeToken('staging', 'hub.example.com:8443');
  const token = parseEnrollmentToken(made.token);
  expect(token).toMatchObject({ cluster: 'staging', hub: 'hub.example.com:8443', ca: identity.fingerprint });
  expect(identity.makeToken('staging', 'h:1').secretDigest).not.toBe(made.secretDigest);
});
