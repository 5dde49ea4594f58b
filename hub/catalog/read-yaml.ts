import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Location, Problem } from '../../core/problem.ts';
import { kubernetesYaml } from './kubernetes-yaml.ts';
import { errorOffset } from './yaml-error.ts';

/** One mapping of a YAML stream, with the line of each of its fields (`spec.destinations[0].server`). */
export interface YamlDocument {
  readonly location: Location;
  readonly values: JsonObject;
  readonly fieldLines: ReadonlyMap<string, number>;
}

export type YamlRead =
  | {
      readonly type: 'read';
      readonly documents: readonly YamlDocument[];
      /** Lines of documents that are neither empty nor mappings. */
      readonly others: readonly number[];
    }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] };

/** More than people write by hand; an alias bomb needs thousands. */
const maxAliases = 100;

/**
 * Reads a YAML stream as sigs.k8s.io/yaml does: YAML 1.1 booleans and octals, merge keys, no key twice, dates as
 * strings, integers of any size. Empty documents are left out. One syntax error makes the whole stream unreadable.
 */
export function readYaml(file: string, text: string): YamlRead {
  const counter = new LineCounter();
  const parsed = parseAllDocuments(text, {
    ...kubernetesYaml,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: counter,
  });
  const lineOf = (offset: number) => counter.linePos(offset).line;
  const documents: YamlDocument[] = [];
  const others: number[] = [];
  const problems: Problem[] = [];
  for (const document of parsed) {
    for (const error of document.errors) {
      problems.push(syntaxProblem(file, error.message, lineOf(errorOffset(document, error))));
    }
    if (document.errors.length > 0) continue;
    const line = lineOf(document.contents?.range?.[0] ?? 0);
    if (!isMap(document.contents)) {
      if (!isNothing(document.contents)) others.push(line);
      continue;
    }
    try {
      const values = downConvert(document.toJS({ maxAliasCount: maxAliases }) as Json);
      if (!isJsonObject(values)) continue;
      const fieldLines = new Map<string, number>();
      collectLines(document.contents, '', lineOf, fieldLines);
      documents.push({ location: { file, line }, values, fieldLines });
    } catch (error) {
      // The library throws for excessive and for unresolved aliases only.
      problems.push(syntaxProblem(file, error instanceof Error ? error.message : String(error), line));
    }
  }
  return problems.length > 0 ? { type: 'problems', problems } : { type: 'read', documents, others };
}

/** Where the lines of a field are kept whose text is a block (`field: |`): the first line of the text itself. */
export function blockTextKey(field: string): string {
  return `${field}|`;
}

function isNothing(contents: Node | null): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function syntaxProblem(file: string, message: string, line: number): Problem {
  return {
    code: 'yaml-syntax',
    message: `The YAML can't be read: ${message}`,
    location: { file, line },
    remedy: 'Mend the syntax there; until then, everything from this file stays as it was',
  };
}

/** Integers become numbers where a number holds them exactly. */
function downConvert(value: Json): Json {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (isJsonArray(value)) return value.map(downConvert);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, downConvert(member ?? null)]));
}

function collectLines(
  node: Node | null | unknown,
  path: string,
  lineOf: (offset: number) => number,
  lines: Map<string, number>,
): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const field = path === '' ? String(key.value) : `${path}.${String(key.value)}`;
      lines.set(field, lineOf(key.range?.[0] ?? 0));
      if (isScalar(value) && value.type === 'BLOCK_LITERAL') {
        lines.set(blockTextKey(field), lineOf(value.range?.[0] ?? 0) + 1);
      }
      collectLines(value, field, lineOf, lines);
    }
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => {
      const range = (item as Node | null)?.range;
      if (range) lines.set(`${path}[${index}]`, lineOf(range[0]));
      collectLines(item, `${path}[${index}]`, lineOf, lines);
    });
  }
}
