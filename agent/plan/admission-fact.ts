import type { Digest } from '../../core/digest.ts';
import { canonicalJson, isJsonObject, type Json, jsonAt, stringAt } from '../../core/json.ts';

/** That somebody asked the API server to write one object. It may still have failed: other webhooks are asked after. */
export interface WriteFact {
  readonly uid: string;
  /** `resourceVersion` of the object that it was asked upon. */
  readonly before: string;
  readonly operation: 'update' | 'delete';
  /** As the API server authenticated them: a person's name, or `system:serviceaccount:NAMESPACE:NAME`. */
  readonly user: string;
  /** Keyed digest of what it would make of the object, see {@link sealContent}; absent for a deletion. */
  readonly after?: Digest;
  /** Of a `scale`, in place of `after`: keyed digest of the number, see {@link sealReplicas}. */
  readonly replicas?: Digest;
}

/** An AdmissionReview as far as it is answered and remembered. */
export interface Review {
  /** To be repeated in the answer; '' where there is none. */
  readonly uid: string;
  /** Absent for what isn't worth remembering. */
  readonly fact?: WriteFact;
}

type Seal = (text: string) => Digest;

/** Longer names are cut: what is kept of a request is bounded. */
const longestUser = 253;

/**
 * Reads `admission.k8s.io/v1` reviews. Nothing of the object goes into the fact but its uid, its version and keyed digests. Dry-runs
 * and what `self`, the agent's own account, writes are of no interest. Never throws.
 */
export function readReview(body: Json | undefined, self: string | undefined, seal: Seal): Review {
  const request = jsonAt(body, 'request');
  const uid = stringAt(request, 'uid') ?? '';
  const fact = factOf(request, seal);
  return fact === undefined || fact.user === self ? { uid } : { uid, fact };
}

function factOf(request: Json | undefined, seal: Seal): WriteFact | undefined {
  if (jsonAt(request, 'dryRun') === true) return undefined;
  const old = jsonAt(request, 'oldObject');
  const uid = stringAt(old, 'metadata', 'uid') ?? '';
  const before = stringAt(old, 'metadata', 'resourceVersion') ?? '';
  const user = plainName(stringAt(request, 'userInfo', 'username') ?? '');
  if (uid === '' || before === '' || user === '') return undefined;
  const subresource = stringAt(request, 'subResource') ?? '';
  const what = { uid, before, user };
  switch (`${stringAt(request, 'operation') ?? ''} ${subresource}`) {
    case 'DELETE ':
      return { ...what, operation: 'delete' };
    case 'UPDATE ':
      return { ...what, operation: 'update', after: sealContent(jsonAt(request, 'object'), seal) };
    case 'UPDATE scale':
      return { ...what, operation: 'update', replicas: sealReplicas(jsonAt(request, 'object'), seal) };
    default:
      return undefined;
  }
}

/** Names come from certificates and identity providers: what would steer a terminal is no part of one. */
function plainName(user: string): string {
  return user.replaceAll(/\p{C}/gu, '�').slice(0, longestUser);
}

/**
 * One text for an object and for what a write is about to make of it: validating admission sees it as it is going to be stored, but
 * for its version. Status and managed fields are left out.
 */
export function sealContent(object: Json | undefined, seal: Seal): Digest {
  if (!isJsonObject(object)) return seal('');
  const { apiVersion: _version, kind: _kind, status: _status, metadata, ...rest } = object;
  if (!isJsonObject(metadata)) return seal(canonicalJson(rest));
  const { resourceVersion: _resourceVersion, managedFields: _fields, ...kept } = metadata;
  return seal(canonicalJson({ ...rest, metadata: kept }));
}

/** Of a Scale, or of an object that has its replicas where built-in kinds have them. */
export function sealReplicas(object: Json | undefined, seal: Seal): Digest {
  return seal(`replicas ${canonicalJson(jsonAt(object, 'spec', 'replicas') ?? 0)}`);
}
