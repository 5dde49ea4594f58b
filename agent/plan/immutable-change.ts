import type { KubeFailure } from '../ports.ts';

/** `KubeFailure.reason` of an unchangeable field whose object may be made anew, but not now. */
export const notRecreatedReason = 'NotRecreated';

/**
 * What the API server says of a change of what can't be changed, after the value, which is anybody's text: so only the
 * end of a message is read. From `apimachinery/pkg/api/validation` and the validations of each kind.
 */
const endings: readonly RegExp[] = [
  /\bfield is immutable( when `immutable` is set)?\.?$/,
  /\bis immutable( after creation[^:]*)?\.?$/,
  /\bmay not change once set\.?$/,
  /\bmay not be changed( in an update)?\.?$/,
  /\bcannot be changed( after creation)?\.?$/,
  /\bcannot change roleRef\.?$/,
  // A definition's own rule, where its author gave it no words.
  /\bfailed rule: self == oldSelf$/,
];

/** What follows `Forbidden: ` holds no value, but may go on with a whole diff. */
const forbidden: readonly RegExp[] = [
  /^Forbidden: updates to [\w. -]+( for fields other than .*)? are forbidden\.?$/,
  /^Forbidden: pod updates may not change fields other than /,
  /^Forbidden: spec[\w.]* is immutable after creation/,
];

/**
 * The fields that an answer proves to be unchangeable on the live object; none where it says anything else. A 422 alone
 * proves nothing: most are mistakes in the manifest, and making the object anew would only lose it
 * (kustomize-controller#734).
 */
export function immutableFields(failure: KubeFailure): readonly string[] {
  if (failure.status !== 422 || failure.reason !== 'Invalid') return [];
  return failure.causes.filter(isImmutable).map((cause) => cause.field);
}

function isImmutable({ message }: { readonly message: string }): boolean {
  if (message.startsWith('Forbidden: '))
    return [...forbidden, ...endings].some((pattern) => pattern.test(message));
  return endings.some((pattern) => pattern.test(message));
}
