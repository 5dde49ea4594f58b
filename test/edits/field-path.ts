import type { Json, JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';

/** A member by its name, or the item of a list by its keys. */
export type Step = string | Readonly<Record<string, string | number>>;

/** As a drift tells it. */
export function textOf(steps: readonly Step[]): string {
  return steps
    .map((step) => {
      if (typeof step === 'object')
        return `[${Object.entries(step).map(([key, value]) => `${key}=${value}`)}]`;
      return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `['${step}']`;
    })
    .join('')
    .replace(/^\./, '');
}

/** Only this field, as strategic merge patches and server-side apply take it. */
export function nested(steps: readonly Step[], value: Json): Json {
  return steps.reduceRight<Json>((inside, step) => {
    if (typeof step === 'string') return { [step]: inside };
    return [{ ...step, ...(inside as JsonObject) }];
  }, value);
}

/** The object with another value there. */
export function withValue(object: KubeObject, steps: readonly Step[], value: Json): KubeObject {
  const copy = structuredClone(object) as KubeObject;
  const last = steps.at(-1) as string;
  (valueAt(copy, steps.slice(0, -1)) as Record<string, Json>)[last] = value;
  return copy;
}

/** Where it is in this object, as JSON patches name it. */
export function pointerTo(object: KubeObject, steps: readonly Step[]): string {
  return steps
    .map((step, index) => {
      if (typeof step === 'string') return `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const list = valueAt(object, steps.slice(0, index)) as readonly JsonObject[];
      return `/${list.findIndex((item) => hasKeys(item, step))}`;
    })
    .join('');
}

export function valueAt(object: KubeObject, steps: readonly Step[]): Json | undefined {
  let at = object as unknown as Json | undefined;
  for (const step of steps) {
    if (at === undefined || at === null) return undefined;
    at =
      typeof step === 'string'
        ? (at as JsonObject)[step]
        : (at as readonly JsonObject[]).find((item) => hasKeys(item, step));
  }
  return at;
}

/** A protocol that Git leaves out is TCP. */
function hasKeys(item: JsonObject, keys: Exclude<Step, string>): boolean {
  return Object.entries(keys).every(([key, value]) => (item[key] ?? 'TCP') === value);
}
