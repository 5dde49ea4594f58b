import type { Schemas } from '../../cli/client/open-client.ts';
import { describeEdit, type Edit, type ToldField } from './choose-edits.ts';

type Entry = Schemas['DriftEntry'];

/** Each way in which the drifts that were reported are others than the edits that were made: empty where each was told once. */
export function judgeDrifts(edits: readonly Edit[], entries: readonly Entry[]): readonly string[] {
  const byObject = Map.groupBy(entries, ({ drift: { ref } }) => `${ref.kind} ${ref.namespace}/${ref.name}`);
  return [
    ...edits.flatMap((edit) => {
      const { name, namespace = '' } = edit.object.metadata;
      const object = `${edit.object.kind} ${namespace}/${name}`;
      const found = byObject.get(object) ?? [];
      byObject.delete(object);
      return judgeEdit(edit, found).map((problem) => `${describeEdit(edit)}: ${problem}`);
    }),
    ...[...byObject.values()].flat().map((entry) => `nobody touched it: ${entry.sentence}`),
  ];
}

function judgeEdit({ told }: Edit, found: readonly Entry[]): readonly string[] {
  if (told === 'nothing') return found.map(({ sentence }) => `is no drift, and was told as ${sentence}`);
  const [entry, ...others] = found;
  if (entry === undefined) return ['was not told'];
  if (others.length > 0) return [`was told as ${found.length} drifts`];
  const { kind, fields, writer } = entry.drift;
  if (told === 'missing') {
    const isRight = kind === 'missing' && fields.length === 0 && writer === undefined;
    return isRight ? [] : [`was told as ${entry.sentence}`];
  }
  const [field, ...more] = fields;
  if (kind !== 'changed' || field === undefined || more.length > 0)
    return [`was told as ${kind} of ${JSON.stringify(fields)}`];
  return judgeField(told, field).map((what) => `${what} is wrong in ${JSON.stringify(field)}`);
}

function judgeField(told: ToldField, field: Schemas['DriftField']): readonly string[] {
  const wrong: string[] = [];
  if (field.path !== told.path) wrong.push('path');
  if (!isEqual(told.desired ?? field.desired, field.desired)) wrong.push('desired');
  const live = told.leaves === 'nothing' ? undefined : (told.live ?? field.live);
  if (!isEqual(live, field.live)) wrong.push('live');
  const by = field.writer;
  const writer = by === undefined ? 'unknown' : `${by.manager} ${by.operation} ${by.subresource}`.trimEnd();
  // Nothing in an object says who took a field away.
  const mayBeUnknown = told.leaves === 'nothing' && writer === 'unknown';
  if (writer !== told.writer && !mayBeUnknown) wrong.push('writer');
  return wrong;
}

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
