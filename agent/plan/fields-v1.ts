import {
  canonicalJson,
  equalJson,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../core/json.ts';

/**
 * FieldsV1, the API server's spelling of a set of fields: `f:name`, `k:{list keys}`, `v:value`, `i:index` and `.` for
 * the node itself; an empty node is a leaf (apimachinery, structured-merge-diff).
 */
export type FieldSet = JsonObject;

/** One step of a path, so that paths of a comparison can be looked up in field sets. */
export type PathStep =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'item'; readonly keys: JsonObject }
  | { readonly type: 'value'; readonly value: Json };

/**
 * The values of an object at a set of fields, as one canonical value. Two projections of the same set are equal exactly
 * when no owned field differs and owned items of lists are in the same order among each other, since an apply puts those
 * into its own (structured-merge-diff, `mergingWalker.visitListItems`). What others own is not in it, wherever it stands.
 */
export function projectFields(value: Json | undefined, fields: FieldSet): Json {
  if (value === undefined) return null;
  const names = Object.keys(fields);
  if (names.every((name) => name === '.')) return names.length === 0 ? [value] : [];
  const projected: Record<string, Json> = {};
  const places: { readonly name: string; readonly index: number }[] = [];
  for (const name of names) {
    const child = fields[name];
    if (name === '.' || !isJsonObject(child)) continue;
    const found = valuesAt(value, name);
    projected[name] = found.map((member) => projectFields(member, child));
    if (isJsonArray(value)) places.push(...found.map((item) => ({ name, index: value.indexOf(item) })));
  }
  if (places.length < 2) return projected;
  const order = places.toSorted((left, right) => left.index - right.index).map(({ name }) => name);
  return { ...projected, order };
}

/** What a member of a field set stands for in a value: none, one, or (for damaged lists) several. */
export function valuesAt(value: Json, name: string): readonly Json[] {
  const kind = name.slice(0, 2);
  const rest = name.slice(2);
  if (kind === 'f:') {
    const member = isJsonObject(value) ? value[rest] : undefined;
    return member === undefined ? [] : [member];
  }
  if (!isJsonArray(value)) return [];
  const wanted = parseJson(rest);
  if (kind === 'k:') return isJsonObject(wanted) ? value.filter((item) => hasKeys(item, wanted)) : [];
  if (kind === 'v:') return value.filter((item) => equalJson(item, wanted));
  const item = typeof wanted === 'number' ? value[wanted] : undefined;
  return item === undefined ? [] : [item];
}

/** Keys in a set carry defaults that a custom resource's item may lack: an absent one matches. */
export function hasKeys(item: Json, keys: JsonObject): boolean {
  if (!isJsonObject(item)) return false;
  return Object.entries(keys).every(
    ([name, wanted]) => item[name] === undefined || equalJson(item[name], wanted),
  );
}

/** Whether a set owns the field at a path, something below it, or all of a value that holds it; `sets`: as below. */
export function ownsPath(
  fields: FieldSet,
  path: readonly PathStep[],
  sets: readonly FieldSet[] = [],
): boolean {
  let node: JsonObject | undefined = fields;
  for (const step of path) node = node === undefined ? undefined : childOf(node, step);
  return node !== undefined || holdsLeaf(fields, path, sets);
}

/**
 * Whether a set owns the whole value at a path: as a leaf, or as part of one. A node that is owned by itself looks like a
 * leaf too: where any of `sets` has something below it, it isn't one, and what is below has owners of its own.
 */
export function holdsLeaf(
  fields: FieldSet,
  path: readonly PathStep[],
  sets: readonly FieldSet[] = [],
): boolean {
  let node: JsonObject = fields;
  let others = sets;
  for (const step of path) {
    const child = childOf(node, step);
    if (child === undefined) break;
    node = child;
    others = below(others, step);
  }
  return node !== fields && Object.keys(node).length === 0 && others.every(isLeaf);
}

function isLeaf(fields: FieldSet): boolean {
  return Object.keys(fields).every((name) => name === '.');
}

/** The part of a set below one step, where it has one. */
function childOf(fields: FieldSet, step: PathStep): FieldSet | undefined {
  const direct = step.type === 'field' ? fields[`f:${step.name}`] : undefined;
  if (isJsonObject(direct)) return direct;
  if (step.type === 'field') return undefined;
  const prefix = step.type === 'item' ? 'k:' : 'v:';
  const wanted = canonicalJson(step.type === 'item' ? step.keys : step.value);
  for (const [name, child] of Object.entries(fields)) {
    if (!name.startsWith(prefix) || !isJsonObject(child)) continue;
    if (canonicalJson(parseJson(name.slice(2))) === wanted) return child;
  }
  return undefined;
}

/** The parts of several sets below one step. */
export function below(sets: readonly FieldSet[], step: PathStep): readonly FieldSet[] {
  return sets.map((fields) => childOf(fields, step)).filter((fields) => fields !== undefined);
}

/** The names of the key fields of a list, as any owner's set spells them; `undefined` for a list without keys. */
export function listKeys(sets: readonly FieldSet[]): readonly string[] | undefined {
  for (const fields of sets) {
    const name = Object.keys(fields).find((member) => member.startsWith('k:'));
    if (name === undefined) continue;
    const keys = parseJson(name.slice(2));
    if (isJsonObject(keys)) return Object.keys(keys);
  }
  return undefined;
}

/** Whether any owner's set spells a list as a set of values. */
export function isValueSet(sets: readonly FieldSet[]): boolean {
  return sets.some((fields) => Object.keys(fields).some((member) => member.startsWith('v:')));
}

/** Those of the key fields that an item has. */
export function keysOf(item: Json, names: readonly string[]): JsonObject {
  if (!isJsonObject(item)) return {};
  return Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
}
