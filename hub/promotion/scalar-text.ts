import { isAlias, isScalar, type Node } from 'yaml';
import { resolveAlias, type TextEdit, type TextNode, type YamlFile } from './yaml-file.ts';

/** Words that YAML 1.1 or 1.2 reads as something else than text, in any case. */
const words = /^(?:y|n|yes|no|on|off|true|false|null|~|)$/iu;
/** Numbers of YAML 1.1 and 1.2: decimal, with underscores, hexadecimal, octal, binary, base 60, infinite, none. */
const numbers = [
  /^[-+]?(?:\d[\d_]*)?\.?[\d_]*(?:e[-+]?\d+)?$/iu,
  /^[-+]?0[xob][\da-f_]+$/iu,
  /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/u,
  /^[-+]?\.(?:inf|nan)$/iu,
];
/** Dates and times, which YAML 1.1 has a type for. */
const moment = /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt\s])/u;
/** Texts that mean the same without quotes anywhere, in a flow as well. */
const plain = /^[A-Za-z0-9_/.](?:[A-Za-z0-9_./@+=-]|:(?=[^\s,\]}]))*$/u;

/** Whether a text is read as the same text where it stands without quotes. */
export function isPlainText(value: string): boolean {
  if (words.test(value) || moment.test(value) || numbers.some((number) => number.test(value))) return false;
  return plain.test(value);
}

/** A text as a YAML scalar: without quotes where that means the same. */
export function writeText(value: string): string {
  return isPlainText(value) ? value : JSON.stringify(value);
}

/**
 * Exchanges one text for another and keeps how it is quoted; quotes are added where the new one would be read as a
 * number or a truth value. In place of an alias, only this place changes. `undefined` where it can't be done safely.
 */
export function replaceText(file: YamlFile, node: TextNode, value: string): TextEdit | undefined {
  const [start, end] = node.range ?? [0, 0];
  const { text } = file;
  if (isAlias(node)) return { start, end, text: writeText(value) };
  switch (node.type) {
    case 'QUOTE_DOUBLE':
      return { start, end, text: JSON.stringify(value) };
    case 'QUOTE_SINGLE':
      return { start, end, text: `'${value.replaceAll("'", "''")}'` };
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED': {
      // The one line of a block, such as `>-` and an image below it.
      const old = String(node.value).trim();
      const at = old === '' || old.includes('\n') ? -1 : text.indexOf(old, text.indexOf('\n', start));
      if (at < 0 || at + old.length > end || /[\n\r]/u.test(value)) return undefined;
      return { start: at, end: at + old.length, text: value };
    }
    default: {
      if (start !== end) return { start, end, text: writeText(value) };
      // `tag:` without a value: right behind the colon, before spaces and a comment.
      const at = text.slice(0, start).trimEnd().length;
      return { start: at, end: at, text: ` ${writeText(value)}` };
    }
  }
}

/** Where a text is written: the node itself; for an alias also the anchor that it repeats, which is tried first. */
export function placesOf(file: YamlFile, node: Node | null | undefined): readonly TextNode[] {
  if (isScalar(node)) return [node];
  if (!isAlias(node)) return [];
  const anchored = resolveAlias(file, node);
  return isScalar(anchored) ? [anchored, node] : [];
}
