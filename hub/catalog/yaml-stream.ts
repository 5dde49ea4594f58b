import { LineCounter, parseAllDocuments } from 'yaml';
import type { Json } from '../../core/json.ts';
import { errorOffset, errorText } from './yaml-error.ts';
import { type Expansion, newExpansion, YamlValueError, yamlValue } from './yaml-value.ts';

/** One document of a stream that isn't empty. */
export interface YamlDocument {
  readonly value: Json;
  /** Where its content starts, counted from 1. */
  readonly line: number;
  /** Comments and the separator before it. */
  readonly preceding: string;
  /** Line of a value by its path (`resources[0]`), where its key stands; where it isn't there, of what is around it. */
  lineOf(path: string): number;
  /** Lines of all values by their paths. */
  lines(): ReadonlyMap<string, number>;
}

export interface YamlFailure {
  /** Kebab-case: `yaml-syntax`, `duplicate-key`, … */
  readonly code: string;
  readonly message: string;
  readonly line: number;
}

export interface YamlStream {
  readonly documents: readonly YamlDocument[];
  readonly failures: readonly YamlFailure[];
}

/** Of one document: more help nobody, and each costs a look at the whole document. */
const maxErrors = 5;

/**
 * Reads a stream of YAML or JSON documents as sigs.k8s.io/yaml does. Empty documents are left out. `expansion` is shared
 * by streams that end up in one result.
 */
export function readYamlStream(source: string, expansion: Expansion = newExpansion()): YamlStream {
  const text = source.replace(/\r\n?/gu, '\n');
  const counter = new LineCounter();
  const documents: YamlDocument[] = [];
  const failures: YamlFailure[] = [];
  const control = controlCharacter(text);
  if (control !== undefined) return { documents, failures: [control] };
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(offset).line);
  try {
    const parsed = parseAllDocuments(text, {
      schema: 'failsafe',
      resolveKnownTags: false,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter: counter,
    });
    let end = 0;
    for (const document of parsed) {
      // What follows on the same line is mostly what the first mistake leads to.
      const mistakes = new Map<number, string>();
      for (const error of document.errors.slice(0, maxErrors)) {
        const line = lineAt(errorOffset(document, error));
        if (!mistakes.has(line)) mistakes.set(line, errorText(error));
      }
      for (const [line, message] of mistakes) failures.push({ code: 'yaml-syntax', message, line });
      const start = document.contents?.range?.[0] ?? 0;
      const preceding = text.slice(end, start);
      end = document.range[2];
      if (document.errors.length > 0) continue;
      const lines = new Map<string, number>();
      const value = yamlValue(document, expansion, (path, offset) => {
        // A block's text begins on the line after its mark.
        const place = path.endsWith('|') ? text.indexOf('\n', offset) + 1 : offset;
        if (!lines.has(path)) lines.set(path, place);
      });
      if (value === null) continue;
      documents.push({
        value,
        line: lineAt(start),
        preceding,
        lineOf: (path) => lineAt(nearest(lines, path) ?? start),
        lines: () => new Map([...lines].map(([path, offset]) => [path, lineAt(offset)])),
      });
    }
  } catch (error) {
    failures.push(failureOf(error, lineAt));
  }
  return { documents, failures };
}

/** As go-yaml's reader: what no editor shows is never meant. */
function controlCharacter(text: string): YamlFailure | undefined {
  const at = text.search(/[^\t\n\u0020-\u007e\u0085\u00a0-\ud7ff\ud800-\udfff\ue000-\uffff]/);
  if (at < 0) return undefined;
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  return {
    code: 'yaml-syntax',
    message: `a control character (U+${code}) stands here, which YAML doesn't take`,
    line: text.slice(0, at).split('\n').length,
  };
}

/** Where a value stands, or what is around it where it isn't there. */
function nearest(lines: ReadonlyMap<string, number>, path: string): number | undefined {
  for (
    let around = path;
    around !== '';
    around = around.slice(0, Math.max(0, around.search(/[.[][^.[]*$/u)))
  ) {
    const place = lines.get(around);
    if (place !== undefined) return place;
  }
  return undefined;
}

function failureOf(error: unknown, lineAt: (offset: number) => number): YamlFailure {
  if (error instanceof YamlValueError) {
    return { code: error.code, message: error.message, line: lineAt(error.offset) };
  }
  // The parser recurses: a text of brackets alone exhausts the stack.
  if (error instanceof RangeError) return { code: 'yaml-depth', message: 'it is nested too deeply', line: 1 };
  throw error;
}
