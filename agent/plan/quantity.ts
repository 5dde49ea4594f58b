import type { Json } from '../../core/json.ts';

/** Fields whose values, and those below them, are quantities (Kubernetes API, `resource.Quantity`). */
const quantityFields: ReadonlySet<string> = new Set([
  'requests',
  'limits',
  'capacity',
  'hard',
  'overhead',
  'sizeLimit',
  'divisor',
  'averageValue',
]);

export function holdsQuantities(field: string): boolean {
  return quantityFields.has(field);
}

/** Powers of ten and of two that a suffix stands for. */
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/** Whether two spellings name one amount: the API server answers `1000m` as `1`. False where one is no quantity. */
export function equalQuantities(left: Json, right: Json): boolean {
  const [first, second] = [amountOf(left), amountOf(right)];
  return first !== undefined && second !== undefined && Math.abs(first - second) <= Math.abs(first) * 1e-12;
}

function amountOf(value: Json): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(String(value));
  if (match === null) return undefined;
  const [, number = '', exponent, suffix = ''] = match;
  if (exponent !== undefined) return Number(number) * 10 ** Number(exponent);
  const power = binary[suffix];
  return power === undefined ? Number(number) * 10 ** (decimal[suffix] ?? 0) : Number(number) * 2 ** power;
}
