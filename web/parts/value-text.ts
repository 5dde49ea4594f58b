/** A value of an object as one reads it: text as it is, all else as JSON with a line per member. */
export function valueText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}

/** Values of Secrets come as keyed digests: that they differ is all there is to say. */
export function isHidden(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('hmac-sha256:');
}
