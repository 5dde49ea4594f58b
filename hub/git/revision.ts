import { newestTag, parseTagRange } from '../catalog/tag-range.ts';

/** What a revision's text is, before asking anyone. */
export type RevisionName =
  | { readonly type: 'commit'; readonly id: string }
  | { readonly type: 'ref'; readonly name: string }
  /** The newest of the tags in a range of versions (`gitRevision`). */
  | { readonly type: 'range'; readonly name: string }
  | { readonly type: 'invalid'; readonly message: string };

/** `git check-ref-format`'s rules, and none that Git could take for an option or a pattern. */
const forbidden = /^[-/.]|[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$|\.lock(\/|$)/u;

export function parseRevision(revision: string): RevisionName {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/iu.test(revision)) return { type: 'commit', id: revision.toLowerCase() };
  if (revision === '') return { type: 'ref', name: 'HEAD' };
  if (parseTagRange(revision) !== undefined) return { type: 'range', name: revision };
  if (!forbidden.test(revision)) return { type: 'ref', name: revision };
  return { type: 'invalid', message: `${revision} is not the name of a branch, a tag or a commit` };
}

/** Refs that a name can mean, the one that wins first. */
function refCandidates(name: string): readonly string[] {
  if (name === 'HEAD' || name.startsWith('refs/')) return [name];
  return [`refs/heads/${name}`, `refs/tags/${name}`];
}

/**
 * The ref that a name means now, of those that the remote has. Where no tag is in a range, its text may be a name all the
 * same, such as the branch `1.x` (Argo CD's rule).
 */
export function findRef(name: string, refs: ReadonlySet<string>): string | undefined {
  const range = parseTagRange(name);
  const plain = range?.text ?? name;
  const tag = range === undefined ? undefined : newestTag(range, tagsOf(refs));
  if (tag !== undefined) return `refs/tags/${tag}`;
  return forbidden.test(plain) ? undefined : refCandidates(plain).find((ref) => refs.has(ref));
}

function tagsOf(refs: ReadonlySet<string>): readonly string[] {
  const tags = [...refs].filter((ref) => ref.startsWith('refs/tags/') && !ref.endsWith('^{}'));
  return tags.map((ref) => ref.slice('refs/tags/'.length));
}

/** The tag that a range came to; nothing for a name, which says it itself. */
export function tagOf(name: string, ref: string): { readonly tag?: string } {
  return parseTagRange(name) === undefined ? {} : { tag: ref.replace(/^refs\/(?:tags|heads)\//u, '') };
}

/** Why a name was not found, for people. */
export function missingMessage(name: string): string {
  const range = parseTagRange(name);
  if (range !== undefined) {
    const among = range.prefix === '' ? 'no tag' : `no tag that begins with ${range.prefix}`;
    return `${among} is in the range ${range.text}`;
  }
  const hint = /^[0-9a-f]{7,39}$/u.test(name) ? '; a commit is named by its full id of 40 digits' : '';
  return name === 'HEAD' ? 'the repository has no commit yet' : `there is no branch or tag ${name}${hint}`;
}

/** Tags may name files and folders as well: nothing that can be deployed from. */
export function noCommitMessage(name: string): string {
  return `${name} names something else than a commit`;
}
