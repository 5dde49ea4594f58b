import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Location, Problem } from '../../core/problem.ts';
import { didYouMean } from './did-you-mean.ts';

/** The document that is being read. Whatever is wrong with it is added to `problems`. */
export interface DocumentReader {
  readonly file: string;
  readonly location: Location;
  /** `spec.source.path`, `spec.destinations[0].server` → line, from 1. */
  readonly fieldLines: ReadonlyMap<string, number>;
  readonly problems: Problem[];
}

/** One mapping of a document, read field by field. `null` counts as absent, as in Kubernetes. */
export interface Fields {
  readonly document: DocumentReader;
  /** Of the mapping itself; '' for the whole document. */
  readonly path: string;
  readonly values: JsonObject;
}

/** What becomes of each field of a mapping. A field in none of the three is a mistake. */
export interface FieldTable {
  readonly read: readonly string[];
  /** Accepted and not used: what is applied doesn't depend on them. */
  readonly ignored?: readonly string[];
  /** Fields whose absence would change what is applied, with what to do instead. */
  readonly unsupported?: Readonly<Record<string, string>>;
}

/** The path of a field of a mapping; of the mapping itself for ''. */
function fieldPath(fields: Fields, name: string): string {
  if (name === '') return fields.path;
  return fields.path === '' ? name : `${fields.path}.${name}`;
}

/** Adds a problem at a field, or at the mapping where the field is absent. */
export function addProblem(
  fields: Fields,
  name: string,
  problem: Pick<Problem, 'code' | 'message' | 'remedy'>,
): void {
  const field = fieldPath(fields, name);
  const { file, location, fieldLines } = fields.document;
  const line = fieldLines.get(field) ?? fieldLines.get(fields.path) ?? location.line;
  fields.document.problems.push({
    ...problem,
    location: line === undefined ? { file } : { file, line },
    field,
  });
}

/** Reports fields that nothing knows, and those that aren't supported unless their value says nothing. */
export function checkFields(fields: Fields, table: FieldTable): void {
  for (const [name, value] of Object.entries(fields.values)) {
    if (table.read.includes(name) || table.ignored?.includes(name) === true) continue;
    const instead = table.unsupported?.[name];
    if (instead === undefined) {
      const known = [...table.read, ...(table.ignored ?? []), ...Object.keys(table.unsupported ?? {})];
      addProblem(fields, name, {
        code: 'unknown-field',
        message: `There is no field ${name} here`,
        remedy: didYouMean(name, known) ?? `Known fields are ${[...table.read].sort().join(', ')}`,
      });
    } else if (!isEmpty(value)) {
      addProblem(fields, name, {
        code: 'unsupported-field',
        message: `The field ${name} isn't supported yet, and leaving it out would change what is applied`,
        remedy: instead,
      });
    }
  }
}

