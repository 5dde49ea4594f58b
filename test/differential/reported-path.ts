import { canonicalJson, equalJson, isJsonArray, isJsonObject, type Json } from '../../core/json.ts';

/** One step of a path as a report spells it: `.name`, `['odd/name']`, `[key=value,key=value]`, `[=value]`. */
export type ReportedStep =
  | { readonly type: 'field'; readonly name: string }
  /** Of a list that it leads to only the order is meant. */
  | { readonly type: 'order' }
  | { readonly type: 'item'; readonly keys: ReadonlyMap<string, string> };

/** The member that a set's own value stands for. */
const itself = '';
const stepPattern = /\.?([A-Za-z_][\w-]*)|\['([^']*)'\]|\[([^\]]*)\]/gy;

export function readReportedPath(text: string): readonly ReportedStep[] {
  let end = 0;
  const steps = [...text.matchAll(stepPattern)].map(([whole, plain, quoted, keys]): ReportedStep => {
    end += whole.length;
    const name = plain ?? quoted;
    if (name !== undefined) return { type: 'field', name };
    const pairs = (keys ?? '').split(',').map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
    return { type: 'item', keys: new Map(pairs) };
  });
  if (end !== text.length) throw new Error(`not a path: ${text}`);
  return steps;
}

/** What a path leads to; `undefined` for nothing. */
export function atReportedPath(value: Json | undefined, path: readonly ReportedStep[]): Json | undefined {
  return path.reduce<Json | undefined>((at, step) => {
    if (step.type === 'field') return isJsonObject(at) ? at[step.name] : undefined;
    if (step.type === 'order') return at;
    return isJsonArray(at) ? at.find((item) => isMeant(item, step.keys)) : undefined;
  }, value);
}

/** Whether these names of items are in the order of the list: a value of a set, the value of a key, or `key=value,key=value`. */
export function isInOrder(list: Json | undefined, names: Json | undefined): boolean {
  if (!isJsonArray(list) || !isJsonArray(names)) return false;
  const places = names.map((name) => list.findIndex((item) => isCalled(item, name)));
  return places.every((place, index) => place > (index === 0 ? -1 : (places[index - 1] ?? -1)));
}

function isCalled(item: Json, name: Json): boolean {
  if (!isJsonObject(item)) return equalJson(item, name);
  if (Object.values(item).some((member) => member !== undefined && equalJson(member, name))) return true;
  const [step] = readReportedPath(`[${String(name)}]`);
  return step?.type === 'item' && step.keys.size > 1 && isMeant(item, step.keys);
}

function isMeant(item: Json, keys: ReadonlyMap<string, string>): boolean {
  const alone = keys.get(itself);
  if (alone !== undefined) return String(item) === alone;
  return (
    isJsonObject(item) &&
    [...keys].every(([name, key]) => item[name] === undefined || String(item[name]) === key)
  );
}

/** One side of an object without what paths lead to; lists that are told to be in another order are put in one. */
export function without(
  value: Json | undefined,
  paths: readonly (readonly ReportedStep[])[],
): Json | undefined {
  if (value === undefined || paths.some((path) => path.length === 0)) return undefined;
  if (paths.length === 0) return value;
  const isReordered = paths.some(([step]) => step?.type === 'order');
  if (isJsonObject(value)) {
    const members = Object.keys(value).map((name): [string, Json | undefined] => {
      const inner = paths.filter(([step]) => step?.type === 'field' && step.name === name);
      return [
        name,
        without(
          value[name],
          inner.map((path) => path.slice(1)),
        ),
      ];
    });
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }
  if (!isJsonArray(value)) return value;
  const items = value.flatMap((item) => {
    const inner = paths.filter(([step]) => step?.type === 'item' && isMeant(item, step.keys));
    const left = without(
      item,
      inner.map((path) => path.slice(1)),
    );
    return left === undefined ? [] : [left];
  });
  if (!isReordered) return items;
  return items.toSorted((left, right) => (canonicalJson(left) < canonicalJson(right) ? -1 : 1));
}

/** Equal but for what holds nothing once its reported members are left out. */
export function equalRemainders(left: Json | undefined, right: Json | undefined): boolean {
  return equalJson(withoutEmpty(left), withoutEmpty(right));
}

function withoutEmpty(value: Json | undefined): Json | undefined {
  if (!isJsonObject(value))
    return isJsonArray(value) ? value.map((item) => withoutEmpty(item) ?? null) : value;
  const members = Object.entries(value)
    .map(([name, member]): [string, Json | undefined] => [name, withoutEmpty(member)])
    .filter(([, member]) => !isJsonObject(member) || Object.keys(member).length > 0);
  return Object.fromEntries(members);
}
