import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Digest } from '../../core/digest.ts';
import type { PackedBlob } from '../../proto/codec/encode-hub-message.ts';

const compress = promisify(gzip);

/** Below this, what compression saves on the line costs more in processor time at both ends. */
const smallestCompressed = 8 * 1024;

/** A blob ready for the wire: compressed where it's large enough and gets smaller by it. */
export async function packBlob(digest: Digest, bytes: Uint8Array): Promise<PackedBlob> {
  const plain: PackedBlob = { type: 'packed-blob', digest, compression: '', data: bytes };
  if (bytes.length < smallestCompressed) return plain;
  const data = await compress(bytes, { level: constants.Z_BEST_SPEED });
  return data.length < bytes.length ? { type: 'packed-blob', digest, compression: 'gzip', data } : plain;
}
