import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { KubeFailure } from '../ports.ts';

/** The path before the complaint, as structured-merge-diff writes it: `.spec.containers[name="web"].imagePolicy`. */
const complaint = /: (\.[^\s]+): field not declared in schema/;

type PathStep =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'item'; readonly keys: JsonObject }
  | { readonly type: 'index'; readonly index: number };

/**
 * The object without the field that its schema doesn't know, by what the API server says: it names one at a time.
 * `undefined` where the failure is another one, or the field isn't Git's.
 */
export function withoutUndeclared(object: KubeObject, failure: KubeFailure): KubeObject | undefined {
  const path = complaint.exec(failure.message)?.[1];
  const steps = path === undefined ? undefined : readPath(path);
  if (steps === undefined || steps.length === 0) return undefined;
  return without(object, steps) as KubeObject | undefined;
}

const stepPattern = /\.([^.[\]]+)|\[(\d+)\]|\[((?:[^\]"]|"(?:[^"\\]|\\.)*")+)\]/gy;

function readPath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  let end = 0;
  for (const match of path.matchAll(stepPattern)) {
    const [whole, name, index, keys] = match;
    end += whole.length;
    if (name !== undefined) steps.push({ type: 'field', name });
    else if (index !== undefined) steps.push({ type: 'index', index: Number(index) });
    else {
      const read = readKeys(keys ?? '');
      if (read === undefined) return undefined;
      steps.push({ type: 'item', keys: read });
    }
  }
  return end === path.length ? steps : undefined;
}

const keyPattern = /([^=,"]+)=("(?:[^"\\]|\\.)*"|[^,"]+)/g;

/** `name="web",containerPort=80` as an object. */
function readKeys(text: string): JsonObject | undefined {
  try {
    const entries = [...text.matchAll(keyPattern)].map(([, name = '', value = '']) => [
      name,
      JSON.parse(value) as Json,
    ]);
    return entries.length === 0 ? undefined : (Object.fromEntries(entries) as JsonObject);
  } catch {
    return undefined;
  }
}

/** The value without what the steps lead to; `undefined` where they lead nowhere. */
function without(value: Json, [step, ...rest]: readonly PathStep[]): Json | undefined {
  if (step === undefined) return undefined;
  if (step.type === 'field') {
    if (!isJsonObject(value) || value[step.name] === undefined) return undefined;
    const { [step.name]: member = null, ...others } = value;
    if (rest.length === 0) return others;
    const left = without(member, rest);
    return left === undefined ? undefined : { ...value, [step.name]: left };
  }
  if (!isJsonArray(value) || rest.length === 0) return undefined;
  const at = step.type === 'index' ? step.index : value.findIndex((item) => isItem(item, step.keys));
  const item = value[at];
  const left = item === undefined ? undefined : without(item, rest);
  return left === undefined ? undefined : value.with(at, left);
}

function isItem(item: Json, keys: JsonObject): boolean {
  return isJsonObject(item) && Object.entries(keys).every(([name, value]) => item[name] === value);
}
