/** A value of an object as one reads it: text as it is, all else as JSON with a line per member. */
export function valueText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}
