import { addProblem, type Fields, stringField } from './fields.ts';

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `90s`, `10m`, `2h` or `1d`, in ms; at least `leastMs`. */
export function durationField(fields: Fields, name: string, leastMs: number): number | undefined {
  const text = stringField(fields, name);
  if (text === undefined) return undefined;
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  const milliseconds = Number(match?.[1]) * (unitMs[match?.[2] ?? ''] ?? Number.NaN);
  if (milliseconds >= leastMs) return milliseconds;
  addProblem(fields, name, {
    code: 'wrong-value',
    message: `${name} can't be ${JSON.stringify(text)}`,
    remedy: `Write a duration of at least ${leastMs / 1000}s, such as 90s, 10m or 2h`,
  });
  return undefined;
}
