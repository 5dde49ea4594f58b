/** A text as a whole sentence, whether or not it was written as one. */
export function sentence(text: string): string {
  return /[.?!…]\s*$/.test(text) ? text : `${text}.`;
}
