import type { Digest } from '../../core/digest.ts';
import { isJsonObject, type Json, numberAt, parseJson, stringAt, writeJson } from '../../core/json.ts';
import type { StoredDesired } from '../ports.ts';

/** Where a sealed content lies. */
export interface BlobPlace {
  /** The pack's file name. */
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
}

/** What the one file says that names everything else in the folder. */
export interface DesiredFile {
  readonly desired: StoredDesired;
  readonly places: ReadonlyMap<Digest, BlobPlace>;
}

export function encodeDesiredFile({ desired, places }: DesiredFile): Uint8Array {
  const { epoch, digestKey, head } = desired;
  const text = writeJson({
    epoch: { ...epoch },
    digestKey: Buffer.from(digestKey).toString('base64'),
    generation: head.generation,
    entries: [...head.entries],
    places: [...places].map(([digest, { pack, offset, length }]) => [digest, pack, offset, length]),
  });
  return Buffer.from(text);
}

/** Reads what `encodeDesiredFile` wrote; `undefined` for anything else. */
export function decodeDesiredFile(bytes: Uint8Array): DesiredFile | undefined {
  let value: Json;
  try {
    value = parseJson(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  const counter = numberAt(value, 'epoch', 'counter');
  const nonce = stringAt(value, 'epoch', 'nonce');
  const digestKey = stringAt(value, 'digestKey');
  const generation = numberAt(value, 'generation');
  if (!isJsonObject(value) || counter === undefined || nonce === undefined) return undefined;
  if (digestKey === undefined || generation === undefined) return undefined;
  // The rest is our own writing: the whole was authenticated before it came here.
  const entries = new Map(value['entries'] as unknown as [string, Digest][]);
  const rows = value['places'] as unknown as [Digest, string, number, number][];
  const places = new Map(rows.map(([digest, pack, offset, length]) => [digest, { pack, offset, length }]));
  const desired = {
    epoch: { counter, nonce },
    digestKey: Uint8Array.from(Buffer.from(digestKey, 'base64')),
    head: { generation, entries },
  };
  return { desired, places };
}
