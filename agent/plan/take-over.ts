import {
  canonicalJson,
  equalJson,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  parseJson,
  stringAt,
} from '../../core/json.ts';
import { isKubeObject, type KubeObject } from '../../core/kube-object.ts';
import { groupOf } from '../../core/object-ref.ts';
import { fieldManager, releasedManager, repairManager } from '../../core/tracking.ts';
import type { JsonPatchStep } from '../ports.ts';
import {
  type FieldPath,
  fieldsOf,
  nameOfPath,
  pathsOf,
  unionFields,
  valuesAtPath,
  withinValue,
  withoutPaths,
} from './field-sets.ts';
import type { FieldSet } from './fields-v1.ts';
import { isMetadataOnly } from './namespace-metadata.ts';
import { lastAppliedAnnotation, normalizeObject } from './normalize-object.ts';

/** What is to become ours of a live object before it is applied. */
export interface TakeOver {
  /** As Git has it, at the version at which it is applied and was read. */
  readonly desired: KubeObject;
  /** `adopt`: it was never applied by us. `own`: it was, also where it has lost our marks since. */
  readonly as: 'adopt' | 'own';
  /** What we owned when it was applied last, as canonical FieldsV1. */
  readonly baseline?: string;
  /** Whether every value at `baseline` is as it was then. */
  readonly isAtBaseline: boolean;
  /** Whether our entry's version is still served: else the API server forgets what it says. */
  readonly isServed: (apiVersion: string) => boolean;
  /** `needed`: the API server can't read an entry of another version (`field not declared in schema`). */
  readonly versions: 'as-served' | 'needed';
}

/** What they wrote was Git's. */
const ourHelpers: ReadonlySet<string> = new Set([repairManager]);

/** Those that declared whole objects before, and leave that to Git now. Whoever changes single fields (`kubectl edit`, controllers) isn't among them. */
const deployers: ReadonlySet<string> = new Set([
  'kubectl-client-side-apply',
  'before-first-apply',
  'kubectl-create',
  'kubectl-replace',
  'kubectl',
  'helm',
  'Helm',
  'helm-controller',
  'kustomize-controller',
  'argocd-controller',
  'argocd-application-controller',
  releasedManager,
  repairManager,
]);

/** Their entries name defaults too; what they said themselves is in the annotation. */
const annotated: ReadonlySet<string> = new Set([
  'kubectl-client-side-apply',
  'before-first-apply',
  'kubectl',
  'argocd-controller',
  'argocd-application-controller',
]);

/**
 * The patch of `metadata.managedFields` after which an apply takes away what left Git; `undefined` where there is nothing
 * to do. Without it a field that an earlier deployer owns, or that somebody changed and changed back, stays for ever once
 * Git drops it. It is a compare-and-swap: whoever writes in between makes it fail with 409. After client-go's `csaupgrade`.
 */
export function planTakeOver(live: KubeObject, how: TakeOver): readonly JsonPatchStep[] | undefined {
  // What others wrote on it stays theirs.
  if (isMetadataOnly(how.desired)) return undefined;
  const before = live.metadata.managedFields ?? [];
  const current = before.map((entry) => (isReadable(entry, how) ? entry : atVersion(entry, live)));
  const ours = current.find(isOurs);
  const taken = takenFrom(how.as === 'adopt' ? deployers : ourHelpers, current, live, how.desired);
  const lost = lostPaths(current, live, how);
  const after = current.flatMap((entry) => {
    if (isOurs(entry) || taken.entries.includes(entry)) return [];
    return lost.length === 0 || !isWholeUpdate(entry) ? [entry] : without(entry, lost);
  });
  const fields = unionFields([fieldsIn(ours), ...taken.fields, fieldsOf(lost)]);
  if (pathsOf(fields).length > 0) after.push(ourEntry(ours, taken.entries, live, fields));
  const isSame = canonicalEntries(after) === canonicalEntries(before);
  const hasAnnotation =
    how.as === 'adopt' && live.metadata.annotations?.[lastAppliedAnnotation] !== undefined;
  // An empty list would make the API server forget everybody's fields.
  if ((isSame && !hasAnnotation) || after.length === 0) return undefined;
  return [...replaceManagedFields(live, after), ...(hasAnnotation ? [dropLastApplied] : [])];
}

/** What was read, with its fields as they are owned once a take-over was carried out. */
export function ownedAfter(live: KubeObject, patch: readonly JsonPatchStep[] | undefined): KubeObject {
  const step = patch?.find(({ path }) => path === managedFieldsPath);
  const entries = step !== undefined && 'value' in step && isJsonArray(step.value) ? step.value : undefined;
  if (entries === undefined) return live;
  const managedFields = entries.filter((entry): entry is JsonObject => isJsonObject(entry));
  return { ...live, metadata: { ...live.metadata, managedFields } };
}

interface Taken {
  readonly fields: readonly FieldSet[];
  readonly entries: readonly JsonObject[];
}

/** Whether the API server can make something of what an entry says. */
function isReadable(entry: JsonObject, how: TakeOver): boolean {
  if (how.versions === 'needed') return false;
  return !isOurs(entry) || how.isServed(stringAt(entry, 'apiVersion') ?? '');
}

const managedFieldsPath = '/metadata/managedFields';

const dropLastApplied: JsonPatchStep = {
  op: 'remove',
  path: `/metadata/annotations/${lastAppliedAnnotation.replaceAll('/', '~1')}`,
};

