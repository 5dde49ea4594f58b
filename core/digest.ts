import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/**
 * The address of content: `sha256:` and 64 hexadecimal digits (plain), or `hmac-sha256:` and 64 (keyed).
 * Content that may hold a Secret is addressed by a keyed digest, since a plain one of a short value can be guessed.
 */
export type Digest = string;

/** The plain digest of bytes or of a text's UTF-8. */
export function digest(content: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', content, 'hex')}`;
}

/** What tells one text from another within this process, where many are kept: no address, and half as long as one. */
export function fingerprint(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** Keys as the library wants them: making one takes five times as long as the digest of a small object. */
const secretKeys = new WeakMap<Uint8Array, KeyObject>();

function secretKeyOf(key: Uint8Array): KeyObject {
  const known = secretKeys.get(key);
  if (known !== undefined) return known;
  const made = createSecretKey(key);
  secretKeys.set(key, made);
  return made;
}

/** The keyed digest (HMAC-SHA-256, RFC 2104) of bytes or of a text's UTF-8. The bytes of a key never change once it was used. */
export function keyedDigest(key: Uint8Array, content: Uint8Array | string): Digest {
  return `hmac-sha256:${createHmac('sha256', secretKeyOf(key)).update(content).digest('hex')}`;
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * A short stable name for a text: 32 letters and digits (160 bits of its SHA-256 in base32), valid as a Kubernetes
 * label value and as a part of an object's name.
 */
export function shortName(text: string): string {
  const bytes = hash('sha256', text, 'buffer');
  let bits = 0;
  let value = 0;
  // At once: a text that is put together piece by piece stays in its pieces, twenty of them, as long as it is kept.
  const letters: number[] = [];
  for (const byte of bytes.subarray(0, 20)) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      letters.push(base32.charCodeAt((value >>> bits) & 31));
      value &= (1 << bits) - 1;
    }
  }
  return String.fromCharCode(...letters);
}
