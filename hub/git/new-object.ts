import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** A Git object that isn't stored yet. */
export interface NewObject {
  readonly type: 'commit' | 'tree' | 'blob';
  readonly oid: string;
  readonly content: Uint8Array;
}

const packTypes = { commit: 1, tree: 2, blob: 3 } as const;

/** Git's id of an object: the hash of its type, its length and its content. */
export function objectId(hash: 'sha1' | 'sha256', type: NewObject['type'], content: Uint8Array): string {
  return createHash(hash).update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** Objects as a pack, version 2 (gitformat-pack(5)), whole and without deltas. */
export function encodePack(hash: 'sha1' | 'sha256', objects: readonly NewObject[]): Buffer {
  const unique = [...new Map(objects.map((object) => [object.oid, object])).values()];
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(unique.length, 8);
  const parts = unique.flatMap(({ type, content }) => [
    sizeHeader(packTypes[type], content.length),
    deflateSync(content),
  ]);
  const body = Buffer.concat([header, ...parts]);
  return Buffer.concat([body, createHash(hash).update(body).digest()]);
}

/** Type and length in a row of bytes: four bits of the length in the first, seven in each further one. */
function sizeHeader(type: number, length: number): Buffer {
  const bytes: number[] = [];
  let byte = (type << 4) | (length & 15);
  for (let rest = Math.floor(length / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 128);
    byte = rest & 127;
  }
  bytes.push(byte);
  return Buffer.from(bytes);
}
