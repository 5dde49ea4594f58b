import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** What Helm unpacks at most (MaxDecompressedChartSize). */
const maxUnpacked = 100 * 1024 * 1024;
const block = 512;

/**
 * Contents of everything in a packed chart, with the names of their headers: extended headers are contents too. Throws
 * where it is no archive, or a larger one than Helm takes.
 */
export async function readArchive(
  packed: Uint8Array,
): Promise<readonly (readonly [name: string, content: Buffer])[]> {
  const data = await promisify(gunzip)(packed, { maxOutputLength: maxUnpacked });
  const contents: [string, Buffer][] = [];
  for (let at = 0; at + block <= data.length; ) {
    const header = data.subarray(at, at + block);
    const size = Number(`0o${textOf(header, 124, 12).trim() || '0'}`);
    if (!Number.isSafeInteger(size)) throw new Error('a size in this archive is no number');
    contents.push([textOf(header, 0, 100), data.subarray(at + block, at + block + size)]);
    at += block + Math.ceil(size / block) * block;
  }
  return contents;
}

function textOf(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}
