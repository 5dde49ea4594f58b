import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/** What sealing adds to a content. */
const sealBytes = nonceBytes + tagBytes;

/** AES-256-GCM with a random nonce: nonce, tag, ciphertext. `name` is authenticated with it, so that one content can't stand in for another. */
export function seal(key: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(name));
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Opens what `seal` made; `undefined` where it is damaged, or was sealed with another key or name. */
export function unseal(key: Uint8Array, name: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < sealBytes) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes));
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(sealed.subarray(nonceBytes, sealBytes));
    return Buffer.concat([decipher.update(sealed.subarray(sealBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
