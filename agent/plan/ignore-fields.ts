import { type IgnoreRule, parsePointer } from '../../core/ignore-rule.ts';
import { type Location, locateJq } from '../../core/jq/evaluate-jq.ts';
import { JqError, parseJq } from '../../core/jq/parse-jq.ts';
import { isJsonArray, isJsonObject, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOfLabel, trackingAnnotation } from '../../core/tracking.ts';
import { pathsOf, valuesAtPath } from './field-sets.ts';
import {
  below,
  type FieldSet,
  hasKeys,
  isValueSet,
  keysOf,
  listKeys,
  ownsPath,
  type PathStep,
} from './fields-v1.ts';
import { type FieldsEntry, fieldsEntries, isOurs } from './managed-fields.ts';

/** What is applied in place of what Git says, where others may have some of its fields. */
export interface Yielded {
  readonly object: KubeObject;
  /** `this-version`: it repeats values that are live, so that it may be written only while they are. */
  readonly of: 'any-version' | 'this-version';
}

/**
 * Takes the ignored fields out of what is applied where somebody else owns them (they stay as they are, and are theirs),
 * and says what is live of them where nobody else does, or where they are part of a value that is owned as a whole: so an
 * apply never changes an ignored field. After Flux's rules for ignored fields (engine reference §2.6).
 */
export function yieldFields(
  object: KubeObject,
  live: KubeObject,
  rules: readonly IgnoreRule[] | undefined,
): Yielded {
  if (rules === undefined || rules.length === 0) return { object, of: 'any-version' };
  const entries = fieldsEntries(live);
  const yielded = structuredClone(object) as unknown as Json;
  let of: Yielded['of'] = 'any-version';
  // Later items of a list first, so that earlier positions still count.
  for (const at of inReverse(locationsOf(object, entries, rules))) {
    const found = lookUp(object, live, entries, at);
    if (found.type === 'adopt') of = 'this-version';
    if (found.type === 'adopt') setAt(yielded, at, found.value);
    else if (found.type === 'strip') removeAt(yielded, at);
  }
  return { object: yielded as KubeObject, of };
}

function locationsOf(
  object: KubeObject,
  entries: readonly FieldsEntry[],
  rules: readonly IgnoreRule[],
): readonly Location[] {
  const found = rules.flatMap((rule) => [
    ...rule.jsonPointers.flatMap((text) => pointedAt(object, parsePointer(text) ?? [])),
    ...rule.jqPathExpressions.flatMap((text) => jqLocations(object, text)),
    ...entries
      .filter(({ writer }) => rule.managedFieldsManagers.includes(writer.manager))
      .flatMap(({ fields }) => pathsOf(fields).flatMap((path) => placesOf(object, path))),
  ]);
  const kept = found.filter((at) => !isIdentity(at));
  return [...new Map(kept.map((at) => [JSON.stringify(at), at])).values()];
}

function pointedAt(object: KubeObject, steps: readonly string[]): readonly Location[] {
  const at: (string | number)[] = [];
  let value: Json | undefined = object;
  for (const step of steps) {
    const key: string | number = isJsonArray(value) ? Number(step) : step;
    value = isJsonArray(value) ? value[Number(step)] : isJsonObject(value) ? value[step] : undefined;
    at.push(key);
  }
  return value === undefined || at.length === 0 ? [] : [at];
}

/** The hub has refused what isn't read; a newer hub may know more, and is then taken to say nothing. */
function jqLocations(object: KubeObject, text: string): readonly Location[] {
  try {
    return locateJq(parseJq(text), object).filter((at) => at.length > 0);
  } catch (caught) {
    if (caught instanceof JqError) return [];
    throw caught;
  }
}

/** A path of managed fields, as places in an object: of what Git says, only leaves. */
function placesOf(object: KubeObject, path: readonly string[]): readonly Location[] {
  let places: readonly { readonly at: Location; readonly value: Json }[] = [{ at: [], value: object }];
  for (const name of path) {
    places = places.flatMap(({ at, value }) =>
      valuesAtPath(value, [name]).map((member) => ({
        at: [...at, stepTo(value, member, name)],
        value: member,
      })),
    );
  }
  return places.flatMap(({ at, value }) =>
    isJsonObject(value) && Object.keys(value).length > 0 ? [] : [at],
  );
}

