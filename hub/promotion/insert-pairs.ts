import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { replaceText, writeText } from './scalar-text.ts';
import { pairAt, type TextEdit, type YamlFile } from './yaml-file.ts';

/** A key with a text, or with further keys. */
export interface NewPair {
  readonly key: string;
  readonly value: string | readonly NewPair[];
}

const usualStep = 2;

/**
 * Sets a text at a path of keys: exchanges what stands there, or inserts what is missing in the file's own style.
 * `undefined` where something else than mappings is in the way.
 */
export function setTextAt(
  file: YamlFile,
  root: Node | undefined,
  path: readonly string[],
  value: string,
): TextEdit | undefined {
  let holder: Pair<Node, Node | null> | undefined;
  let node = root;
  for (const [index, key] of path.entries()) {
    if (isMap(node)) {
      const pair = pairAt(node, key);
      if (pair === undefined) return insertPair(file, node, nest(path.slice(index), value));
      holder = pair;
      node = pair.value ?? undefined;
      continue;
    }
    // What an alias repeats belongs to others too.
    if (node !== undefined && !isEmpty(node)) return undefined;
    const pair = nest(path.slice(index), value);
    return holder === undefined ? appendPair(file, pair) : fillPair(file, holder, pair);
  }
  return isScalar(node) || isAlias(node) ? replaceText(file, node, value) : undefined;
}

function nest(path: readonly string[], value: string): NewPair {
  const [key = '', ...rest] = path;
  return { key, value: rest.length === 0 ? value : [nest(rest, value)] };
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && (node.value === null || node.value === '') && node.type === 'PLAIN';
}

/** Adds a pair to a mapping: behind the pair of the key `after` where there is one, else at its end. */
export function insertPair(file: YamlFile, map: YAMLMap, pair: NewPair, after?: string): TextEdit {
  if (map.flow === true) return insertInFlow(file, map, pair, after);
  const before =
    (after === undefined ? undefined : pairAt(map, after)) ?? (map.items.at(-1) as Pair<Node, Node | null>);
  const indent = columnOf(file.text, startOf(map.items[0]?.key));
  return insertLines(
    file,
    endOf(file, before),
    writePair(pair, stepOf(file)).map((line) => ' '.repeat(indent) + line),
  );
}

/** Adds an item to a list, with the list's own indentation. */
export function insertItem(
  file: YamlFile,
  list: YAMLSeq,
  pairs: readonly NewPair[] | string,
): TextEdit | undefined {
  const last = list.items.at(-1) as Node | undefined;
  if (list.flow === true) {
    const item =
      typeof pairs === 'string'
        ? JSON.stringify(pairs)
        : `{${pairs.map((pair) => writeFlow(pair, false)).join(', ')}}`;
    const at = last?.range?.[1] ?? (list.range?.[0] ?? 0) + 1;
    return { start: at, end: at, text: last === undefined ? item : `, ${item}` };
  }
  if (last === undefined) return undefined;
  const indent = columnOf(file.text, dashBefore(file.text, startOf(last)));
  return insertLines(
    file,
    endOfNode(file, last),
    writeItem(pairs, stepOf(file)).map((line) => ' '.repeat(indent) + line),
  );
}

/** Adds a list of one item under a new key. */
export function insertList(
  file: YamlFile,
  map: YAMLMap,
  key: string,
  pairs: readonly NewPair[] | string,
): TextEdit | undefined {
  if (map.flow === true) return undefined;
  const indent = columnOf(file.text, startOf(map.items[0]?.key));
  const dash = ' '.repeat(indent + dashIndent(file));
  const lines = [
    `${' '.repeat(indent)}${key}:`,
    ...writeItem(pairs, stepOf(file)).map((line) => dash + line),
  ];
  return insertLines(file, endOf(file, map.items.at(-1) as Pair<Node, Node | null>), lines);
}

/** Takes a pair out of a mapping, with its line where it has one of its own; `undefined` where it stands in a way of others. */
export function removePair(file: YamlFile, map: YAMLMap, key: string): TextEdit | undefined {
  const index = map.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key);
  const pair = map.items[index] as Pair<Node, Node | null> | undefined;
  if (pair === undefined) return undefined;
  const { text } = file;
  const start = startOf(pair.key);
  const next = map.items[index + 1] as Pair<Node> | undefined;
  if (map.flow === true) {
    if (next !== undefined) return { start, end: startOf(next.key), text: '' };
    const previous = map.items[index - 1] as Pair<Node, Node | null> | undefined;
    const from = previous === undefined ? start : (previous.value?.range?.[1] ?? start);
    return { start: from, end: pair.value?.range?.[1] ?? start, text: '' };
  }
  const end = endOf(file, pair);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  if (text.slice(lineStart, start).trim() === '') {
    const lineEnd = text.indexOf('\n', end);
    return { start: lineStart, end: lineEnd < 0 ? text.length : lineEnd + 1, text: '' };
  }
  if (next !== undefined && text.slice(end, startOf(next.key)).trim() === '')
    return { start, end: startOf(next.key), text: '' };
  return undefined;
}

