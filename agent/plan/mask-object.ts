import type { Digest } from '../../core/digest.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { KubeObject, ObjectMetadata } from '../../core/kube-object.ts';
import { groupOf } from '../../core/object-ref.ts';
import { isSecret, maskValue, secretTexts } from './mask-secrets.ts';
import { lastAppliedAnnotation } from './normalize-object.ts';

type Seal = (text: string) => Digest;

export interface MaskedObject {
  readonly object: KubeObject;
  /** What was taken out or sealed, in sentences. */
  readonly notes: readonly string[];
}

/** An annotation this long is a copy of something; tools keep whole Secrets in them, encoded in ways of their own. */
const longestPlainAnnotation = 100;

/**
 * A live object as a person may see it. Values of Secrets are sealed, so that equal ones look equal and others differ, in
 * whatever member of theirs they stand; `short` has no managed fields and no copy that kubectl makes.
 */
export function maskObject(object: KubeObject, form: 'short' | 'full', seal: Seal): MaskedObject {
  const { metadata, notes } = form === 'full' ? { metadata: object.metadata, notes: [] } : shorten(object);
  const shown: KubeObject = { ...object, metadata };
  if (!isSecret({ group: groupOf(object.apiVersion), kind: object.kind })) return { object: shown, notes };
  return {
    object: sealSecret(shown, object, seal),
    notes: [...notes, 'Values are sealed: equal ones look equal, and nothing can be read from them.'],
  };
}

function shorten({ metadata }: KubeObject): {
  readonly metadata: ObjectMetadata;
  readonly notes: readonly string[];
} {
  const { managedFields, annotations, ...rest } = metadata;
  const { [lastAppliedAnnotation]: copy, ...others } = annotations ?? {};
  const left = [
    ...(managedFields === undefined ? [] : ['managed fields']),
    ...(copy === undefined ? [] : ["kubectl's copy of what it applied"]),
  ];
  return {
    metadata: { ...rest, ...(Object.keys(others).length === 0 ? {} : { annotations: others }) },
    notes: left.length === 0 ? [] : [`Left out: ${left.join(', ')}.`],
  };
}

/** Of members besides the values, what could hold a copy of them is sealed too. */
function sealSecret(shown: KubeObject, whole: KubeObject, seal: Seal): KubeObject {
  const texts = secretTexts(whole).filter((text) => text.length > 3);
  const isCopy = (value: string): boolean =>
    value.length > longestPlainAnnotation || texts.some((text) => value.includes(text));
  const { annotations } = shown.metadata;
  const safe =
    annotations === undefined
      ? {}
      : {
          annotations: Object.fromEntries(
            Object.entries(annotations).map(([name, value]) => [
              name,
              isCopy(value) ? sealed(value, seal) : value,
            ]),
          ),
        };
  return {
    ...shown,
    metadata: { ...shown.metadata, ...safe },
    ...sealMember(shown, 'data', seal),
    ...sealMember(shown, 'stringData', seal),
  };
}

function sealMember(object: KubeObject, name: string, seal: Seal): JsonObject {
  const value = object[name];
  if (value === undefined) return {};
  return { [name]: maskValue(value, seal) };
}

function sealed(value: string, seal: Seal): string {
  const masked: Json = maskValue(value, seal);
  return typeof masked === 'string' ? masked : '***';
}
