import { parseDuration } from '../../core/duration.ts';
import { addProblem, type Fields, stringField } from './fields.ts';

/** A duration such as `90s`, `10m`, `2h` or `1d`, in ms; at least `leastMs`. */
export function durationField(fields: Fields, name: string, leastMs: number): number | undefined {
  const text = stringField(fields, name);
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds >= leastMs) return milliseconds;
  addProblem(fields, name, {
    code: 'wrong-value',
    message: `${name} can't be ${JSON.stringify(text)}`,
    remedy: `Write a duration of at least ${leastMs / 1000}s, such as 90s, 10m or 2h`,
  });
  return undefined;
}
