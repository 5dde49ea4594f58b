export interface Blanked {
  /**
   * Comments and the contents of strings and regular expressions as spaces; quotes stay. Same length and lines as
   * the source.
   */
  readonly bare: string;
  /** The first comment of the file, with its marks; empty where there is none. */
  readonly firstComment: string;
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const QUOTED = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** The text of a template up to its end or to its next placeholder. */
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(`|\$\{|$)/y;
/** Where a slash begins a regular expression: after an operator, an opening bracket or one of these words. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|else|void|throw|await|yield))\s*$/;

/** Blanks what isn't code, so that a search over the rest finds code only. */
export function blank(source: string): Blanked {
  const bare = source.split('');
  /** For each template that is open: how many braces are open in its placeholder. */
  const templates: number[] = [];
  let firstComment = '';
  let at = 0;

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  }

  function skip(text: string, kept = 0): void {
    for (let index = at + kept; index < at + text.length - kept; index += 1) {
      if (source[index] !== '\n') bare[index] = ' ';
    }
    at += text.length;
  }

  function skipTemplateText(): void {
    const text = match(TEMPLATE_TEXT) ?? '';
    const opensPlaceholder = text.endsWith('${');
    const end = opensPlaceholder ? 2 : 1;
    skip(text.slice(0, -end));
    at += end;
    if (opensPlaceholder) templates.push(0);
  }

  /** Returns whether the brace ended a placeholder. */
  function countBrace(brace: string): boolean {
    const depth = templates.pop();
    if (depth === undefined) return false;
    if (brace === '}' && depth === 0) return true;
    templates.push(brace === '{' ? depth + 1 : depth - 1);
    return false;
  }

  function skipOne(): void {
    const character = source[at] ?? '';
    at += 1;
    const inTemplate = character === '`' || (/[{}]/.test(character) && countBrace(character));
    if (inTemplate) skipTemplateText();
  }

  while (at < source.length) {
    const comment = match(COMMENT);
    const quoted = match(QUOTED);
    const regex = source[at] === '/' && BEFORE_REGEX.test(bare.slice(Math.max(0, at - 80), at).join(''));
    if (comment !== undefined) {
      firstComment ||= comment;
      skip(comment);
    } else if (quoted !== undefined) skip(quoted, 1);
    else if (regex) skip(match(REGEX) ?? '/', 1);
    else skipOne();
  }
  return { bare: bare.join(''), firstComment };
}