function isEmpty(value: Json | undefined): boolean {
  if (isJsonArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === false || value === '';
}

export function stringField(fields: Fields, name: string): string | undefined {
  const value = fields.values[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  const remedy = isScalar(value)
    ? `Put it in quotes: without them, YAML reads it as ${String(value)}`
    : `Write one value after ${name}:`;
  addProblem(fields, name, { code: 'wrong-type', message: `${name} must be a string`, remedy });
  return undefined;
}

/** '' where it is absent or empty; that is a problem then. */
export function requiredString(fields: Fields, name: string, remedy: string): string {
  const before = fields.document.problems.length;
  const value = stringField(fields, name) ?? '';
  if (value === '' && fields.document.problems.length === before) {
    addProblem(fields, name, { code: 'missing-field', message: `The field ${name} is missing`, remedy });
  }
  return value;
}

/** Strings by their names; those that are absent or empty are left out. */
export function texts<Name extends string>(
  fields: Fields,
  names: readonly Name[],
): { readonly [name in Name]?: string } {
  const entries = names.flatMap((name) => {
    const text = stringField(fields, name) ?? '';
    return text === '' ? [] : [[name, text] as const];
  });
  return Object.fromEntries(entries) as { [name in Name]?: string };
}

export function booleanField(fields: Fields, name: string): boolean | undefined {
  const value = fields.values[name];
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
  addProblem(fields, name, {
    code: 'wrong-type',
    message: `${name} must be true or false`,
    remedy: 'Write true or false without quotes',
  });
  return undefined;
}

/** A number between two bounds, both included. */
export function numberField(fields: Fields, name: string, least: number, most: number): number | undefined {
  const value = fields.values[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  addProblem(fields, name, {
    code: 'wrong-type',
    message: `${name} must be a number ${range}`,
    remedy: 'Give it such a number, without quotes',
  });
  return undefined;
}

/** One of a few words. */
export function choiceField<Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = stringField(fields, name);
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found === undefined) {
    addProblem(fields, name, {
      code: 'wrong-value',
      message: `${name} can't be ${JSON.stringify(value)}`,
      remedy: didYouMean(value, words) ?? `Choose one of ${words.join(', ')}`,
    });
  }
  return found;
}

/** `undefined` where it is absent; the strings that are right otherwise. */
export function stringList(fields: Fields, name: string): readonly string[] | undefined {
  const values = listField(fields, name);
  return values?.flatMap((value, index) => {
    if (typeof value === 'string') return [value];
    addProblem(fields, `${name}[${index}]`, {
      code: 'wrong-type',
      message: `Each entry of ${name} must be a string`,
      remedy: isScalar(value)
        ? `Put it in quotes: without them, YAML reads it as ${String(value)}`
        : 'Write one string per entry',
    });
    return [];
  });
}

export function stringMap(fields: Fields, name: string): Readonly<Record<string, string>> {
  const inner = objectField(fields, name);
  if (inner === undefined) return {};
  const entries = Object.keys(inner.values).map((key) => [key, stringField(inner, key) ?? ''] as const);
  return Object.fromEntries(entries);
}

export function objectField(fields: Fields, name: string): Fields | undefined {
  const value = fields.values[name];
  if (value === undefined || value === null) return undefined;
  if (isJsonObject(value)) return { document: fields.document, path: fieldPath(fields, name), values: value };
  addProblem(fields, name, {
    code: 'wrong-type',
    message: `${name} must be a mapping`,
    remedy: `Write its fields indented below ${name}:`,
  });
  return undefined;
}

/** A mapping that must be there; an empty one where it isn't, with one problem: what it lacks itself is none. */
export function requiredObject(fields: Fields, name: string): Fields {
  const before = fields.document.problems.length;
  const found = objectField(fields, name);
  if (found !== undefined) return found;
  if (fields.document.problems.length === before) {
    addProblem(fields, name, {
      code: 'missing-field',
      message: `The field ${name} is missing`,
      remedy: `Add ${fieldPath(fields, name)}`,
    });
  }
  return absentObject(fields, name);
}

/** An empty mapping in place of one that isn't there. Nothing that it lacks is a problem. */
export function absentObject(fields: Fields, name: string): Fields {
  return { document: { ...fields.document, problems: [] }, path: fieldPath(fields, name), values: {} };
}

/** `undefined` where it is absent; the mappings among its entries otherwise. */
export function objectList(fields: Fields, name: string): readonly Fields[] | undefined {
  const values = listField(fields, name);
  return values?.flatMap((value, index) => {
    const path = `${fieldPath(fields, name)}[${index}]`;
    if (isJsonObject(value)) return [{ document: fields.document, path, values: value }];
    addProblem(fields, `${name}[${index}]`, {
      code: 'wrong-type',
      message: `Each entry of ${name} must be a mapping`,
      remedy: 'Write its fields after the dash',
    });
    return [];
  });
}

function listField(fields: Fields, name: string): readonly Json[] | undefined {
  const value = fields.values[name];
  if (value === undefined || value === null) return undefined;
  if (isJsonArray(value)) return value;
  addProblem(fields, name, {
    code: 'wrong-type',
    message: `${name} must be a list`,
    remedy: 'Write each entry on a line of its own after a dash',
  });
  return undefined;
}

function isScalar(value: Json): boolean {
  return value !== null && typeof value !== 'object';
}
