import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { AppError } from '../../core/error.ts';

/** Encrypts what may hold Secrets before it reaches the disk. */
export interface Cipher {
  encrypt(plain: Uint8Array): Buffer;
  /** Throws AppError `invalid` where the bytes were changed or belong to another key. */
  decrypt(sealed: Uint8Array): Buffer;
}

const nonceLength = 12;
const tagLength = 16;

/** AES-256-GCM; a sealed value is nonce, tag and ciphertext. */
export function createCipher(key: Uint8Array): Cipher {
  return {
    encrypt(plain) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    decrypt(sealed) {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength));
      decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(nonceLength + tagLength)), decipher.final()]);
      } catch (error) {
        throw new AppError('invalid', 'stored content is damaged or was encrypted with another key', {
          remedy: 'Restore the key file that belongs to this store',
          cause: error,
        });
      }
    },
  };
}

/** The 32 bytes of a key file; made on first use, readable by its owner only. */
export function readOrCreateKey(file: string): Uint8Array {
  try {
    const key = readFileSync(file);
    if (key.length === 32) return key;
    throw new AppError('invalid', `a key has 32 bytes, this file has ${key.length}`, {
      subject: file,
      remedy: 'Restore the key file that belongs to this store',
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const key = randomBytes(32);
    writeFileSync(file, key, { mode: 0o600, flag: 'wx' });
    chmodSync(file, 0o600);
    return key;
  }
}
