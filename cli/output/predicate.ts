/** A sentence without its subject, where a row names that already: `prod/web is frozen.` → `is frozen.` */
export function predicateOf(sentence: string, subject: string): string {
  return sentence.startsWith(`${subject} `) ? sentence.slice(subject.length + 1) : sentence;
}
