import { type Json, writeJson } from './json.ts';

/** What differs in one field, as the API tells it: any JSON may stand on either side; absent means nothing is there. */
export interface Sides {
  /** What Git says, or what was there before. */
  readonly desired?: unknown;
  readonly live?: unknown;
}

const longestValue = 60;

/** `3 → 5`, `removed (Git says 3)`, `added: 5`; of a Secret only that the values differ. Bounded. */
export function describeValues(sides: Sides): string {
  const { desired, live } = sides;
  if (isHidden(desired) || isHidden(live)) return 'changed (values hidden)';
  if (live === undefined) return `removed (Git says ${describeValue(desired)})`;
  if (desired === undefined) return `added: ${describeValue(live)}`;
  return `${describeValue(desired)} → ${describeValue(live)}`;
}

/** Values of Secrets come as keyed digests: that they differ is all there is to say. */
export function isHidden(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('hmac-sha256:');
}

/** One line of at most 60 characters. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = (typeof value === 'string' ? value : writeJson(value as Json)).replaceAll(/\s+/g, ' ');
  if (text === '') return "''";
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}
