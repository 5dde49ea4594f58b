import type { Writer } from '../../core/drift.ts';
import { canonicalJson, isJsonObject, type Json, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { fieldManager } from '../../core/tracking.ts';
import { type FieldSet, ownsPath, type PathStep } from './fields-v1.ts';

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

function isOurs(entry: FieldsEntry): boolean {
  return entry.writer.manager === fieldManager && entry.writer.operation === 'Apply';
}

/** The fields that the API server says we own, canonical; '' where it says we own none. */
export function ownedFields(object: KubeObject): string {
  const ours = fieldsEntries(object).find(isOurs);
  return ours === undefined ? '' : canonicalJson(ours.fields as Json);
}

/** Who wrote the value that a field has now, where managed fields can say it. */
export interface Attribution {
  readonly writer: Writer;
  readonly writtenAt?: string;
}

/**
 * The writer of the present value at a path. An Update that changes a value takes the field from everybody, one that
 * repeats it takes nothing: so the one Update entry that has the field wrote it. Several Applies may share a value:
 * then nobody can say which changed it, and a wrong writer would be worse than none. Removals leave no trace.
 */
export function attributeField(
  entries: readonly FieldsEntry[],
  path: readonly PathStep[],
  presence: 'present' | 'gone',
): Attribution | undefined {
  if (presence === 'gone') return undefined;
  const holders = entries.filter((entry) => ownsPath(entry.fields, path));
  if (holders.some(isOurs)) return undefined;
  const updates = holders.filter((entry) => entry.writer.operation === 'Update');
  const candidates = updates.length > 0 ? updates : holders;
  const [only] = candidates;
  if (only === undefined || candidates.length > 1) return undefined;
  return { writer: only.writer, ...(only.time === undefined ? {} : { writtenAt: only.time }) };
}

/** The newest of several attributions. One without a time can't be placed: it is newest only when it is the only writer. */
export function newestAttribution(found: readonly Attribution[]): Attribution | undefined {
  const writers = new Set(found.map((attribution) => canonicalJson({ ...attribution.writer })));
  if (writers.size === 1) return found.find((attribution) => attribution.writtenAt !== undefined) ?? found[0];
  if (found.some((attribution) => attribution.writtenAt === undefined)) return undefined;
  return found.reduce<Attribution | undefined>(
    (newest, next) => ((newest?.writtenAt ?? '') < (next.writtenAt ?? '') ? next : newest),
    undefined,
  );
}
