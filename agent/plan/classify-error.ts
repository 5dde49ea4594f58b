import type { KubeFailure } from '../ports.ts';
import { guardReason } from './guard.ts';
import { immutableFields, notRecreatedReason } from './immutable-change.ts';
import { storedVersions } from './stored-versions.ts';

/** What a failed answer means, in the words that people see on an object. */
export type FailureCode =
  | 'guard'
  | 'race'
  | 'terminating'
  | 'immutable'
  | 'version-stored'
  | 'invalid'
  | 'namespace-terminating'
  | 'namespace-absent'
  | 'not-served'
  | 'unknown-field'
  | 'not-found'
  | 'forbidden'
  | 'unauthenticated'
  | 'quota'
  | 'policy'
  | 'dry-run-unsupported'
  | 'too-large'
  | 'no-server-side-apply'
  | 'throttled'
  | 'webhook-down'
  | 'conversion-down'
  | 'unreachable'
  | 'server-error';

/**
 * When the same request is worth another try. `soon`: by the growing back-off. `slowly`: every five minutes.
 * `on-change`: the same again fails again, only another desired state helps.
 */
export type Retry = 'soon' | 'slowly' | 'on-change';

export interface FailureClass {
  readonly code: FailureCode;
  readonly retry: Retry;
}

interface Rule extends FailureClass {
  readonly statuses: readonly number[];
  readonly matches?: (failure: KubeFailure) => boolean;
}

const immutable =
  /immutable|may not be changed|cannot be changed|updates to .*forbidden|can't be changed|field is immutable/i;

/** First match wins. The answers behind each rule are in the engine reference §1.9. */
const rules: readonly Rule[] = [
  { statuses: [403], code: 'guard', retry: 'on-change', matches: ({ reason }) => reason === guardReason },
  { statuses: [0], code: 'unreachable', retry: 'soon' },
  // A webhook chooses the status of its refusal itself.
  {
    statuses: [400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 429, 500, 503],
    code: 'policy',
    retry: 'slowly',
    matches: says(/admission webhook .* denied|ValidatingAdmissionPolicy .* denied/i),
  },
  { statuses: [401], code: 'unauthenticated', retry: 'soon' },
  { statuses: [429], code: 'throttled', retry: 'soon' },
  { statuses: [413], code: 'too-large', retry: 'on-change' },
  { statuses: [415], code: 'no-server-side-apply', retry: 'on-change' },
  { statuses: [409], code: 'terminating', retry: 'soon', matches: says(/object is being deleted/i) },
  { statuses: [409], code: 'race', retry: 'soon' },
  {
    statuses: [403],
    code: 'namespace-terminating',
    retry: 'soon',
    matches: (failure) =>
      failure.causes.some((cause) => cause.reason === 'NamespaceTerminating') ||
      /because it is being terminated/i.test(failure.message),
  },
  {
    statuses: [403],
    code: 'quota',
    retry: 'slowly',
    matches: says(/exceeded quota|failed quota|status unknown for quota/i),
  },
  // Admission plugins refuse with the status of a missing right.
  {
    statuses: [403],
    code: 'policy',
    retry: 'slowly',
    matches: says(
      /violates PodSecurity|(maximum|minimum) \S+ usage per|limit to request ratio|error looking up service account/i,
    ),
  },
  { statuses: [403], code: 'forbidden', retry: 'slowly' },
  {
    statuses: [400, 422],
    code: 'too-large',
    retry: 'on-change',
    matches: says(/too long: (may|must)|too large/i),
  },
  {
    statuses: [422],
    code: 'immutable',
    retry: 'slowly',
    matches: ({ reason }) => reason === notRecreatedReason,
  },
  {
    statuses: [422],
    code: 'version-stored',
    retry: 'slowly',
    matches: (failure) => storedVersions(failure).length > 0,
  },
  {
    statuses: [422],
    code: 'immutable',
    retry: 'on-change',
    matches: (failure) => immutableFields(failure).length > 0 || immutable.test(failure.message),
  },
  {
    statuses: [404],
    code: 'namespace-absent',
    retry: 'soon',
    matches: says(/namespaces ".*" not found/i),
  },
  {
    statuses: [404],
    code: 'not-served',
    retry: 'soon',
    matches: says(/could not find the requested resource|page not found|no matches for kind/i),
  },
  { statuses: [404], code: 'not-found', retry: 'soon' },
  {
    statuses: [400],
    code: 'dry-run-unsupported',
    retry: 'on-change',
    matches: says(/does not support dry run/i),
  },
  // A built-in kind gets no new field while the API server runs; the schema of a definition may still be on its way.
  {
    statuses: [400, 422, 500],
    code: 'invalid',
    retry: 'on-change',
    matches: says(/; (v1|[a-z]+\/\w+), Kind=\w+\): .*field not declared in schema/i),
  },
  {
    statuses: [400, 422, 500],
    code: 'unknown-field',
    retry: 'soon',
    matches: says(/field not declared in schema/i),
  },
  { statuses: [400, 405, 406, 422], code: 'invalid', retry: 'on-change' },
  { statuses: [500], code: 'too-large', retry: 'on-change', matches: says(/request is too large/i) },
  {
    statuses: [500],
    code: 'invalid',
    retry: 'on-change',
    matches: says(/duplicate entries for key|failed to create typed patch object/i),
  },
  { statuses: [500], code: 'conversion-down', retry: 'soon', matches: says(/conversion webhook for/i) },
  {
    statuses: [500, 503, 504],
    code: 'webhook-down',
    retry: 'soon',
    matches: says(/failed calling webhook/i),
  },
];

/** The one reading of failed answers; an answer that no rule knows is the server's trouble and may pass. */
export function classifyError(failure: KubeFailure): FailureClass {
  for (const rule of rules) {
    if (!rule.statuses.includes(failure.status)) continue;
    if (rule.matches === undefined || rule.matches(failure)) return { code: rule.code, retry: rule.retry };
  }
  return { code: 'server-error', retry: 'soon' };
}

function says(pattern: RegExp): (failure: KubeFailure) => boolean {
  return (failure) => pattern.test(failure.message);
}