function insertInFlow(file: YamlFile, map: YAMLMap, pair: NewPair, after?: string): TextEdit {
  const first = map.items[0] as Pair<Node> | undefined;
  const isJson = isScalar(first?.key) ? first.key.type === 'QUOTE_DOUBLE' : /^\s*[[{]/u.test(file.text);
  const written = writeFlow(pair, isJson);
  const last =
    (after === undefined ? undefined : pairAt(map, after)) ??
    (map.items.at(-1) as Pair<Node, Node | null> | undefined);
  if (last === undefined) {
    const at = (map.range?.[0] ?? 0) + 1;
    return { start: at, end: at, text: written };
  }
  const at = last.value?.range?.[1] ?? last.key.range?.[1] ?? 0;
  return { start: at, end: at, text: `, ${written}` };
}

/** Gives a key without a value its first pair, on lines below it. */
function fillPair(file: YamlFile, holder: Pair<Node, Node | null>, pair: NewPair): TextEdit | undefined {
  if (holder.value !== null && holder.value.range?.[0] !== holder.value.range?.[1]) return undefined;
  const indent = columnOf(file.text, startOf(holder.key)) + stepOf(file);
  return insertLines(
    file,
    holder.key.range?.[1] ?? 0,
    writePair(pair, stepOf(file)).map((line) => ' '.repeat(indent) + line),
  );
}

/** Gives a file that holds nothing but comments its first pair. */
function appendPair(file: YamlFile, pair: NewPair): TextEdit | undefined {
  if (file.documents.length > 1 || /^(?:---|\.\.\.)/mu.test(file.text)) return undefined;
  return insertLines(file, file.text.length, writePair(pair, stepOf(file)));
}

/** Whole lines below the one that holds `at`. */
function insertLines(file: YamlFile, at: number, lines: readonly string[]): TextEdit {
  const { text, eol } = file;
  const isLineStart = at > 0 && text.charAt(at - 1) === '\n';
  const lineEnd = isLineStart ? at - 1 : text.indexOf('\n', at);
  if (lineEnd >= 0)
    return { start: lineEnd + 1, end: lineEnd + 1, text: lines.map((line) => line + eol).join('') };
  const isFresh = text === '' || text === '\uFEFF';
  return {
    start: text.length,
    end: text.length,
    text: (isFresh ? '' : eol) + lines.join(eol) + (isFresh ? eol : ''),
  };
}

function writePair({ key, value }: NewPair, step: number): readonly string[] {
  if (typeof value === 'string') return [`${writeText(key)}: ${writeText(value)}`];
  return [
    `${writeText(key)}:`,
    ...value.flatMap((pair) => writePair(pair, step)).map((line) => ' '.repeat(step) + line),
  ];
}

function writeItem(pairs: readonly NewPair[] | string, step: number): readonly string[] {
  if (typeof pairs === 'string') return [`- ${writeText(pairs)}`];
  const lines = pairs.flatMap((pair) => writePair(pair, step));
  return lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
}

function writeFlow({ key, value }: NewPair, isJson: boolean): string {
  const name = isJson ? JSON.stringify(key) : writeText(key);
  if (typeof value !== 'string')
    return `${name}: {${value.map((pair) => writeFlow(pair, isJson)).join(', ')}}`;
  return `${name}: ${isJson ? JSON.stringify(value) : writeText(value)}`;
}

function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0;
}

/** Where a pair's content ends; at the start of a line for a block of text. */
function endOf(file: YamlFile, pair: Pair<Node, Node | null>): number {
  return pair.value === null
    ? (pair.key.range?.[1] ?? 0)
    : Math.max(pair.key.range?.[1] ?? 0, endOfNode(file, pair.value));
}

function endOfNode(file: YamlFile, node: Node): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1) as Pair<Node, Node | null> | undefined;
    if (last !== undefined) return endOf(file, last);
  }
  if (isSeq(node) && node.flow !== true) {
    const last = node.items.at(-1) as Node | undefined;
    if (last !== undefined) return endOfNode(file, last);
  }
  return node.range?.[1] ?? 0;
}

function columnOf(text: string, offset: number): number {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  return text.slice(lineStart, offset).replace('\uFEFF', '').length;
}

function dashBefore(text: string, offset: number): number {
  return text.lastIndexOf('-', offset - 1);
}

/** How far the file indents a mapping in a mapping. */
function stepOf(file: YamlFile): number {
  const found = firstNested(file, file.roots);
  return found ?? usualStep;
}

function firstNested(file: YamlFile, nodes: readonly unknown[]): number | undefined {
  for (const node of nodes) {
    if (!isMap(node) || node.flow === true) continue;
    for (const { key, value } of node.items) {
      if (!isMap(value) || value.flow === true) continue;
      const step = columnOf(file.text, startOf(value.items[0]?.key)) - columnOf(file.text, startOf(key));
      if (step > 0) return step;
    }
    const deeper = firstNested(
      file,
      node.items.map(({ value }) => value),
    );
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** How far the file indents the dashes of a list below its key. */
function dashIndent(file: YamlFile): number {
  for (const root of file.roots) {
    if (!isMap(root)) continue;
    for (const { key, value } of root.items) {
      if (!isSeq(value) || value.flow === true || value.items.length === 0) continue;
      return (
        columnOf(file.text, dashBefore(file.text, startOf(value.items[0]))) -
        columnOf(file.text, startOf(key))
      );
    }
  }
  return 0;
}
