import { LineCounter, parseAllDocuments } from 'yaml';
import type { Json } from '../../core/json.ts';
import { errorOffset } from './yaml-error.ts';
import { type Expansion, newExpansion, YamlValueError, yamlValue } from './yaml-value.ts';

/** One document of a stream that isn't empty. */
export interface YamlDocument {
  readonly value: Json;
  /** Where its content starts, counted from 1. */
  readonly line: number;
  /** Comments and the separator before it. */
  readonly preceding: string;
  /** Line of a value by its path (`resources[0]`), where its key stands; the document's own where the path isn't there. */
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
      for (const error of document.errors.slice(0, maxErrors)) {
        failures.push({
          code: 'yaml-syntax',
          message: error.message,
          line: lineAt(errorOffset(document, error)),
        });
      }
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
        lineOf: (path) => lineAt(lines.get(path) ?? start),
        lines: () => new Map([...lines].map(([path, offset]) => [path, lineAt(offset)])),
      });
    }
  } catch (error) {
    failures.push(failureOf(error, lineAt));
  }
  return { documents, failures };
}

function failureOf(error: unknown, lineAt: (offset: number) => number): YamlFailure {
  if (error instanceof YamlValueError) {
    return { code: error.code, message: error.message, line: lineAt(error.offset) };
  }
  // The parser recurses: a text of brackets alone exhausts the stack.
  if (error instanceof RangeError) return { code: 'yaml-depth', message: 'it is nested too deeply', line: 1 };
  throw error;
}
