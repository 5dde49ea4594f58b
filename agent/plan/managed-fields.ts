import type { Confidence, Writer } from '../../core/drift.ts';
import { canonicalJson, isJsonObject, type Json, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { fieldManager } from '../../core/tracking.ts';
import { type FieldSet, holdsLeaf, ownsPath, type PathStep } from './fields-v1.ts';

/** One entry of `metadata.managedFields`. */
export interface FieldsEntry {
  readonly writer: Writer;
  /** ISO 8601 by the API server's clock, to the second; absent for `scale` of built-in kinds. */
  readonly time?: string;
  readonly fields: FieldSet;
}

export function fieldsEntries(object: KubeObject): readonly FieldsEntry[] {
  return (object.metadata.managedFields ?? []).flatMap((entry): readonly FieldsEntry[] => {
    const manager = stringAt(entry, 'manager');
    const operation = stringAt(entry, 'operation');
    const fields = entry['fieldsV1'];
    if (manager === undefined || !isJsonObject(fields)) return [];
    if (operation !== 'Apply' && operation !== 'Update') return [];
    const time = stringAt(entry, 'time');
    const writer: Writer = { manager, operation, subresource: stringAt(entry, 'subresource') ?? '' };
    return [{ writer, fields, ...(time === undefined ? {} : { time }) }];
  });
}

export function isOurs({ writer }: FieldsEntry): boolean {
  return writer.manager === fieldManager && writer.operation === 'Apply' && writer.subresource === '';
}

export function ownEntry(object: KubeObject): FieldsEntry | undefined {
  return fieldsEntries(object).find(isOurs);
}

/** The fields that the API server says we own, canonical; '' where it says we own none. */
export function ownedFields(object: KubeObject): string {
  const ours = ownEntry(object);
  return ours === undefined ? '' : canonicalJson(ours.fields as Json);
}

/** Who wrote the value that a field has now, and how that is known. */
export interface Attribution {
  readonly writer: Writer;
  readonly writtenAt?: string;
  readonly confidence: Exclude<Confidence, 'unknown'>;
}

/** Names that the API server makes up: of all the writers before the tenth but one, or before the first apply. */
const nobody: ReadonlySet<string> = new Set(['ancient-changes', 'before-first-apply']);

/**
 * The writer of the present value at a path. An Update that changes a value takes the field from everybody, one that
 * repeats it takes nothing: so the one Update entry that has the field wrote it. Several Applies may share a value:
 * then nobody can say which changed it, and a wrong writer would be worse than none. Removals leave no trace, but for
 * what was removed from a value that is owned as a whole: who wrote the rest wrote that. `sets` are those of all owners.
 */
export function attributeField(
  entries: readonly FieldsEntry[],
  path: readonly PathStep[],
  presence: 'present' | 'gone',
  sets: readonly FieldSet[] = entries.map(({ fields }) => fields),
): Attribution | undefined {
  if (entries.some((entry) => isOurs(entry) && ownsPath(entry.fields, path, sets))) return undefined;
  if (mayBeOfText(entries, path)) return undefined;
  const leaf = presence === 'gone' ? path.slice(0, -1) : path;
  const holders = entries.filter((entry) => holdsLeaf(entry.fields, leaf, sets));
  const updates = holders.filter((entry) => entry.writer.operation === 'Update');
  const candidates = updates.length > 0 ? updates : holders;
  const [only] = candidates;
  if (only === undefined || candidates.length > 1) return undefined;
  return attributionTo(only, 'field');
}

/** An apply of a Secret's `stringData` changes `data`, and counts as owner of `stringData` alone. */
function mayBeOfText(entries: readonly FieldsEntry[], [first, ...rest]: readonly PathStep[]): boolean {
  if (first?.type !== 'field' || first.name !== 'data') return false;
  const path: readonly PathStep[] = [{ type: 'field', name: 'stringData' }, ...rest];
  return entries.some((entry) => ownsPath(entry.fields, path));
}

/** `undefined` where the entry is of no single writer. */
export function attributionTo(
  { writer, time }: FieldsEntry,
  confidence: Attribution['confidence'],
): Attribution | undefined {
  if (nobody.has(writer.manager)) return undefined;
  return { writer, ...(time === undefined ? {} : { writtenAt: time }), confidence };
}

/**
 * The newest of several attributions: of nobody where any is unknown, since that may be the newest. One without a time
 * can't be placed: it is newest only when it is the only writer.
 */
export function newestAttribution(found: readonly (Attribution | undefined)[]): Attribution | undefined {
  const known = found.filter((attribution) => attribution !== undefined);
  if (known.length < found.length) return undefined;
  const newest = newestOf(known);
  if (newest === undefined) return undefined;
  const isProven = known.some(({ confidence }) => confidence === 'write');
  return { ...newest, confidence: isProven ? 'write' : 'field' };
}

function newestOf(known: readonly Attribution[]): Attribution | undefined {
  const writers = new Set(known.map(({ writer }) => canonicalJson({ ...writer })));
  if (writers.size > 1 && known.some(({ writtenAt }) => writtenAt === undefined)) return undefined;
  return known.reduce<Attribution | undefined>(
    (newest, next) => (newest === undefined || isLater(next, newest) ? next : newest),
    undefined,
  );
}

function isLater({ writtenAt: left }: Attribution, { writtenAt: right }: Attribution): boolean {
  return (left ?? '') > (right ?? '');
}
