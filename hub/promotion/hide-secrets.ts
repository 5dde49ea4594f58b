import { isJsonObject, type Json } from '../../core/json.ts';
import type { Manifest } from '../../core/kube-object.ts';

/** Shorter ones (`on`, `10`) stand anywhere and tell nothing. */
const shortest = 3;
/** From this length on a value counts wherever it stands in a line; a shorter one where it stands alone (`prod`). */
const longEnough = 12;
const edges = /[\s"'=:,[\]{}]/u;
const hidden = '(hidden: it holds a value of a Secret)';

/** What Secrets of these renders hold, line by line, plain and as written: the same stands in values files and patches. */
export function secretValues(manifests: readonly Manifest[]): ReadonlySet<string> {
  const values = new Set<string>();
  const add = (text: string): void => {
    for (const line of text.split('\n')) if (line.trim().length >= shortest) values.add(line.trim());
  };
  for (const { object } of manifests) {
    if (object.kind !== 'Secret' || object.apiVersion !== 'v1') continue;
    for (const value of textsOf(object['stringData'])) add(value);
    for (const value of textsOf(object['data'])) {
      add(value);
      add(Buffer.from(value, 'base64').toString());
    }
  }
  return values;
}

function textsOf(map: Json | undefined): readonly string[] {
  return isJsonObject(map) ? Object.values(map).filter((value) => typeof value === 'string') : [];
}

/** A unified diff without the lines that hold one of the values. */
export function hideSecrets(patch: string, values: ReadonlySet<string>): string {
  const found = [...values].filter((value) => patch.includes(value));
  if (found.length === 0) return patch;
  let isHeading = true;
  const lines = patch.split('\n').map((line) => {
    if (line.startsWith('@@')) isHeading = false;
    if (isHeading || line.startsWith('@@')) return line;
    return found.some((value) => holds(line, value)) ? `${line.charAt(0)}${hidden}` : line;
  });
  return lines.join('\n');
}

function holds(line: string, value: string): boolean {
  for (let at = line.indexOf(value, 1); at >= 0; at = line.indexOf(value, at + 1)) {
    if (value.length >= longEnough) return true;
    const [before, after] = [at === 1 ? ' ' : line.charAt(at - 1), line.charAt(at + value.length)];
    if (edges.test(before) && (after === '' || edges.test(after))) return true;
  }
  return false;
}
