import {
  canonicalJson,
  equalJson,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
} from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { fieldManager } from '../../core/tracking.ts';
import { below, type FieldSet, hasKeys, keysOf, listKeys } from './fields-v1.ts';
import { fieldsEntries } from './managed-fields.ts';
import { equalQuantities, holdsQuantities } from './quantity.ts';

/** A value with Git's fields laid over it, and the set of those fields. */
interface Overlay {
  readonly value: Json;
  readonly fields: FieldSet;
}

/**
 * What an apply would give, guessed where no dry-run may be asked: Git's fields laid over the live object, everything
 * else as it is. It counts as ours what Git names. Lists are matched by the keys that any writer's managed fields name,
 * else by position. Defaults, other spellings of a quantity and empty values that the API server leaves out are no
 * differences; what only its schema knows, or an admission webhook would change, is not seen: the verdict is approximate.
 */
export function predictApply(live: KubeObject, desired: KubeObject): KubeObject {
  const sets = fieldsEntries(live).map((entry) => entry.fields);
  const { apiVersion: _version, kind: _kind, ...wanted } = desired;
  const { name: _name, namespace: _namespace, ...metadata } = wanted.metadata;
  const { value, fields } = overlay(live, { ...wanted, metadata }, sets, 'plain');
  const predicted = value as KubeObject;
  const others = (predicted.metadata.managedFields ?? []).filter(
    (entry) => entry['manager'] !== fieldManager,
  );
  const ours = { manager: fieldManager, operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: fields };
  return { ...predicted, metadata: { ...predicted.metadata, managedFields: [...others, ours] } };
}

type Meaning = 'plain' | 'quantities';

function overlay(
  live: Json | undefined,
  desired: Json,
  sets: readonly FieldSet[],
  meaning: Meaning,
): Overlay {
  if (isJsonObject(live) && isJsonObject(desired)) return overlayObject(live, desired, sets, meaning);
  if (isJsonArray(live) && isJsonArray(desired)) return overlayList(live, desired, sets, meaning);
  if (live === undefined || equalJson(live, desired)) return { value: desired, fields: {} };
  const isSame = meaning === 'quantities' && equalQuantities(live, desired);
  return { value: isSame ? live : desired, fields: {} };
}

function overlayObject(
  live: JsonObject,
  desired: JsonObject,
  sets: readonly FieldSet[],
  meaning: Meaning,
): Overlay {
  const members: Record<string, Json | undefined> = { ...live };
  const fields: Record<string, Json> = {};
  for (const [name, wanted] of Object.entries(desired)) {
    if (wanted === undefined || wanted === null || (live[name] === undefined && isEmpty(wanted))) continue;
    const inner = holdsQuantities(name) ? 'quantities' : meaning;
    const owned = below(sets, { type: 'field', name });
    const child: Overlay = isWhole(name, owned)
      ? { value: wanted, fields: {} }
      : overlay(live[name], wanted, owned, inner);
    members[name] = child.value;
    fields[`f:${name}`] = child.fields;
  }
  return { value: members, fields };
}

/** A selector that its writers own as one value: what Git doesn't name would go. Other such values may hold defaults. */
function isWhole(name: string, owned: readonly FieldSet[]): boolean {
  const isSelector = /selector$/i.test(name) || name === 'matchLabels';
  return isSelector && owned.length > 0 && owned.every((set) => Object.keys(set).length === 0);
}

/** The API server leaves these out, or doesn't tell them from nothing. */
function isEmpty(value: Json): boolean {
  if (value === null || value === '' || value === false || value === 0) return true;
  if (isJsonArray(value)) return value.length === 0;
  return (
    isJsonObject(value) && Object.values(value).every((member) => member === undefined || isEmpty(member))
  );
}

function overlayList(
  live: readonly Json[],
  desired: readonly Json[],
  sets: readonly FieldSet[],
  meaning: Meaning,
): Overlay {
  const keys = listKeys(sets);
  if (keys !== undefined) return overlayItems(live, desired, keys, sets, meaning);
  const isSet = sets.some((set) => Object.keys(set).some((member) => member.startsWith('v:')));
  if (isSet) return overlaySet(live, desired);
  if (live.length !== desired.length) return { value: desired, fields: {} };
  const value = desired.map((wanted, index) => overlay(live[index], wanted, [], meaning).value);
  return { value, fields: {} };
}

/** Items of other writers, such as an injected container, stay where they are; Git's come in the order of Git. */
function overlayItems(
  live: readonly Json[],
  desired: readonly Json[],
  names: readonly string[],
  sets: readonly FieldSet[],
  meaning: Meaning,
): Overlay {
  const laid: Json[] = [];
  const places: number[] = [];
  const fields: Record<string, Json> = {};
  for (const wanted of desired) {
    const index = live.findIndex((item) => isMeant(item, wanted, desired, names));
    const found = index < 0 ? undefined : live[index];
    if (index >= 0) places.push(index);
    const keys = keysOf(found ?? wanted, names);
    const child = overlay(found, wanted, below(sets, { type: 'item', keys }), meaning);
    laid.push(child.value);
    fields[`k:${canonicalJson(keys)}`] = child.fields;
  }
  return { value: inPlaces(live, laid, places), fields };
}

/** A list with Git's items at the places that some of them have, in the order of Git, and what is left of them behind. */
function inPlaces(live: readonly Json[], laid: readonly Json[], places: readonly number[]): readonly Json[] {
  const taken = new Set(places);
  const left = [...laid];
  return [...live.map((item, index) => (taken.has(index) ? (left.shift() ?? item) : item)), ...left];
}

/** Whether an item is the one: a key that Git leaves to its default never takes what another item names in full. */
function isMeant(item: Json, wanted: Json, desired: readonly Json[], names: readonly string[]): boolean {
  const given = keysOf(wanted, names);
  if (!hasKeys(item, given)) return false;
  const isWhole = (keys: JsonObject): boolean => Object.keys(keys).length === names.length;
  return (
    isWhole(given) ||
    !desired.some((other) => isWhole(keysOf(other, names)) && hasKeys(item, keysOf(other, names)))
  );
}

function overlaySet(live: readonly Json[], desired: readonly Json[]): Overlay {
  const places = desired.flatMap((wanted) => {
    const index = live.findIndex((item) => equalJson(item, wanted));
    return index < 0 ? [] : [index];
  });
  const fields = Object.fromEntries(desired.map((wanted) => [`v:${canonicalJson(wanted)}`, {}]));
  return { value: inPlaces(live, desired, places), fields };
}
