import { authorName, type Commit } from '../../core/commit.ts';

/** Text of others in Markdown: what looks like markup, a mention or a reference must not act as one. */

const longestCode = 200;
/** Control characters, and those that make text look like other text. */
const unsafe = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

export function code(text: string): string {
  const clean = text.replaceAll(unsafe, ' ').replaceAll('`', "'");
  return `\`${clean.length > longestCode ? `${clean.slice(0, longestCode)}…` : clean}\``;
}

export function plain(text: string): string {
  return text
    .replaceAll(unsafe, ' ')
    .replaceAll(/[<>[\]*_`@#|\\]/gu, '')
    .trim();
}

/** A commit in a line; its author by name, since an address would be a mention or a gift to spammers. */
export function describeCommit(commit: Commit): string {
  const { id, subject, committedAt } = commit;
  const name = plain(authorName(commit));
  return `${code(id.slice(0, 12))} ${code(subject)} by ${name}, ${committedAt.slice(0, 10)}`;
}
