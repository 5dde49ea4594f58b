import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** A text, or the bytes of one, in few bytes: for what is kept for long and read seldom. */
export function packText(text: string | Uint8Array): Uint8Array {
  // Copied, since what comes from zlib holds a buffer of 16 KB however small it is.
  return new Uint8Array(deflateRawSync(text));
}

/** Reads what `packText` wrote. */
export function unpackText(packed: Uint8Array): string {
  return inflateRawSync(packed).toString('utf8');
}

/** The same as bytes of UTF-8. */
export function unpackBytes(packed: Uint8Array): Uint8Array {
  return inflateRawSync(packed);
}
