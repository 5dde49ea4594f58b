/**
 * Characters that a terminal or a page acts on, and those that make text look like other text (bidirectional overrides,
 * CVE-2021-42574). Names and messages of clusters are untrusted. Line breaks and tabs stay.
 */
const unsafe = /(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text whose unsafe characters are shown as U+FFFD. */
export function cleanText(text: string): string {
  return text.replace(unsafe, '\ufffd');
}

/** Every string of a value made safe to show, keys too. */
export function cleanValue<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [cleanText(key), clean(member)]));
}
