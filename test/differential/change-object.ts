import { equalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { getAt, only, type Path, setAt } from './object-path.ts';
import type { Change } from './random-edits.ts';

/** The object after a change; the same one where there is nothing to change. */
export function changed<T extends Json>(object: T, change: Change): T {
  const { path } = change;
  const found = getAt(object, path);
  const list = isJsonArray(found) ? found : [];
  switch (change.type) {
    case 'set':
      return setAt(object, path, change.value) as T;
    case 'unset':
      return setAt(object, path, undefined) as T;
    case 'insert':
      return setAt(
        object,
        path,
        change.at === 'front' ? [change.item, ...list] : [...list, change.item],
      ) as T;
    case 'drop':
      return list.length === 0
        ? object
        : (setAt(object, path, list.toSpliced(change.index % list.length, 1)) as T);
    case 'reverse':
      return list.length < 2 ? object : (setAt(object, path, list.toReversed()) as T);
  }
}

/** RFC 7386: what turns one value into another; lists are replaced. */
export function mergePatch(before: Json | undefined, after: Json): Json {
  if (!isJsonObject(before) || !isJsonObject(after)) return after;
  const members: Record<string, Json> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const next = after[name];
    if (equalJson(before[name], next)) continue;
    members[name] = next === undefined ? null : mergePatch(before[name], next);
  }
  return members;
}

/** RFC 6902, with lists replaced as a whole. */
export function jsonPatch(before: Json | undefined, after: Json | undefined, at = ''): readonly JsonObject[] {
  if (equalJson(before, after)) return [];
  if (!isJsonObject(before) || !isJsonObject(after)) {
    if (after === undefined) return [{ op: 'remove', path: at }];
    return [{ op: before === undefined ? 'add' : 'replace', path: at, value: after }];
  }
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
    jsonPatch(before[name], after[name], `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

/** A change as a strategic merge patch: an item goes by its keys, a field by `null`, lists are merged by the API server. */
export function strategicPatch(object: Json, change: Change): Json {
  const { path } = change;
  const last = path.at(-1);
  switch (change.type) {
    case 'unset':
      return typeof last === 'object' ? only(path, { $patch: 'delete' }) : only(path, null);
    case 'set':
      return only(path, change.value);
    case 'insert':
      return only(path, [change.item]);
    default:
      return only(path, (getAt(changed(object, change), path) ?? null) as Json);
  }
}

/** What a server-side applier says who cares for nothing but this change. */
export function appliedPart(object: Json, change: Change): Json {
  const { path } = change;
  const value = getAt(changed(object, change), path);
  return value === undefined ? only(path.slice(0, -1), {}) : only(path, value);
}

/** Whether a path leads through a list. */
export function isWithinList(path: Path): boolean {
  return path.some((step) => typeof step !== 'string');
}
