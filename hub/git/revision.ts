/** What a revision's text is, before asking anyone. */
export type RevisionName =
  | { readonly type: 'commit'; readonly id: string }
  | { readonly type: 'ref'; readonly name: string }
  | { readonly type: 'invalid'; readonly message: string };

/** `git check-ref-format`'s rules, and none that Git could take for an option or a pattern. */
const forbidden = /^[-/.]|[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$|\.lock(\/|$)/u;

export function parseRevision(revision: string): RevisionName {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/iu.test(revision)) return { type: 'commit', id: revision.toLowerCase() };
  if (revision === '') return { type: 'ref', name: 'HEAD' };
  if (!forbidden.test(revision)) return { type: 'ref', name: revision };
  const range = /[~^*<>=]|^v?\d+\.x/u.test(revision) ? '; version ranges of tags are not supported yet' : '';
  return { type: 'invalid', message: `${revision} is not the name of a branch, a tag or a commit${range}` };
}

/** Refs that a name can mean, the one that wins first. */
export function refCandidates(name: string): readonly string[] {
  if (name === 'HEAD' || name.startsWith('refs/')) return [name];
  return [`refs/heads/${name}`, `refs/tags/${name}`];
}

/** Why a name was not found, for people. */
export function missingMessage(name: string): string {
  const hint = /^[0-9a-f]{7,39}$/u.test(name) ? '; a commit is named by its full id of 40 digits' : '';
  return name === 'HEAD' ? 'the repository has no commit yet' : `there is no branch or tag ${name}${hint}`;
}

/** Tags may name files and folders as well: nothing that can be deployed from. */
export function noCommitMessage(name: string): string {
  return `${name} names something else than a commit`;
}
