import { isJsonObject, type Json, type JsonObject, jsonAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { KubeFailure } from '../ports.ts';

/** Of a field that may stay only while another one has some value. */
const misplaced =
  /may not be specified when|should not be set when|only allowed (for|when)|may not be true if caBundle is present/;

/** Where the field that is in the way isn't the one that the API server names. */
const inTheWay: ReadonlyMap<string, readonly string[]> = new Map([
  ['spec.conversion.webhookClientConfig', ['spec', 'conversion', 'webhook']],
  ['spec.insecureSkipTLSVerify', ['spec', 'caBundle']],
]);

/**
 * The merge patch that removes what stands in the way: live fields that Git doesn't name, mostly defaults or injected, and
 * that the API server refuses beside what Git does name, as the default `rollingUpdate` beside `type: Recreate`. It says
 * what Git says beside them too, else the default would be back at once. Of the version that was read or none (409).
 * `undefined` where that wouldn't help. Known cases: kubernetes/kubernetes#24198, #108081, kedacore/keda#4732.
 */
export function planRepair(
  failure: KubeFailure,
  live: KubeObject,
  desired: KubeObject,
): JsonObject | undefined {
  if (failure.status !== 422 || failure.causes.length === 0) return undefined;
  let patch: JsonObject = { metadata: { resourceVersion: live.metadata.resourceVersion } };
  for (const { field, message } of failure.causes) {
    const path = inTheWay.get(field) ?? field.split('.');
    const isUnwanted = jsonAt(desired, ...path) === undefined && jsonAt(live, ...path) !== undefined;
    if (!misplaced.test(message) || !isUnwanted) return undefined;
    patch = withoutAt(patch, desired, path);
  }
  return patch;
}

function withoutAt(patch: JsonObject, desired: Json | undefined, path: readonly string[]): JsonObject {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return { ...patch, ...plainMembers(desired), [name]: null };
  const inner = patch[name];
  return { ...patch, [name]: withoutAt(isJsonObject(inner) ? inner : {}, jsonAt(desired, name), rest) };
}

/** What is said beside the field, apart from whole parts and lists. */
function plainMembers(desired: Json | undefined): JsonObject {
  if (!isJsonObject(desired)) return {};
  return Object.fromEntries(Object.entries(desired).filter(([, value]) => typeof value !== 'object'));
}
