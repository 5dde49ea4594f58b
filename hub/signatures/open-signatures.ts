import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from '../catalog/documents.ts';
import type { SignaturePort } from '../ports.ts';
import type { SignatureVerdict } from '../resolve/signature-rule.ts';
import { splitSignedCommit } from './signed-commit.ts';
import { verifyGpg } from './verify-gpg.ts';
import { verifySsh } from './verify-ssh.ts';

export interface SignatureOptions {
  /** Where the programs are; `undefined` where this host has none. */
  readonly gpgv: string | undefined;
  readonly sshKeygen: string | undefined;
  /** Made where it doesn't exist; nothing stays in it. */
  readonly tmpDir: string;
}

/** Verifies commits with the programs that made for it: nothing of their keys and formats is ours. */
export function openSignatures(options: SignatureOptions): SignaturePort {
  return {
    async verify(content, signers) {
      const commit = splitSignedCommit(content);
      if (commit === undefined) return { type: 'unsigned' };
      if (commit === 'unknown')
        return { type: 'bad', reason: 'has a signature that is neither of GPG nor of SSH' };
      const { type } = commit.signature;
      const program = type === 'gpg' ? options.gpgv : options.sshKeygen;
      if (program === undefined) return missing(type);
      await mkdir(options.tmpDir, { recursive: true, mode: 0o700 });
      const dir = await mkdtemp(join(options.tmpDir, 'verify-'));
      try {
        const verify = type === 'gpg' ? verifyGpg : verifySsh;
        return await verify(program, commit, signers as readonly Signer[], dir);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
  };
}

function missing(type: 'gpg' | 'ssh'): SignatureVerdict {
  const [program, suite] = type === 'gpg' ? ['gpgv', 'GnuPG'] : ['ssh-keygen', 'OpenSSH'];
  return {
    type: 'unverified',
    reason: `it is signed with ${suite}, and this hub has no ${program}`,
    remedy: `Install ${program} on the hub (its image has it), or sign with ${type === 'gpg' ? 'SSH' : 'GPG'}`,
  };
}
