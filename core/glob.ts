/**
 * Patterns as Argo CD reads them. `repository` and `name` follow gobwas/glob, with and without `/` as separator;
 * `kind` follows Go's `path/filepath.Match`.
 * - `repository` (sourceRepos): `*` and `?` stop at `/`, `**` doesn't.
 * - `name` (destinations): `*` crosses everything.
 * - `kind` (resource lists): no `{a,b}`, and a class is negated by `^` instead of `!`.
 */
export type GlobDialect = 'repository' | 'name' | 'kind';

interface Syntax {
  /** Whether `*` and `?` stop at `/`. */
  readonly separator: boolean;
  readonly alternatives: 'braces' | 'none';
  readonly negation: '!' | '^';
  /** gobwas reads a class as one range or as a list of characters, Go as any mixture of both. */
  readonly classes: 'range-or-list' | 'mixed';
}

const syntaxes: Readonly<Record<GlobDialect, Syntax>> = {
  repository: { separator: true, alternatives: 'braces', negation: '!', classes: 'range-or-list' },
  name: { separator: false, alternatives: 'braces', negation: '!', classes: 'range-or-list' },
  kind: { separator: true, alternatives: 'none', negation: '^', classes: 'mixed' },
};

/** Whether a text matches a pattern. A malformed pattern matches nothing, as with Argo CD; `isGlob` tells them apart. */
export function matchesGlob(pattern: string, text: string, dialect: GlobDialect): boolean {
  const parts = parse(pattern, syntaxes[dialect]);
  if (parts === undefined) return false;
  const characters = [...text];
  return follow(parts, characters, new Set([0])).has(characters.length);
}

/** Whether a pattern is well-formed. */
export function isGlob(pattern: string, dialect: GlobDialect): boolean {
  return parse(pattern, syntaxes[dialect]) !== undefined;
}

/** Whether a pattern can match more than one text. */
export function isWildcard(pattern: string): boolean {
  return /[*?[{]/.test(pattern.replace(/\\./gsu, ''));
}

type Fits = (character: string) => boolean;

type Part =
  | { readonly type: 'one'; readonly fits: Fits }
  | { readonly type: 'many'; readonly fits: Fits }
  | { readonly type: 'either'; readonly choices: readonly (readonly Part[])[] };

/**
 * Where a match that stands at one of the positions can stand after the parts. All positions go on together, so that
 * the time is that of the pattern's length by the text's: a regular expression would try every combination of `*`.
 */
function follow(
  parts: readonly Part[],
  text: readonly string[],
  from: ReadonlySet<number>,
): ReadonlySet<number> {
  let positions = from;
  for (const part of parts) {
    if (positions.size === 0) break;
    positions = followPart(part, text, positions);
  }
  return positions;
}

function followPart(part: Part, text: readonly string[], from: ReadonlySet<number>): ReadonlySet<number> {
  if (part.type === 'either') {
    return new Set(part.choices.flatMap((choice) => [...follow(choice, text, from)]));
  }
  const to = new Set<number>();
  for (let at of from) {
    if (part.type === 'many') to.add(at);
    for (let next = text[at]; next !== undefined && part.fits(next); next = text[at]) {
      at += 1;
      if (to.has(at)) break;
      to.add(at);
      if (part.type === 'one') break;
    }
  }
  return to;
}

/** A pattern's parts; `undefined` where it is malformed. */
function parse(pattern: string, syntax: Syntax): readonly Part[] | undefined {
  let parts: Part[] = [];
  const outer: { readonly parts: Part[]; readonly choices: Part[][] }[] = [];
  for (let at = 0; at < pattern.length; ) {
    const term = termAt(pattern, at, syntax, outer.length > 0);
    if (term === undefined) return undefined;
    at = term.next;
    const group = outer.at(-1);
    if (term.part === '{') {
      outer.push({ parts, choices: [] });
      parts = [];
    } else if (typeof term.part !== 'string') {
      parts.push(term.part);
    } else if (group !== undefined) {
      group.choices.push(parts);
      parts = [];
      if (term.part === ',') continue;
      outer.pop();
      parts = [...group.parts, { type: 'either', choices: group.choices }];
    }
  }
  return outer.length === 0 ? parts : undefined;
}

interface Term {
  readonly part: Part | '{' | ',' | '}';
  readonly next: number;
}

function termAt(pattern: string, at: number, syntax: Syntax, isInBraces: boolean): Term | undefined {
  const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
  const next = at + character.length;
  if (character === '[') return classTerm(pattern, at, syntax);
  if (character === '\\') return escapedTerm(pattern, at);
  const any: Fits = (each) => !syntax.separator || each !== '/';
  if (character === '*') {
    if (pattern[next] !== '*' || syntax.alternatives === 'none')
      return { part: { type: 'many', fits: any }, next };
    return { part: { type: 'many', fits: () => true }, next: next + 1 };
  }
  if (character === '?') return { part: { type: 'one', fits: any }, next };
  if (syntax.alternatives === 'braces') {
    if (character === '{') return { part: '{', next };
    if (isInBraces && (character === '}' || character === ',')) return { part: character, next };
  }
  return { part: literalPart(character), next };
}

function escapedTerm(pattern: string, at: number): Term | undefined {
  const code = pattern.codePointAt(at + 1);
  if (code === undefined) return undefined;
  const character = String.fromCodePoint(code);
  return { part: literalPart(character), next: at + 1 + character.length };
}

function literalPart(character: string): Part {
  return { type: 'one', fits: (each) => each === character };
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
  const one = new RegExp(`^[${negated ? '^' : ''}${members}${separator}]$`, 'su');
  return { part: { type: 'one', fits: (each) => one.test(each) }, next: close + 1 };
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
