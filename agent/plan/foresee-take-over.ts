import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { fieldManager } from '../../core/tracking.ts';
import type { JsonPatchStep } from '../ports.ts';
import { type FieldPath, nameOfPath, pathsOf, valuesAtPath } from './field-sets.ts';
import { type FieldSet, valuesAt } from './fields-v1.ts';
import { type FieldsEntry, fieldsEntries, isOurs } from './managed-fields.ts';
import { lastAppliedAnnotation } from './normalize-object.ts';
import { ownedAfter } from './take-over.ts';

/** What an apply will give once fields that others declared are ours. */
export interface Foreseen {
  /** Defaults that the API server puts where a field goes are not in it. */
  readonly object: KubeObject;
  /** Who declared the fields that become ours: names of field managers. */
  readonly from: readonly string[];
  /** The fields that go. */
  readonly leaves: readonly FieldPath[];
}

/**
 * `predicted` is what an apply would give as things are; `patch` is the take-over that goes before it (`planTakeOver`).
 * Of what becomes ours, the apply takes away what Git doesn't say and nobody else owns. The rule is that of the API server
 * (structured-merge-diff, `merge.Updater.prune`): a named field is owned by who owns anything below it, an item of a list
 * or a member of a map only by who owns the item itself.
 */
export function foreseeTakeOver(
  live: KubeObject,
  predicted: KubeObject,
  patch: readonly JsonPatchStep[],
): Foreseen {
  const after = fieldsEntries(ownedAfter(live, patch));
  const ours = after.find(isOurs)?.fields ?? {};
  const kept = new Set([
    ...fieldsEntries(predicted)
      .filter(isOurs)
      .flatMap(({ fields }) => everyName(fields)),
    ...after.filter((entry) => !isOurs(entry)).flatMap(({ fields }) => memberNames(fields)),
  ]);
  const gone = membersOf(ours).filter((path) => !kept.has(nameOfPath(path)));
  const object = gone.reduce((value, path) => withoutPath(value, path), predicted as Json) as KubeObject;
  const dropsNote = patch.some(
    ({ op, path }) => op === 'remove' && path.startsWith('/metadata/annotations/'),
  );
  const noteAt: FieldPath = ['f:metadata', 'f:annotations', `f:${lastAppliedAnnotation}`];
  return {
    object: dropsNote ? (withoutPath(object, noteAt) as KubeObject) : object,
    from: managersTaken(live, after),
    leaves: gone.filter((path) => valuesAtPath(predicted, path).length > 0),
  };
}

function managersTaken(live: KubeObject, after: readonly FieldsEntry[]): readonly string[] {
  const keyOf = ({ writer }: FieldsEntry): string =>
    [writer.manager, writer.operation, writer.subresource].join('/');
  const left = new Set(after.map(keyOf));
  const taken = fieldsEntries(live).filter((entry) => !left.has(keyOf(entry)));
  return [...new Set(taken.map(({ writer }) => writer.manager))]
    .filter((name) => name !== fieldManager)
    .sort();
}

/** Every path of a set that counts as owned: those that it says, and named fields above them. */
function membersOf(fields: FieldSet): readonly FieldPath[] {
  return [...pathsOf(fields), ...namedAbove(fields, [])];
}

function namedAbove(fields: FieldSet, path: FieldPath): readonly FieldPath[] {
  return Object.entries(fields).flatMap(([name, child]) => {
    if (name === '.' || !isJsonObject(child) || Object.keys(child).length === 0) return [];
    const at = [...path, name];
    return [...(name.startsWith('f:') ? [at] : []), ...namedAbove(child, at)];
  });
}

function memberNames(fields: FieldSet): readonly string[] {
  return membersOf(fields).map(nameOfPath);
}

/** Those of what is applied: all that it says is there, items too. */
function everyName(fields: FieldSet): readonly string[] {
  return pathsOf(fields).flatMap((path) => path.map((_name, index) => nameOfPath(path.slice(0, index + 1))));
}

/** What is left empty goes too, as an API server leaves it out. */
function withoutPath(value: Json, path: FieldPath): Json {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return withoutMember(value, name);
  if (isJsonArray(value)) {
    const meant = valuesAt(value, name);
    return value.map((item) => (meant.includes(item) ? withoutPath(item, rest) : item));
  }
  if (!isJsonObject(value)) return value;
  const key = name.slice(2);
  const child = value[key];
  if (child === undefined || valuesAtPath(child, rest).length === 0) return value;
  const next = withoutPath(child, rest);
  return isEmpty(next) ? omit(value, key) : { ...value, [key]: next };
}

function withoutMember(value: Json, name: string): Json {
  if (isJsonObject(value)) return omit(value, name.slice(2));
  if (!isJsonArray(value)) return value;
  const meant = valuesAt(value, name);
  return value.filter((item) => !meant.includes(item));
}

function omit(value: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}

function isEmpty(value: Json): boolean {
  if (isJsonArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

const unsent: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);
const sentMetadata = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

/** The patch that makes a live object what was foreseen, so that the API server says what it makes of it. */
export function patchTo(live: KubeObject, object: KubeObject): readonly JsonPatchStep[] {
  const names = new Set([...Object.keys(live), ...Object.keys(object)].filter((name) => !unsent.has(name)));
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' },
    ...[...names].flatMap((name) => stepFor(`/${name}`, live[name], object[name])),
    ...sentMetadata.flatMap((name) =>
      stepFor(`/metadata/${name}`, live.metadata[name], object.metadata[name]),
    ),
  ];
}

function stepFor(path: string, live: Json | undefined, wanted: Json | undefined): readonly JsonPatchStep[] {
  if (wanted !== undefined) return [{ op: 'add', path, value: wanted }];
  return live === undefined ? [] : [{ op: 'remove', path }];
}
