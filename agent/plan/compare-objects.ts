import type { DriftField } from '../../core/drift.ts';
import { equalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { below, type FieldSet, hasKeys, keysOf, listKeys, type PathStep } from './fields-v1.ts';
import { attributeField, fieldsEntries } from './managed-fields.ts';

/** One field where what an apply would give differs from what is live. */
interface Difference {
  readonly path: readonly PathStep[];
  readonly desired?: Json;
  readonly live?: Json;
}

const ignoredMetadata: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'uid',
  'selfLink',
]);

/**
 * Every field that an apply would change: `predicted` is the answer of its dry-run. Lists are matched by the keys that
 * the API server itself names in managed fields, so no schema is needed. Status is not compared.
 */
export function compareObjects(live: KubeObject, predicted: KubeObject): readonly DriftField[] {
  const entries = fieldsEntries(live);
  const sets = [...entries, ...fieldsEntries(predicted)].map((entry) => entry.fields);
  const differences: Difference[] = [];
  compareValues(comparable(live), comparable(predicted), sets, [], differences);
  return differences.map(({ path, desired, live: found }) => {
    const attribution = attributeField(entries, path, found === undefined ? 'gone' : 'present');
    return {
      path: formatPath(path),
      ...(desired === undefined ? {} : { desired }),
      ...(found === undefined ? {} : { live: found }),
      ...attribution,
    };
  });
}

function comparable(object: KubeObject): Json {
  const { status: _status, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([name]) => !ignoredMetadata.has(name));
  return { ...rest, metadata: Object.fromEntries(kept) };
}

function compareValues(
  live: Json | undefined,
  desired: Json | undefined,
  sets: readonly FieldSet[],
  path: readonly PathStep[],
  differences: Difference[],
): void {
  if (equalJson(live, desired)) return;
  if (isJsonObject(live) && isJsonObject(desired)) {
    for (const name of memberNames(live, desired)) {
      const step: PathStep = { type: 'field', name };
      compareValues(live[name], desired[name], below(sets, step), [...path, step], differences);
    }
    return;
  }
  const keys = listKeys(sets);
  if (keys !== undefined && isJsonArray(live) && isJsonArray(desired)) {
    if (compareItems(live, desired, keys, sets, path, differences)) return;
  }
  differences.push({
    path,
    ...(desired === undefined ? {} : { desired }),
    ...(live === undefined ? {} : { live }),
  });
}

/** Compares two keyed lists item by item; false where they hold the same items in another order, so only the list as a whole differs. */
function compareItems(
  live: readonly Json[],
  desired: readonly Json[],
  keys: readonly string[],
  sets: readonly FieldSet[],
  path: readonly PathStep[],
  differences: Difference[],
): boolean {
  const before = differences.length;
  const compared = new Set<Json>();
  for (const wanted of [...desired, ...live]) {
    const itemKeys = keysOf(wanted, keys);
    const liveItem = live.find((item) => hasKeys(item, itemKeys));
    const desiredItem = desired.find((item) => hasKeys(item, itemKeys));
    const seen = liveItem ?? desiredItem ?? null;
    if (compared.has(seen)) continue;
    compared.add(seen);
    const step: PathStep = { type: 'item', keys: itemKeys };
    compareValues(liveItem, desiredItem, below(sets, step), [...path, step], differences);
  }
  return differences.length > before;
}

function memberNames(left: JsonObject, right: JsonObject): readonly string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])];
}

const plainName = /^[A-Za-z_][\w-]*$/;

/** A path as people read it: `spec.template.spec.containers[name=web].image`, `metadata.labels['example.com/team']`. */
export function formatPath(path: readonly PathStep[]): string {
  let text = '';
  for (const step of path) {
    if (step.type === 'field') {
      if (!plainName.test(step.name)) text += `['${step.name}']`;
      else text += text === '' ? step.name : `.${step.name}`;
    } else if (step.type === 'item') {
      const keys = Object.entries(step.keys).map(([name, value]) => `${name}=${formatKey(value)}`);
      text += `[${keys.join(',')}]`;
    } else {
      text += `[=${formatKey(step.value)}]`;
    }
  }
  return text;
}

function formatKey(value: Json | undefined): string {
  return typeof value === 'string' ? value : String(value);
}
