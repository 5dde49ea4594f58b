/**
 * JSON as Kubernetes writes it. Integers beyond 2^53 are kept as `bigint`, so that a 64-bit id survives the way from
 * Git to the API server and back; every other value is what `JSON.parse` gives.
 */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

interface RawJson {
  readonly rawJSON: string;
}

/** `JSON.rawJSON` and the reviver's source text are in Node ≥ 22, but not yet in TypeScript's library. */
const lossless = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawJson;
};

const integer = /^-?\d+$/;
/** Only a text with such a run of digits can hold an integer that a double would round. */
const longNumber = /(?:^|[[:,\s])-?\d{16,}/;

/** Reads one JSON value. Throws `SyntaxError` on anything else. */
export function parseJson(text: string): Json {
  if (!longNumber.test(text)) return JSON.parse(text) as Json;
  return lossless.parse(text, (_key, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    return context.source !== undefined && integer.test(context.source) ? BigInt(context.source) : value;
  }) as Json;
}

/** Writes one JSON value; a `bigint` becomes an integer literal. Keys keep their order; `undefined` members are left out. */
export function writeJson(value: Json, indent = 0): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    // A replacer makes it many times slower, and hardly a value needs it.
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(
      value,
      (_key, member: unknown) => (typeof member === 'bigint' ? lossless.rawJSON(String(member)) : member),
      indent,
    );
  }
}

/** Writes one JSON value in its canonical form: members sorted by key (UTF-16 order), no white space. Equal values give equal texts. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  }
  return isJsonArray(value) ? canonicalArray(value) : canonicalObject(value);
}

function canonicalArray(items: readonly Json[]): string {
  let text = '';
  for (const item of items) text += `${text === '' ? '' : ','}${canonicalJson(item)}`;
  return `[${text}]`;
}

function canonicalObject(value: JsonObject): string {
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** Whether two values are the same JSON, whatever the order of their members. */
export function equalJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined) return false;
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') {
    // One number may come as `number` from one side and as `bigint` from the other.
    return isNumber(left) && isNumber(right) && canonicalJson(left) === canonicalJson(right);
  }
  if (isJsonArray(left) || isJsonArray(right)) {
    if (!isJsonArray(left) || !isJsonArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => equalJson(item, right[index]));
  }
  return equalObjects(left, right);
}

function isNumber(value: Json): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

function equalObjects(left: JsonObject, right: JsonObject): boolean {
  const names = Object.keys(left);
  if (!names.every((name) => equalJson(left[name], right[name]))) return false;
  return Object.keys(right).every((name) => right[name] === undefined || left[name] !== undefined);
}

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The value at a path of member names, or `undefined` where any of them is absent. */
export function jsonAt(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let current = value;
  for (const name of path) {
    if (!isJsonObject(current)) return undefined;
    current = current[name];
  }
  return current;
}

/** The string at a path, or `undefined` where it is absent or something else. */
export function stringAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
  const found = jsonAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The number at a path, or `undefined` where it is absent or something else. */
export function numberAt(value: Json | undefined, ...path: readonly string[]): number | undefined {
  const found = jsonAt(value, ...path);
  return typeof found === 'number' ? found : undefined;
}
