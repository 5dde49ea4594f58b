import { digest } from '../../core/digest.ts';
import type { Signer } from './documents.ts';
import { addProblem, checkFields, type Fields, objectList, requiredString, stringField } from './fields.ts';

/** `spec.signers` of the fleet: who signs commits, by public keys. Projects name them by key or by name. */
export function readSigners(spec: Fields): readonly Signer[] {
  const signers = (objectList(spec, 'signers') ?? []).flatMap((fields) => readSigner(fields) ?? []);
  signers.forEach(({ name }, index) => {
    if (signers.findIndex((other) => other.name === name) === index) return;
    addProblem(spec, `signers[${index}]`, {
      code: 'duplicate',
      message: `There are two signers called ${name}`,
      remedy: 'Give each key a name of its own',
    });
  });
  return signers;
}

function readSigner(fields: Fields): Signer | undefined {
  checkFields(fields, { read: ['name', 'gpg', 'ssh'] });
  const name = requiredString(fields, 'name', 'Name whose key it is');
  const [gpg, ssh] = [stringField(fields, 'gpg'), stringField(fields, 'ssh')];
  if ((gpg === undefined) === (ssh === undefined)) {
    addProblem(fields, '', {
      code: 'missing-field',
      message: `The signer ${name} needs one key, gpg or ssh`,
      remedy:
        'Write the output of gpg --armor --export below gpg: |, or the line of a .pub or allowed_signers file after ssh:',
    });
    return undefined;
  }
  return gpg === undefined ? readSsh(fields, name, ssh ?? '') : readGpg(fields, name, gpg);
}

function readGpg(fields: Fields, name: string, armored: string): Signer | undefined {
  if (refusedPrivate(fields, 'gpg', armored)) return undefined;
  const block =
    /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[\w-]+:.*\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]+)-----END PGP PUBLIC KEY BLOCK-----\s*$/.exec(
      armored.trim(),
    );
  if (block !== null) return { name, type: 'gpg', key: withoutChecksum(block[1] ?? '') };
  addProblem(fields, 'gpg', {
    code: 'wrong-value',
    message: `The key of ${name} isn't one armored public key`,
    remedy: 'Write the output of gpg --armor --export, from BEGIN PGP PUBLIC KEY BLOCK to its END',
  });
  return undefined;
}

/** The key in base64. The line that begins with `=` is a checksum. */
function withoutChecksum(body: string): string {
  const lines = body.split(/\r?\n/);
  return lines.filter((line) => !line.startsWith('=')).join('');
}

const sshTypes =
  /(?:^|\s)(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/;

function readSsh(fields: Fields, name: string, line: string): Signer | undefined {
  if (refusedPrivate(fields, 'ssh', line)) return undefined;
  const [, type, body] = sshTypes.exec(line) ?? [];
  if (type === undefined || body === undefined || line.trim().includes('\n')) {
    addProblem(fields, 'ssh', {
      code: 'wrong-value',
      message: `The key of ${name} isn't an SSH public key`,
      remedy: 'Write one line of a .pub or allowed_signers file, such as ssh-ed25519 AAAA… alice@example.com',
    });
    return undefined;
  }
  const option = /(?:^|\s)(cert-authority|valid-(?:after|before)=|namespaces="(?!git")[^"]*")/i.exec(
    line,
  )?.[1];
  if (option !== undefined) {
    addProblem(fields, 'ssh', {
      code: 'unsupported-field',
      message: `The option ${option} of the key of ${name} isn't supported, and leaving it out would allow more`,
      remedy: 'Remove the option, or the signer',
    });
    return undefined;
  }
  return { name, type: 'ssh', key: sshFingerprint(body) };
}

/** As `ssh-keygen -l` shows it. */
function sshFingerprint(body: string): string {
  const hex = digest(Buffer.from(body, 'base64')).slice('sha256:'.length);
  return `SHA256:${Buffer.from(hex, 'hex').toString('base64').replace(/=+$/, '')}`;
}

/** A private key in Git is no secret any more. */
function refusedPrivate(fields: Fields, field: string, text: string): boolean {
  if (!text.includes('PRIVATE KEY')) return false;
  addProblem(fields, field, {
    code: 'private-key',
    message: 'This is a private key, which everybody who reads the repository has now',
    remedy: 'Revoke it, make another one, and write only its public half here',
  });
  return true;
}
