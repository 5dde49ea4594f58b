import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Location, Problem } from '../../core/problem.ts';
import { sizeText } from '../../core/size-limits.ts';
import { readYamlStream } from './yaml-stream.ts';

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

/** Thousands of documents; what is larger would hold up everything else while it is parsed. */
const maxTextLength = 4 * 1024 * 1024;

export function tooLargeFile(file: string): Problem {
  return {
    code: 'too-large',
    message: `The file is larger than ${sizeText(maxTextLength)}, so it isn't looked into, and what it held stays as it was`,
    location: { file, line: 1 },
    remedy: 'Split it into several files, or keep it out of the fleet path',
  };
}

/** What isn't UTF-8 was replaced by this character when it was decoded. */
function notUtf8(file: string, before: string): Problem {
  return {
    code: 'not-utf-8',
    message: 'The file is not UTF-8 text here, so it is not read',
    location: { file, line: before.split('\n').length },
    remedy: 'Save it as UTF-8; until then, everything from this file stays as it was',
  };
}

/**
 * Reads a YAML stream as sigs.k8s.io/yaml does. Empty documents are left out. One syntax error makes the whole stream
 * unreadable.
 */
export function readYaml(file: string, text: string): YamlRead {
  if (text.length > maxTextLength) return { type: 'problems', problems: [tooLargeFile(file)] };
  const undecoded = text.indexOf('\ufffd');
  if (undecoded >= 0) return { type: 'problems', problems: [notUtf8(file, text.slice(0, undecoded))] };
  const { documents: found, failures } = readYamlStream(text);
  if (failures.length > 0) {
    return {
      type: 'problems',
      problems: failures.map(({ message, line }) => ({
        code: 'yaml-syntax',
        message: `The YAML can't be read: ${message}`,
        location: { file, line },
        remedy: 'Mend the syntax there; until then, everything from this file stays as it was',
      })),
    };
  }
  const documents: YamlDocument[] = [];
  const others: number[] = [];
  for (const { value, line, lines } of found) {
    if (!isJsonObject(value)) {
      others.push(line);
      continue;
    }
    // The document itself has no path.
    const fieldLines = new Map([...lines()].filter(([path]) => path !== ''));
    documents.push({ location: { file, line }, values: value, fieldLines });
  }
  return { type: 'read', documents, others };
}
