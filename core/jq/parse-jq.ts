import type { Comparison, Expression, TextTest } from './expression.ts';

/** Why an expression isn't read, in a sentence. */
export class JqError extends Error {}

const token =
  /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?)|(\.\.)|(\.[A-Za-z_]\w*)|([A-Za-z_]\w*)|(==|!=|<=|>=|[.[\]()|,?<>]))/y;
const longest = 2_000;
const tests: ReadonlySet<string> = new Set(['startswith', 'endswith', 'contains', 'has']);
const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const remedy =
  'Known are .name, .["name"], [0], [], ?, |, a comma, select(…) with ==, !=, <, <=, >, >=, and, or, not, startswith, endswith, contains and has';

/** Reads a path of jq. Throws JqError. */
export function parseJq(text: string): Expression {
  if (text.length > longest) throw new JqError(`it is longer than ${longest} characters`);
  const parser = new Parser(split(text));
  const expression = parser.pipe();
  parser.end();
  if (!namesPaths(expression)) throw new JqError('it gives a value and names no field');
  return expression;
}

function split(text: string): readonly string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ''; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) throw new JqError(`${JSON.stringify(text.slice(at).trim())} isn't read. ${remedy}`);
    tokens.push(found[0].trim());
  }
  return tokens;
}

function namesPaths(expression: Expression): boolean {
  switch (expression.type) {
    case 'here':
    case 'select':
      return true;
    case 'member':
    case 'each':
      return namesPaths(expression.of);
    case 'pipe':
    case 'both':
      return namesPaths(expression.left) && namesPaths(expression.right);
    default:
      return false;
  }
}

/** Recursive descent: `|` binds least, then `,`, `or`, `and`, comparisons, and what follows a term most. */
class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  end(): void {
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new JqError(`${rest} isn't read there. ${remedy}`);
  }

  pipe(): Expression {
    const left = this.#both();
    return this.#takes('|') ? { type: 'pipe', left, right: this.pipe() } : left;
  }

  #both(): Expression {
    let left = this.#or();
    while (this.#takes(',')) left = { type: 'both', left, right: this.#or() };
    return left;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#takes('or')) left = { type: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#comparison();
    while (this.#takes('and')) left = { type: 'and', left, right: this.#comparison() };
    return left;
  }

  #comparison(): Expression {
    const left = this.#postfix();
    const by = this.#tokens[this.#at] ?? '';
    if (!comparisons.has(by)) return left;
    this.#at += 1;
    return { type: 'compare', by: by as Comparison, left, right: this.#postfix() };
  }

  #postfix(): Expression {
    let of = this.#term();
    for (;;) {
      const next = this.#tokens[this.#at] ?? '';
      if (next === '?') this.#at += 1;
      else if (next === '[') of = this.#brackets(of);
      else if (/^\.\w/.test(next)) {
        this.#at += 1;
        of = { type: 'member', of, name: next.slice(1) };
      } else if (next === '.' && /^["[]/.test(this.#tokens[this.#at + 1] ?? '')) {
        this.#at += 1;
        if (this.#tokens[this.#at] !== '[') of = { type: 'member', of, name: this.#text() };
      } else return of;
    }
  }

  #brackets(of: Expression): Expression {
    this.#expect('[');
    if (this.#takes(']')) return { type: 'each', of };
    const index = this.#next();
    this.#expect(']');
    if (index.startsWith('"')) return { type: 'member', of, name: JSON.parse(index) as string };
    if (/^-?\d+$/.test(index)) return { type: 'member', of, name: Number(index) };
    throw new JqError(`[${index}] isn't read: an index is a number or a name in double quotes`);
  }

  #term(): Expression {
    const next = this.#next();
    if (next === '(') {
      const inner = this.pipe();
      this.#expect(')');
      return inner;
    }
    if (next === '.') return this.#afterDot();
    if (/^\.\w/.test(next)) return { type: 'member', of: { type: 'here' }, name: next.slice(1) };
    if (next.startsWith('"')) return { type: 'literal', value: JSON.parse(next) as string };
    if (/^-?\d/.test(next)) return { type: 'literal', value: Number(next) };
    return this.#word(next);
  }

  #afterDot(): Expression {
    const isNamed = (this.#tokens[this.#at] ?? '').startsWith('"');
    return isNamed ? { type: 'member', of: { type: 'here' }, name: this.#text() } : { type: 'here' };
  }

  #word(word: string): Expression {
    if (word === 'true' || word === 'false') return { type: 'literal', value: word === 'true' };
    if (word === 'null') return { type: 'literal', value: null };
    if (word === 'not') return { type: 'not' };
    if (word !== 'select' && !tests.has(word)) throw new JqError(`${word} isn't read. ${remedy}`);
    this.#expect('(');
    const argument = this.pipe();
    this.#expect(')');
    if (word === 'select') return { type: 'select', condition: argument };
    return { type: 'test', by: word as TextTest, argument };
  }

  #text(): string {
    return JSON.parse(this.#next()) as string;
  }

  #takes(wanted: string): boolean {
    if (this.#tokens[this.#at] !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #expect(wanted: string): void {
    const found = this.#next();
    if (found !== wanted) throw new JqError(`${wanted} is missing before ${found}`);
  }

  #next(): string {
    const found = this.#tokens[this.#at];
    if (found === undefined) throw new JqError('it ends too early');
    this.#at += 1;
    return found;
  }
}
