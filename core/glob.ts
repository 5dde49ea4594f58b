/**
 * Patterns as Argo CD reads them. `repository` and `name` follow gobwas/glob, with and without `/` as separator;
 * `kind` follows Go's `path/filepath.Match`.
 * - `repository` (sourceRepos): `*` and `?` stop at `/`, `**` doesn't.
 * - `name` (destinations): `*` crosses everything.
 * - `kind` (resource lists): no `{a,b}`, and a class is negated by `^` instead of `!`.
 */
export type GlobDialect = 'repository' | 'name' | 'kind';

interface Syntax {
  /** What `*` and `?` match, as the inside of a regular expression. */
  readonly any: string;
  readonly alternatives: 'braces' | 'none';
  readonly negation: '!' | '^';
  /** gobwas reads a class as one range or as a list of characters, Go as any mixture of both. */
  readonly classes: 'range-or-list' | 'mixed';
}

const syntaxes: Readonly<Record<GlobDialect, Syntax>> = {
  repository: { any: '[^/]', alternatives: 'braces', negation: '!', classes: 'range-or-list' },
  name: { any: '.', alternatives: 'braces', negation: '!', classes: 'range-or-list' },
  kind: { any: '[^/]', alternatives: 'none', negation: '^', classes: 'mixed' },
};

/** Whether a text matches a pattern. A malformed pattern matches nothing, as with Argo CD; `isGlob` tells them apart. */
export function matchesGlob(pattern: string, text: string, dialect: GlobDialect): boolean {
  return compile(pattern, dialect)?.test(text) ?? false;
}

/** Whether a pattern is well-formed. */
export function isGlob(pattern: string, dialect: GlobDialect): boolean {
  return compile(pattern, dialect) !== undefined;
}

/** Whether a pattern can match more than one text. */
export function isWildcard(pattern: string): boolean {
  return /[*?[{]/.test(pattern.replace(/\\./gsu, ''));
}

function compile(pattern: string, dialect: GlobDialect): RegExp | undefined {
  const syntax = syntaxes[dialect];
  let source = '';
  let depth = 0;
  for (let at = 0; at < pattern.length; ) {
    const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    const term =
      character === '['
        ? classTerm(pattern, at, syntax)
        : character === '\\'
          ? escapedTerm(pattern, at)
          : plainTerm(pattern, at, character, depth, syntax);
    if (term === undefined) return undefined;
    source += term.source;
    depth += term.depth ?? 0;
    at = term.next;
  }
  return depth === 0 ? new RegExp(`^(?:${source})$`, 'su') : undefined;
}

interface Term {
  readonly source: string;
  readonly next: number;
  /** How much deeper in braces what follows stands. */
  readonly depth?: 1 | -1;
}

function plainTerm(pattern: string, at: number, character: string, depth: number, syntax: Syntax): Term {
  const next = at + character.length;
  if (character === '*') {
    if (pattern[next] !== '*' || syntax.alternatives === 'none') return { source: `${syntax.any}*`, next };
    return { source: '.*', next: next + 1 };
  }
  if (character === '?') return { source: syntax.any, next };
  if (syntax.alternatives === 'braces') {
    if (character === '{') return { source: '(?:', next, depth: 1 };
    if (character === '}' && depth > 0) return { source: ')', next, depth: -1 };
    if (character === ',' && depth > 0) return { source: '|', next };
  }
  return { source: literal(character), next };
}

function escapedTerm(pattern: string, at: number): Term | undefined {
  const code = pattern.codePointAt(at + 1);
  if (code === undefined) return undefined;
  const character = String.fromCodePoint(code);
  return { source: literal(character), next: at + 1 + character.length };
}

function classTerm(pattern: string, open: number, syntax: Syntax): Term | undefined {
  const negated = pattern[open + 1] === syntax.negation;
  const start = open + (negated ? 2 : 1);
  const close = closingBracket(pattern, start);
  if (close === undefined) return undefined;
  const members = classMembers(pattern.slice(start, close), syntax);
  if (members === undefined) return undefined;
  // Go's negated class stops at the separator; gobwas's doesn't.
  const separator = negated && syntax.classes === 'mixed' ? '/' : '';
  return { source: `[${negated ? '^' : ''}${members}${separator}]`, next: close + 1 };
}

/** Where the class ends; `undefined` where it is empty or never does. */
function closingBracket(pattern: string, start: number): number | undefined {
  for (let at = start; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === ']') return at > start ? at : undefined;
  }
  return undefined;
}

function classMembers(body: string, syntax: Syntax): string | undefined {
  const characters = [...body.matchAll(/\\(.)|([^\\])/gsu)].map((match) => ({
    text: match[1] ?? match[2] ?? '',
    escaped: match[1] !== undefined,
  }));
  const isDash = (index: number) => characters[index]?.text === '-' && !characters[index]?.escaped;
  if (syntax.classes === 'range-or-list' && (!isDash(1) || characters.length < 2)) {
    return characters.map(({ text }) => literal(text)).join('');
  }
  if (syntax.classes === 'range-or-list' && characters.length !== 3) return undefined;
  let members = '';
  for (let index = 0; index < characters.length; ) {
    const low = characters[index]?.text ?? '';
    if (!isDash(index + 1)) {
      if (isDash(index)) return undefined;
      members += literal(low);
      index += 1;
      continue;
    }
    const high = characters[index + 2]?.text;
    if (high === undefined || (high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0)) return undefined;
    members += `${literal(low)}-${literal(high)}`;
    index += 3;
  }
  return members;
}

function literal(character: string): string {
  return /[\p{L}\p{N}]/u.test(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
