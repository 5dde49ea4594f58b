import { canonicalJson, isJsonArray, isJsonObject, type Json, stringAt } from '../../core/json.ts';
import { type Manifest, refOf } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef } from '../../core/object-ref.ts';
import type { FieldChange } from './proposal.ts';

/** More say nothing more to a person; the files' differences are whole. */
const mostChanges = 100;
const longestValue = 200;

/** What differs between two renders, field by field, images first. Values of Secrets are never told. */
export function fieldChanges(
  before: readonly Manifest[],
  after: readonly Manifest[],
): readonly FieldChange[] {
  const [old, young] = [byRef(before), byRef(after)];
  const changes: FieldChange[] = [];
  for (const [key, { ref, object }] of old) {
    const found = young.get(key);
    if (found === undefined) changes.push({ ref, field: '', before: 'present', after: '' });
    else changes.push(...valueChanges(ref, object, found.object, ''));
  }
  for (const [key, { ref }] of young) {
    if (!old.has(key)) changes.push({ ref, field: '', before: '', after: 'present' });
  }
  const isImage = ({ field }: FieldChange): boolean => field.endsWith('.image');
  return [...changes.filter(isImage), ...changes.filter((change) => !isImage(change))].slice(0, mostChanges);
}

function byRef(manifests: readonly Manifest[]): ReadonlyMap<string, { ref: ObjectRef; object: Json }> {
  return new Map(manifests.map(({ object }) => [formatRef(refOf(object)), { ref: refOf(object), object }]));
}

function* valueChanges(
  ref: ObjectRef,
  before: Json | undefined,
  after: Json | undefined,
  field: string,
): Generator<FieldChange> {
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) return;
  if (isJsonObject(before) && isJsonObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* valueChanges(ref, before[name], after[name], field === '' ? name : `${field}.${name}`);
    }
  } else if (isJsonArray(before) && isJsonArray(after)) {
    const [old, young] = [byName(before), byName(after)];
    for (const name of new Set([...old.keys(), ...young.keys()])) {
      yield* valueChanges(ref, old.get(name), young.get(name), `${field}[${name}]`);
    }
  } else if (before !== after) {
    const isSecret = ref.kind === 'Secret' && ref.group === '' && /^(data|stringData)\b/.test(field);
    yield { ref, field, before: textOf(before, isSecret), after: textOf(after, isSecret) };
  }
}

/** Items by their names where all have one, as containers do; else by their places. */
function byName(items: readonly Json[]): ReadonlyMap<string, Json> {
  const names = items.map((item) => stringAt(item, 'name'));
  const isNamed = new Set(names).size === items.length && !names.includes(undefined);
  return new Map(items.map((item, index) => [isNamed ? `name=${names[index]}` : String(index), item]));
}

function textOf(value: Json | undefined, isSecret: boolean): string {
  if (value === undefined) return '';
  if (isSecret) return '(hidden)';
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
