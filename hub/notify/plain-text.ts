/** Characters that a reader acts on or that make text look like other text (CVE-2021-42574). */
const unsafe = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Text of a cluster as one line that nothing acts on, of `longest` characters at most. */
export function plainText(text: string, longest: number): string {
  const line = text.replaceAll(unsafe, ' ').replaceAll(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line;
}
