import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from '../catalog/documents.ts';
import type { SignatureVerdict } from '../resolve/signature-rule.ts';
import { runVerifier } from './run-verifier.ts';
import type { SignedCommit } from './signed-commit.ts';

/**
 * Verifies with `ssh-keygen`: the signature carries its key, which has to be one of the fleet's. Git's namespace has to be
 * in it, so that a signature over something else doesn't count.
 */
export async function verifySsh(
  sshKeygen: string,
  { payload, signature }: SignedCommit,
  signers: readonly Signer[],
  dir: string,
): Promise<SignatureVerdict> {
  const file = join(dir, 'signature');
  await writeFile(file, signature.text);
  const args = ['-Y', 'check-novalidate', '-n', 'git', '-s', file];
  const result = await runVerifier(sshKeygen, args, { cwd: dir, input: payload });
  if (result.type === 'failed') {
    const remedy = 'Mend OpenSSH on the hub, whose ssh-keygen verifies these signatures';
    return { type: 'unverified', reason: `ssh-keygen can't verify it: ${result.reason}`, remedy };
  }
  const fingerprint = /^Good "git" signature .*(SHA256:[A-Za-z0-9+/]+)\s*$/m.exec(result.stdout)?.[1];
  if (result.code !== 0 || fingerprint === undefined) {
    const why = result.stderr.trim().split('\n').at(-1) ?? '';
    return { type: 'bad', reason: `has an SSH signature that isn't good${why === '' ? '' : ` (${why})`}` };
  }
  const signer = signers.find(({ type, key }) => type === 'ssh' && key === fingerprint);
  if (signer !== undefined) return { type: 'signed', signer: signer.name, fingerprints: [fingerprint] };
  return { type: 'bad', reason: `is signed by SSH key ${fingerprint}, which no signer of the fleet has` };
}
