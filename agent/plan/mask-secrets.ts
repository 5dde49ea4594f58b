import type { Digest } from '../../core/digest.ts';
import type { DriftField } from '../../core/drift.ts';
import { canonicalJson, isJsonObject, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { lastAppliedAnnotation } from './normalize-object.ts';

type Seal = (text: string) => Digest;

/** Nothing that was in a Secret leaves the agent: equal values look equal and others differ, by a keyed hash. */
export function maskFields<Field extends DriftField>(
  ref: ObjectRef,
  fields: readonly Field[],
  seal: Seal,
): readonly Field[] {
  if (!isSecret(ref)) return fields;
  return fields.map((field) => {
    if (!holdsSecret(field.path)) return field;
    const { desired, live } = field;
    return {
      ...field,
      ...(desired === undefined ? {} : { desired: maskValue(desired, seal) }),
      ...(live === undefined ? {} : { live: maskValue(live, seal) }),
    };
  });
}

/** An API server repeats parts of what it refuses: every value of a Secret is taken out of its words. */
export function maskMessage(object: KubeObject, message: string): string {
  if (!isSecret({ group: object.apiVersion === 'v1' ? '' : object.apiVersion, kind: object.kind }))
    return message;
  let masked = message;
  for (const value of secretTexts(object)) masked = masked.replaceAll(value, '***');
  return masked;
}

export function isSecret(ref: Pick<ObjectRef, 'group' | 'kind'>): boolean {
  return ref.group === '' && ref.kind === 'Secret';
}

function holdsSecret(path: string): boolean {
  if (/^(data|stringData)(\.|\[|$)/.test(path) || path.includes(lastAppliedAnnotation)) return true;
  // A whole map of annotations has the copy in it that kubectl makes.
  return path === 'metadata.annotations' || path === 'metadata';
}

/** A map of values keeps its names: which key changed is no secret. */
export function maskValue(value: Json, seal: Seal): Json {
  if (!isJsonObject(value)) return shortSeal(seal(canonicalJson(value)));
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [[name, maskValue(member, seal)] as const],
  );
  return Object.fromEntries(members);
}

/** Enough digits to tell values apart, too few to take for the whole. */
function shortSeal(sealed: Digest): string {
  const colon = sealed.indexOf(':');
  return sealed.slice(0, colon + 13);
}

export function secretTexts(object: KubeObject): readonly string[] {
  const texts = new Set<string>();
  for (const member of ['data', 'stringData']) {
    const values = object[member];
    for (const text of scalarsOf(values)) {
      for (const found of [text, decodeBase64(text) ?? '']) {
        texts.add(found);
        // As Go quotes it.
        texts.add(JSON.stringify(found).slice(1, -1));
      }
    }
  }
  texts.delete('');
  return [...texts].sort((left, right) => right.length - left.length);
}

/** Not only strings: a number where a string belongs is just what the API server refuses and repeats. */
function scalarsOf(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') return [String(value)];
  return Object.values(value).flatMap((member: Json | undefined) => scalarsOf(member));
}

function decodeBase64(text: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
