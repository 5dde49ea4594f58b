import type { DriftField } from '../../core/drift.ts';
import { equalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type Difference, explainField, explanationOf, type Remembered } from './explain-field.ts';
import { below, type FieldSet, hasKeys, isValueSet, keysOf, listKeys, type PathStep } from './fields-v1.ts';
import { fieldsEntries } from './managed-fields.ts';

const ignoredMetadata: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'uid',
  'selfLink',
]);

/** The API server counts it up with a DaemonSet's template: it says nothing that the template doesn't. */
const countedAnnotation = 'deprecated.daemonset.template.generation';

/**
 * Every field that an apply would change: `predicted` is the answer of its dry-run. Lists are matched by the keys that
 * the API server itself names in managed fields, so no schema is needed. Status is not compared. What is remembered of the
 * object explains each field.
 */
export function compareObjects(
  live: KubeObject,
  predicted: KubeObject,
  remembered: Remembered = { marks: 'marked' },
): readonly DriftField[] {
  const sets = [...fieldsEntries(live), ...fieldsEntries(predicted)].map((entry) => entry.fields);
  const differences: Difference[] = [];
  compareValues(comparable(live), comparable(predicted), sets, [], differences);
  if (differences.length === 0) return [];
  const explanation = explanationOf(live, remembered, sets);
  return differences.map((difference) => explainField(explanation, difference));
}

function comparable(object: KubeObject): Json {
  const { status: _status, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([name]) => !ignoredMetadata.has(name));
  const { [countedAnnotation]: counted, ...annotations } = metadata.annotations ?? {};
  return {
    ...rest,
    metadata: { ...Object.fromEntries(kept), ...(counted === undefined ? {} : { annotations }) },
  };
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
  } else if (isValueSet(sets) && isJsonArray(live) && isJsonArray(desired)) {
    if (compareMembers(live, desired, path, differences)) return;
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

/** Compares two sets of values member by member; false where they hold the same in another order. */
function compareMembers(
  live: readonly Json[],
  desired: readonly Json[],
  path: readonly PathStep[],
  differences: Difference[],
): boolean {
  const before = differences.length;
  const lacks = (list: readonly Json[], value: Json): boolean => !list.some((item) => equalJson(item, value));
  for (const value of desired) {
    if (lacks(live, value)) differences.push({ path: [...path, { type: 'value', value }], desired: value });
  }
  for (const value of live) {
    if (lacks(desired, value)) differences.push({ path: [...path, { type: 'value', value }], live: value });
  }
  return differences.length > before;
}

function memberNames(left: JsonObject, right: JsonObject): readonly string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])];
}
