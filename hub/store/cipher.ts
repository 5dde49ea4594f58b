import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { diskError } from '../../core/disk-error.ts';
import { AppError } from '../../core/error.ts';

/** Encrypts what may hold Secrets before it reaches the disk. */
export interface Cipher {
  encrypt(plain: Uint8Array): Buffer;
  /** Throws AppError `invalid` where the bytes were changed or belong to another key. */
  decrypt(sealed: Uint8Array): Buffer;
}

const consequence = 'The hub needs this key to start';
const nonceLength = 12;
const tagLength = 16;

/** AES-256-GCM; a sealed value is nonce, tag and ciphertext. `keyFile` is named in errors. */
export function createCipher(key: Uint8Array, keyFile: string): Cipher {
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
        throw new AppError('invalid', 'stored content is damaged, or the key of the store is another', {
          subject: keyFile,
          remedy: 'Restore the store and its key from one backup',
          cause: error,
        });
      }
    },
  };
}

/** The 32 bytes of a key file; `undefined` where there is none. Throws AppError `invalid` for anything else. */
export function readKey(file: string): Uint8Array | undefined {
  let key: Uint8Array;
  try {
    key = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw diskError(error, file, consequence);
  }
  if (key.length === 32) return key;
  throw new AppError('invalid', `a key has 32 bytes, this file has ${key.length}`, {
    subject: file,
    remedy: 'Restore the key file that belongs to this store',
  });
}

/** Makes a key file, readable by its owner only. */
export function createKey(file: string): Uint8Array {
  const key = randomBytes(32);
  try {
    writeFileSync(file, key, { mode: 0o600, flag: 'wx' });
    return key;
  } catch (error) {
    // A file that a full disk left short would pass for a damaged key ever after.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(file, { force: true });
    throw diskError(error, file, consequence);
  }
}
