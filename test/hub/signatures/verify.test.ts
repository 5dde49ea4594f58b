import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetDocument, Signer } from '../../../hub/catalog/documents.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';
import { openSignatures } from '../../../hub/signatures/open-signatures.ts';
import { splitSignedCommit } from '../../../hub/signatures/signed-commit.ts';
import { readStatus } from '../../../hub/signatures/verify-gpg.ts';
import { fleetText } from '../catalog/catalog-texts.ts';

const fixture = (name: string) => readFileSync(join('test/fixtures/signatures', name));
const indented = (text: string) => text.replaceAll(/^/gm, '          ');
const gpgv = existsSync('/usr/bin/gpgv') ? '/usr/bin/gpgv' : undefined;
const sshKeygen = existsSync('/usr/bin/ssh-keygen') ? '/usr/bin/ssh-keygen' : undefined;

/** The fleet's signers: Alice with a GPG and an SSH key, and somebody whose GPG key has expired. */
function signers(): readonly Signer[] {
  const text = `${fleetText}  signers:
    - name: old
      gpg: |
${indented(fixture('gpg-old.asc').toString())}
    - name: alice
      gpg: |
${indented(fixture('gpg-alice.asc').toString())}
    - name: alice-ssh
      ssh: ${fixture('ssh-alice.pub').toString().trim()}
`;
  const { documents, problems } = parseFile('fleet/fleet.yaml', 'oid', text, 'fleet');
  expect(problems).toEqual([]);
  return (documents[0] as FleetDocument).signers ?? [];
}

const alice = 'B8ABB95B73E7C0C0A39A510BC59F9DD138089D00';
/** The same commit with one letter of its message changed. */
function tampered(name: string): Uint8Array {
  const text = fixture(name).toString();
  return new TextEncoder().encode(text.replace(/alice\n$/, 'malice\n'));
}

describe('a commit', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fairlead-signatures-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const verdictOf = (content: Uint8Array, programs: Parameters<typeof openSignatures>[0] | object = {}) =>
    openSignatures({ gpgv, sshKeygen, tmpDir: dir, ...programs }).verify(content, signers());

  it('without a signature is unsigned', async () => {
    expect(await verdictOf(fixture('unsigned.commit'))).toEqual({ type: 'unsigned' });
  });

  it.skipIf(gpgv === undefined)(
    'signed by a GPG key of the fleet is told by signer and fingerprint',
    async () => {
      expect(await verdictOf(fixture('gpg-alice.commit'))).toEqual({
        type: 'signed',
        signer: 'alice',
        fingerprints: [alice],
      });
    },
  );

  it.skipIf(sshKeygen === undefined)(
    'signed by an SSH key of the fleet is told by signer and fingerprint',
    async () => {
      const verdict = await verdictOf(fixture('ssh-alice.commit'));
      expect(verdict).toMatchObject({ type: 'signed', signer: 'alice-ssh' });
      expect(verdict).toHaveProperty('fingerprints', [signers().find(({ type }) => type === 'ssh')?.key]);
    },
  );

  it.skipIf(gpgv === undefined).each([
    [
      'by a GPG key that nobody knows',
      () => fixture('gpg-mallory.commit'),
      /^is signed by GPG key \w{16}, which no signer of the fleet has$/,
    ],
    [
      'by a key that has expired',
      () => fixture('gpg-old.commit'),
      /^is signed by a key of old that has expired/,
    ],
    [
      'by GPG over something else',
      () => tampered('gpg-alice.commit'),
      /^has a signature of alice that isn't over this commit$/,
    ],
  ])('signed %s is bad', async (_how, content, reason) => {
    expect(await verdictOf(content())).toEqual({ type: 'bad', reason: expect.stringMatching(reason) });
  });

  it.skipIf(sshKeygen === undefined).each([
    [
      'by an SSH key that nobody knows',
      () => fixture('ssh-mallory.commit'),
      /^is signed by SSH key SHA256:\S+, which no signer of the fleet has$/,
    ],
    [
      'by SSH over something else',
      () => tampered('ssh-alice.commit'),
      /^has an SSH signature that isn't good/,
    ],
  ])('signed %s is bad', async (_how, content, reason) => {
    expect(await verdictOf(content())).toEqual({ type: 'bad', reason: expect.stringMatching(reason) });
  });

  it('is not taken where the program is missing, which it names', async () => {
    expect(await verdictOf(fixture('gpg-alice.commit'), { gpgv: undefined })).toMatchObject({
      type: 'unverified',
      reason: 'it is signed with GnuPG, and this hub has no gpgv',
    });
    expect(await verdictOf(fixture('ssh-alice.commit'), { sshKeygen: undefined })).toMatchObject({
      type: 'unverified',
      reason: 'it is signed with OpenSSH, and this hub has no ssh-keygen',
    });
    expect(await verdictOf(fixture('ssh-alice.commit'), { sshKeygen: join(dir, 'none') })).toMatchObject({
      type: 'unverified',
      reason: expect.stringContaining('ENOENT'),
    });
  });

  it('signed by a method that is neither is bad', async () => {
    const text = fixture('gpg-alice.commit').toString().replaceAll('PGP SIGNATURE', 'SIGNED MESSAGE');
    expect(await verdictOf(new TextEncoder().encode(text))).toMatchObject({ type: 'bad' });
  });

  it('leaves nothing behind once it is verified', async () => {
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('taking a commit apart', () => {
  it('a signature of the other hash is neither signed nor the signature', () => {
    const text = fixture('gpg-alice.commit').toString();
    const other = text.replace(
      'gpgsig -----',
      'gpgsig-sha256 -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\ngpgsig -----',
    );
    const [one, two] = [text, other].map((each) => splitSignedCommit(new TextEncoder().encode(each)));
    expect(two).toEqual(one);
  });

  it('a signature in the message is none', () => {
    const text = `${fixture('unsigned.commit')}\ngpgsig -----BEGIN PGP SIGNATURE-----\n`;
    expect(splitSignedCommit(new TextEncoder().encode(text))).toBeUndefined();
  });
});

it.each([
  ['[GNUPG:] REVKEYSIG AA Alice\n[GNUPG:] VALIDSIG FF 2020 1 0 4 0 22 8 00 FF', 'that was revoked'],
  [
    '[GNUPG:] EXPSIG AA Alice\n[GNUPG:] VALIDSIG FF 2020 1 0 4 0 22 8 00 FF',
    'has a signature of alice that has expired',
  ],
  ['[GNUPG:] ERRSIG AA 22 8 00 1 4', "can't be checked"],
  ['[GNUPG:] NODATA 1', 'has a broken signature'],
])('%j is no good signature', (status, reason) => {
  expect(readStatus(status, 'alice')).toEqual({ type: 'bad', reason: expect.stringContaining(reason) });
});

it('a subkey counts as its primary key too', () => {
  expect(
    readStatus('[GNUPG:] GOODSIG AA Alice\n[GNUPG:] VALIDSIG FF 2020 1 0 4 0 22 8 00 EE', 'alice'),
  ).toEqual({
    type: 'signed',
    signer: 'alice',
    fingerprints: ['EE', 'FF'],
  });
});
