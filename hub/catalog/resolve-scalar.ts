import type { Json } from '../../core/json.ts';

/**
 * Plain scalars as sigs.k8s.io/yaml (go-yaml v2, resolve.go) reads them: YAML 1.1 booleans, octal with a leading 0,
 * underscores in numbers, integers of 64 bits; times and base 60 stay strings.
 */
const words: ReadonlyMap<string, Json> = new Map<string, Json>([
  ...spell(['y', 'yes', 'true', 'on'], true),
  ...spell(['n', 'no', 'false', 'off'], false),
  ...spell(['null'], null),
  ['~', null],
  ['', null],
]);

/** Lower case, Capitalised and UPPER CASE; nothing else. */
function spell(names: readonly string[], value: Json): [string, Json][] {
  return names.flatMap((name): [string, Json][] => [
    [name, value],
    [name.charAt(0).toUpperCase() + name.slice(1), value],
    [name.toUpperCase(), value],
  ]);
}

const special = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const integers: readonly { readonly pattern: RegExp; readonly prefix: string }[] = [
  { pattern: /^(0|[1-9][0-9]*)$/, prefix: '' },
  { pattern: /^0[xX]([0-9a-fA-F]+)$/, prefix: '0x' },
  { pattern: /^0[oO]?([0-7]+)$/, prefix: '0o' },
  { pattern: /^0[bB]([01]+)$/, prefix: '0b' },
];

/** The value of a scalar that carries neither quotes nor a tag; `undefined` for one that JSON can't hold (infinity, not-a-number). */
export function resolveScalar(text: string): Json | undefined {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (special.test(text)) return undefined;
  if (!/^[-+.0-9]/.test(text)) return text;
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '');
  return resolveInteger(plain) ?? resolveFloat(plain) ?? text;
}

function resolveInteger(plain: string): number | bigint | undefined {
  const sign = /^[-+]/.exec(plain)?.[0] ?? '';
  const digits = plain.slice(sign.length);
  for (const { pattern, prefix } of integers) {
    const match = pattern.exec(digits);
    if (match === null) continue;
    const size = BigInt(prefix + match[1]);
    // Beyond 64 bits it is a float, as with Go.
    if (sign === '-' ? size > 2n ** 63n : size >= 2n ** (sign === '+' ? 63n : 64n)) return undefined;
    const value = sign === '-' ? -size : size;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  return undefined;
}

function resolveFloat(plain: string): number | undefined {
  if (!float.test(plain)) return undefined;
  const value = Number(plain);
  if (!Number.isFinite(value)) return undefined;
  return value === 0 ? 0 : value;
}