function stepTo(value: Json, member: Json, name: string): string | number {
  return isJsonArray(value) ? value.indexOf(member) : name.slice(2);
}

/** What makes it this object, and ours. */
function isIdentity(at: Location): boolean {
  const [first, second, third] = at;
  if (first === 'apiVersion' || first === 'kind') return true;
  if (first !== 'metadata') return false;
  if (at.length === 1 || second === 'name' || second === 'namespace') return true;
  const isMarks = second === 'labels' || second === 'annotations';
  return isMarks && (at.length === 2 || third === partOfLabel || third === trackingAnnotation);
}

type Place =
  | { readonly type: 'strip' }
  | { readonly type: 'adopt'; readonly value: Json }
  | { readonly type: 'leave' };

function lookUp(object: KubeObject, live: KubeObject, entries: readonly FieldsEntry[], at: Location): Place {
  const all = entries.map(({ fields }) => fields);
  const path: PathStep[] = [];
  let sets: readonly FieldSet[] = all;
  let [wanted, found]: readonly (Json | undefined)[] = [object, live];
  let isWhole = false;
  for (const key of at) {
    const step = stepOf(wanted, key, sets);
    const before = path.at(-1);
    // What tells the items of a list apart has to stay.
    if (before?.type === 'item' && Object.hasOwn(before.keys, key)) return { type: 'leave' };
    isWhole ||= step === undefined;
    found = step === undefined ? itemAt(found, key) : valueAt(found, step);
    wanted = isJsonArray(wanted) ? wanted[Number(key)] : isJsonObject(wanted) ? wanted[key] : undefined;
    if (step !== undefined && !isWhole) {
      path.push(step);
      sets = below(sets, step);
    }
  }
  if (isWhole) return found === undefined ? { type: 'leave' } : { type: 'adopt', value: found };
  if (found === undefined) return { type: 'strip' };
  const isTheirs = entries.some((entry) => !isOurs(entry) && ownsPath(entry.fields, path, all));
  return isTheirs ? { type: 'strip' } : { type: 'adopt', value: found };
}

/** `undefined`: a position in a list that is owned as a whole. */
function stepOf(
  parent: Json | undefined,
  key: string | number,
  sets: readonly FieldSet[],
): PathStep | undefined {
  if (!isJsonArray(parent)) return { type: 'field', name: String(key) };
  const item = parent[Number(key)] ?? null;
  if (isValueSet(sets)) return { type: 'value', value: item };
  const keys = listKeys(sets);
  return keys === undefined ? undefined : { type: 'item', keys: keysOf(item, keys) };
}

function valueAt(value: Json | undefined, step: PathStep): Json | undefined {
  if (step.type === 'field') return isJsonObject(value) ? value[step.name] : undefined;
  if (!isJsonArray(value)) return undefined;
  if (step.type === 'item') return value.find((item) => hasKeys(item, step.keys));
  return value.find((item) => JSON.stringify(item) === JSON.stringify(step.value));
}

function itemAt(value: Json | undefined, key: string | number): Json | undefined {
  if (isJsonArray(value)) return value[Number(key)];
  return isJsonObject(value) ? value[key] : undefined;
}

function inReverse(locations: readonly Location[]): readonly Location[] {
  return [...locations].sort((left, right) => compareLocations(right, left));
}

function compareLocations(left: Location, right: Location): number {
  for (const [index, step] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (step === other) continue;
    return typeof step === 'number' && typeof other === 'number' ? step - other : step < other ? -1 : 1;
  }
  return left.length - right.length;
}

type Mutable = Record<string | number, Json | undefined>;

function parentOf(value: Json, at: Location): Mutable | undefined {
  let parent: Json | undefined = value;
  for (const step of at.slice(0, -1)) parent = itemAt(parent, step);
  return isJsonArray(parent) || isJsonObject(parent) ? (parent as unknown as Mutable) : undefined;
}

function setAt(value: Json, at: Location, to: Json): void {
  const [parent, last] = [parentOf(value, at), at.at(-1)];
  if (parent !== undefined && last !== undefined) parent[last] = to;
}

function removeAt(value: Json, at: Location): void {
  const [parent, last] = [parentOf(value, at), at.at(-1)];
  if (parent === undefined || last === undefined) return;
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
}
