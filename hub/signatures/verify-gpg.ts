import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from '../catalog/documents.ts';
import type { SignatureVerdict } from '../resolve/signature-rule.ts';
import { runVerifier } from './run-verifier.ts';
import type { SignedCommit } from './signed-commit.ts';

/**
 * Verifies with `gpgv`, which knows no keys but those it is given, trusts each of them and starts no agent. One call for
 * each key, so that it can be said whose it was. Only a good signature of a key that is neither expired nor revoked counts.
 */
export async function verifyGpg(
  gpgv: string,
  { payload, signature }: SignedCommit,
  signers: readonly Signer[],
  dir: string,
): Promise<SignatureVerdict> {
  const files = { signature: join(dir, 'signature'), payload: join(dir, 'payload') };
  await writeFile(files.signature, signature.text);
  await writeFile(files.payload, payload);
  let verdict: SignatureVerdict = {
    type: 'bad',
    reason: 'is signed by a GPG key, and the fleet has no signer with one',
  };
  for (const [index, signer] of signers.filter(({ type }) => type === 'gpg').entries()) {
    const keyring = join(dir, `${index}.gpg`);
    await writeFile(keyring, Buffer.from(signer.key, 'base64'));
    const args = ['--status-fd', '1', '--homedir', dir, '--keyring', keyring, files.signature, files.payload];
    const result = await runVerifier(gpgv, args, { cwd: dir });
    if (result.type === 'failed') return unverified(result.reason);
    verdict = readStatus(result.stdout, signer.name) ?? unverified(result.stderr.trim());
    if (!isForeign(verdict)) return verdict;
  }
  return verdict;
}

const foreign = 'which no signer of the fleet has';

/** Whether another key may say more. */
function isForeign(verdict: SignatureVerdict): boolean {
  return verdict.type === 'bad' && verdict.reason.endsWith(foreign);
}

/** What GnuPG's status lines say (its doc/DETAILS); `undefined` where they say nothing. */
export function readStatus(status: string, signer: string): SignatureVerdict | undefined {
  const found = new Map<string, readonly string[]>();
  for (const line of status.split('\n')) {
    const [prefix, word, ...rest] = line.split(' ');
    if (prefix === '[GNUPG:]' && word !== undefined) found.set(word, rest);
  }
  const bad = (reason: string): SignatureVerdict => ({ type: 'bad', reason });
  const [key = ''] = found.get('VALIDSIG') ?? [];
  if (found.has('BADSIG')) return bad(`has a signature of ${signer} that isn't over this commit`);
  if (found.has('REVKEYSIG')) return bad(`is signed by a key of ${signer} that was revoked (${key})`);
  if (found.has('EXPKEYSIG')) return bad(`is signed by a key of ${signer} that has expired (${key})`);
  if (found.has('EXPSIG')) return bad(`has a signature of ${signer} that has expired (${key})`);
  if (found.has('NO_PUBKEY'))
    return bad(`is signed by GPG key ${found.get('NO_PUBKEY')?.[0] ?? ''}, ${foreign}`);
  if (found.has('ERRSIG'))
    return bad(`has a signature that can't be checked (${found.get('ERRSIG')?.[0] ?? ''})`);
  const primary = found.get('VALIDSIG')?.at(-1) ?? key;
  if (!found.has('GOODSIG') || key === '')
    return found.has('NODATA') ? bad('has a broken signature') : undefined;
  return { type: 'signed', signer, fingerprints: [...new Set([primary, key])] };
}

function unverified(reason: string): SignatureVerdict {
  return {
    type: 'unverified',
    reason: `gpgv can't verify it: ${reason === '' ? 'it ended without a word' : reason}`,
    remedy: "See what gpgv says of the key and the commit, and mend the Fleet document's signers or the hub",
  };
}
