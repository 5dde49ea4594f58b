import { gunzipSync, gzipSync } from 'node:zlib';
import { isJsonArray, isJsonObject, type Json, parseJson, stringAt, writeJson } from '../../core/json.ts';

/** Where one file's compressed content lies. */
export type VaultEntry =
  | { readonly type: 'inline'; readonly digest: string; readonly content: Uint8Array }
  /** In the Secrets of these numbers, one after another. */
  | { readonly type: 'parts'; readonly digest: string; readonly slots: readonly number[] };

export function encodeVaultIndex(entries: ReadonlyMap<string, VaultEntry>): Uint8Array {
  const rows: Json[] = [...entries].map(([name, entry]) => ({
    name,
    digest: entry.digest,
    ...(entry.type === 'inline'
      ? { content: Buffer.from(entry.content).toString('base64') }
      : { slots: [...entry.slots] }),
  }));
  return gzipSync(Buffer.from(writeJson({ version: 1, files: rows })));
}

/** Reads what `encodeVaultIndex` wrote; `undefined` for anything else. */
export function decodeVaultIndex(bytes: Uint8Array): ReadonlyMap<string, VaultEntry> | undefined {
  let value: Json;
  try {
    value = parseJson(gunzipSync(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || value['version'] !== 1 || !isJsonArray(value['files'])) return undefined;
  const entries = new Map<string, VaultEntry>();
  for (const row of value['files']) {
    const name = stringAt(row, 'name');
    const entry = decodeEntry(row);
    if (name === undefined || entry === undefined) return undefined;
    entries.set(name, entry);
  }
  return entries;
}

function decodeEntry(row: Json): VaultEntry | undefined {
  const digest = stringAt(row, 'digest');
  if (!isJsonObject(row) || digest === undefined) return undefined;
  const content = stringAt(row, 'content');
  if (content !== undefined) return { type: 'inline', digest, content: Buffer.from(content, 'base64') };
  const slots = row['slots'];
  if (!isJsonArray(slots)) return undefined;
  const numbers = slots.filter((slot) => typeof slot === 'number');
  return numbers.length === slots.length ? { type: 'parts', digest, slots: numbers } : undefined;
}