/** The steps that write managed fields, or nothing where the object is no longer the one that was read. */
export function replaceManagedFields(
  live: KubeObject,
  entries: readonly JsonObject[],
): readonly JsonPatchStep[] {
  return [
    { op: 'replace', path: managedFieldsPath, value: entries },
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' },
  ];
}

/** What these own: of an entry that names defaults too, only what they said. */
function takenFrom(
  managers: ReadonlySet<string>,
  entries: readonly JsonObject[],
  live: KubeObject,
  desired: KubeObject,
): Taken {
  const said = lastApplied(live);
  const fields: FieldSet[] = [];
  const taken = entries.filter((entry) => {
    const manager = stringAt(entry, 'manager') ?? '';
    if (!managers.has(manager) || hasSubresource(entry)) return false;
    // Everything that was there before anybody's fields were noted, the status too: nobody said all that.
    return manager !== 'before-first-apply' || said !== undefined;
  });
  for (const entry of taken) {
    const own = withinValue(fieldsIn(entry), live);
    const manager = stringAt(entry, 'manager') ?? '';
    const isDefaulted = isWholeUpdate(entry) && annotated.has(manager);
    const fieldsOfIt = said !== undefined && isDefaulted ? withinValue(own, said) : own;
    const isTracking = argoManagers.has(manager) && valuesAtPath(desired, podTracking).length === 0;
    fields.push(withoutPaths(fieldsOfIt, isTracking ? [lastAppliedPath, podTracking] : [lastAppliedPath]));
  }
  return { fields, entries: taken };
}

const argoManagers: ReadonlySet<string> = new Set(['argocd-controller', 'argocd-application-controller']);

/**
 * Argo CD's tracking label where it writes it into the Pods of a workload (SetAppInstanceLabel): it stays where Git doesn't
 * say it, as nobody's field, since taking it away would restart every Pod.
 */
const podTracking: FieldPath = [
  'f:spec',
  'f:template',
  'f:metadata',
  'f:labels',
  'f:app.kubernetes.io/instance',
];

const lastAppliedPath: FieldPath = ['f:metadata', 'f:annotations', `f:${lastAppliedAnnotation}`];

function lastApplied(live: KubeObject): KubeObject | undefined {
  const text = live.metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined) return undefined;
  try {
    const value = parseJson(text);
    return isKubeObject(value) ? normalizeObject(value) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What we owned, and an Update took from us without leaving another value: changed and changed back. Or the API server
 * lost whose it was: an apply alone would share it with `before-first-apply` for ever. What is another value still is a
 * drift, and the apply that heals it takes it back by itself.
 */
function lostPaths(entries: readonly JsonObject[], live: KubeObject, how: TakeOver): readonly FieldPath[] {
  if (how.as === 'adopt' || how.baseline === undefined || how.baseline === '') return [];
  const ours = entries.find(isOurs);
  if (ours !== undefined && ours['apiVersion'] !== live.apiVersion) return [];
  const baseline = parseJson(how.baseline);
  if (!isJsonObject(baseline)) return [];
  const heldBy = (holders: readonly JsonObject[]): ReadonlySet<string> =>
    new Set(holders.flatMap((entry) => pathsOf(fieldsIn(entry)).map(nameOfPath)));
  const [held, updated] = [heldBy(entries), heldBy(entries.filter(isWholeUpdate))];
  return pathsOf(withoutPaths(baseline, pathsOf(fieldsIn(ours)))).filter((path) => {
    if (held.has(nameOfPath(path)) && !updated.has(nameOfPath(path))) return false;
    const found = valuesAtPath(live, path);
    if (found.length === 0) return false;
    return how.isAtBaseline || equalJson([...found], [...valuesAtPath(how.desired, path)]);
  });
}

function ourEntry(
  ours: JsonObject | undefined,
  taken: readonly JsonObject[],
  live: KubeObject,
  fields: FieldSet,
): JsonObject {
  if (ours !== undefined && equalJson(fieldsIn(ours), fields)) return ours;
  const time = stringAt(ours ?? taken[0], 'time');
  return {
    manager: fieldManager,
    operation: 'Apply',
    apiVersion: live.apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
}

/** An entry of another version of the same group, as one of the version that was read: of what it names, what is there. */
function atVersion(entry: JsonObject, live: KubeObject): JsonObject {
  const version = stringAt(entry, 'apiVersion') ?? '';
  if (version === live.apiVersion || groupOf(version) !== groupOf(live.apiVersion)) return entry;
  return { ...entry, apiVersion: live.apiVersion, fieldsV1: withinValue(fieldsIn(entry), live) };
}

function without(entry: JsonObject, paths: readonly FieldPath[]): readonly JsonObject[] {
  const rest = withoutPaths(fieldsIn(entry), paths);
  return pathsOf(rest).length === 0 ? [] : [{ ...entry, fieldsV1: rest }];
}

function fieldsIn(entry: JsonObject | undefined): FieldSet {
  const fields = entry?.['fieldsV1'];
  return isJsonObject(fields) ? fields : {};
}

function isOurs(entry: JsonObject): boolean {
  return entry['manager'] === fieldManager && entry['operation'] === 'Apply' && !hasSubresource(entry);
}

function isWholeUpdate(entry: JsonObject): boolean {
  return entry['operation'] === 'Update' && !hasSubresource(entry);
}

function hasSubresource(entry: JsonObject): boolean {
  return (stringAt(entry, 'subresource') ?? '') !== '';
}

function canonicalEntries(entries: readonly JsonObject[]): string {
  return entries.map(canonicalJson).sort().join('\n');
}
