import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from 'yaml';

/** A change of a text: characters from `start` up to `end` become `text`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A YAML stream as it is written, each node with its place in the text. */
export interface YamlFile {
  readonly text: string;
  /** Contents of the documents, empty ones left out. */
  readonly roots: readonly Node[];
  readonly documents: readonly Document[];
  /** Line end that the file uses. */
  readonly eol: string;
}

/** A text or a reference to one, which is what can be exchanged for another text. */
export type TextNode = Scalar | Alias;

/** Reads a stream for editing; `undefined` where it isn't YAML (a template, for example). */
export function readYamlFile(text: string): YamlFile | undefined {
  try {
    const documents = parseAllDocuments(text, {
      schema: 'failsafe',
      resolveKnownTags: false,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return undefined;
    const roots = documents.flatMap(({ contents }) => (contents === null ? [] : [contents as Node]));
    return { text, roots, documents, eol: text.includes('\r\n') ? '\r\n' : '\n' };
  } catch (error) {
    // The parser recurses: a text of brackets alone exhausts the stack.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Edits in one text, applied together. Equal ones count once; `undefined` where two meet. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string | undefined {
  const sorted = [...edits].sort((left, right) => left.start - right.start || left.end - right.end);
  let result = '';
  let at = 0;
  let last: TextEdit | undefined;
  for (const edit of sorted) {
    if (last !== undefined && last.start === edit.start && last.end === edit.end && last.text === edit.text) {
      continue;
    }
    if (edit.start < at) return undefined;
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
    last = edit;
  }
  return result + text.slice(at);
}

/** The pair of a mapping by its key. Merge keys are not followed: what they bring isn't written here. */
export function pairAt(node: unknown, key: string): Pair<Scalar, Node | null> | undefined {
  if (!isMap(node)) return undefined;
  const found = node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  return found as Pair<Scalar, Node | null> | undefined;
}

/** The node at a path of keys, `undefined` where a part of it is absent or something else. */
export function nodeAt(node: unknown, path: readonly string[]): Node | undefined {
  let current: unknown = node;
  for (const key of path) current = pairAt(current, key)?.value;
  return (current ?? undefined) as Node | undefined;
}

/** What a node says as a text; `undefined` where it is a list or a mapping. Aliases are followed. */
export function textOf(file: YamlFile, node: unknown): string | undefined {
  const found = isAlias(node) ? resolveAlias(file, node) : node;
  return isScalar(found) ? (found.value === null ? '' : String(found.value)) : undefined;
}

/** The text at a path of keys. */
export function textAt(file: YamlFile, node: unknown, path: readonly string[]): string | undefined {
  const found = nodeAt(node, path);
  return found === undefined ? undefined : textOf(file, found);
}

/** What an alias stands for: the nearest anchor of its name before it. */
export function resolveAlias(file: YamlFile, alias: Alias): Node | undefined {
  const at = alias.range?.[0] ?? 0;
  const document = file.documents.find(
    ({ range }) => range !== undefined && range[0] <= at && at <= range[2],
  );
  return document === undefined ? undefined : alias.resolve(document);
}

/** Every mapping of a file, with those that it stands in, the innermost last. */
export function* mapsIn(
  node: unknown,
  above: readonly YAMLMap[] = [],
): Generator<{
  readonly map: YAMLMap;
  readonly above: readonly YAMLMap[];
}> {
  if (isSeq(node)) for (const item of node.items) yield* mapsIn(item, above);
  if (!isMap(node)) return;
  yield { map: node, above };
  for (const { value } of node.items) yield* mapsIn(value, [...above, node]);
}
