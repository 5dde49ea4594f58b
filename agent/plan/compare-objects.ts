import type { DriftField } from '../../core/drift.ts';
import { equalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type CommonItem, compareOrder } from './compare-order.ts';
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
 * the API server itself names in managed fields, so no schema is needed; the order of what both have is one difference of the
 * list. Status is not compared. What is remembered of the object explains each field.
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

/** Compares two keyed lists item by item; false where they differ by none, as damaged ones may, so only the list as a whole does. */
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
  const common: CommonItem[] = [];
  for (const wanted of [...desired, ...live]) {
    const itemKeys = keysOf(wanted, keys);
    const liveItem = live.find((item) => hasKeys(item, itemKeys));
    const desiredItem = desired.find((item) => hasKeys(item, itemKeys));
    const seen = liveItem ?? desiredItem ?? null;
    if (compared.has(seen)) continue;
    compared.add(seen);
    const step: PathStep = { type: 'item', keys: itemKeys };
    compareValues(liveItem, desiredItem, below(sets, step), [...path, step], differences);
    if (liveItem === undefined || desiredItem === undefined) continue;
    common.push({ step, live: live.indexOf(liveItem), desired: desired.indexOf(desiredItem) });
  }
  differences.push(...compareOrder(path, common));
  return differences.length > before;
}

/** Compares two sets of values member by member; false where they differ by none. */
function compareMembers(
  live: readonly Json[],
  desired: readonly Json[],
  path: readonly PathStep[],
  differences: Difference[],
): boolean {
  const before = differences.length;
  const common: CommonItem[] = [];
  const placeIn = (list: readonly Json[], value: Json): number =>
    list.findIndex((item) => equalJson(item, value));
  for (const [index, value] of desired.entries()) {
    const step: PathStep = { type: 'value', value };
    const place = placeIn(live, value);
    if (place < 0) differences.push({ path: [...path, step], desired: value });
    else common.push({ step, live: place, desired: index });
  }
  for (const value of live) {
    if (placeIn(desired, value) < 0)
      differences.push({ path: [...path, { type: 'value', value }], live: value });
  }
  differences.push(...compareOrder(path, common));
  return differences.length > before;
}

function memberNames(left: JsonObject, right: JsonObject): readonly string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])];
}
