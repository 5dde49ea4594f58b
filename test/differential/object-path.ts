import { equalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** A member's name, or the keys of an item in a list. */
export type Step = string | JsonObject;
export type Path = readonly Step[];

/** What is at a path; `undefined` for nothing. Of several items with the same keys the first. */
export function getAt(value: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((at, step) => {
    if (typeof step === 'string') return isJsonObject(at) ? at[step] : undefined;
    return isJsonArray(at) ? at.find((item) => isItem(item, step)) : undefined;
  }, value);
}

/** A copy with another value at a path; what leads there is made where it lacks. `undefined` takes it away. */
export function setAt(
  value: Json | undefined,
  [step, ...rest]: Path,
  to: Json | undefined,
): Json | undefined {
  if (step === undefined) return to;
  if (typeof step === 'string') {
    const before = isJsonObject(value) ? value : {};
    if (to === undefined && before[step] === undefined) return value;
    const { [step]: member, ...others } = before;
    const next = setAt(member, rest, to);
    return next === undefined ? others : { ...others, [step]: next };
  }
  const list = isJsonArray(value) ? value : [];
  const index = list.findIndex((item) => isItem(item, step));
  if (index < 0 && to === undefined) return value;
  const next = setAt(index < 0 ? step : list[index], rest, to);
  if (next === undefined) return list.toSpliced(index, 1);
  return index < 0 ? [...list, next] : list.with(index, next);
}

/** What leads to a path, with the value there and nothing else: a patch, or what one writer applies. */
export function only(path: Path, value: Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'string') return { [step]: only(rest, value) };
  const inner = only(rest, value);
  return [isJsonObject(inner) ? { ...step, ...inner } : inner];
}

function isItem(item: Json, keys: JsonObject): boolean {
  return isJsonObject(item) && Object.entries(keys).every(([name, key]) => equalJson(item[name], key));
}

/** `a` with the members of `b` laid over it, objects into each other; everything else is replaced. */
export function overlay(a: Json | undefined, b: Json): Json {
  if (!isJsonObject(a) || !isJsonObject(b)) return b;
  const members: Record<string, Json | undefined> = { ...a };
  for (const [name, member] of Object.entries(b)) {
    if (member !== undefined) members[name] = overlay(a[name], member);
  }
  return members;
}
