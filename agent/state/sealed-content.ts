import { gunzipSync, gzipSync } from 'node:zlib';
import { seal, unseal } from './cipher.ts';

/** Fast rather than small: it is done whenever something changes. */
const level = 1;

/** Compresses, then seals: what is sealed can't be compressed any more. */
export function sealContent(key: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  return seal(key, name, gzipSync(content, { level }));
}

/** Opens what `sealContent` made, and what was sealed without compression by earlier versions; `undefined` where it is damaged. */
export function unsealContent(key: Uint8Array, name: string, sealed: Uint8Array): Uint8Array | undefined {
  const content = unseal(key, name, sealed);
  // The first bytes of gzip (RFC 1952); no text begins so.
  if (content === undefined || content[0] !== 0x1f || content[1] !== 0x8b) return content;
  try {
    return gunzipSync(content);
  } catch {
    return undefined;
  }
}
