import { isJsonObject, type Json, jsonAt } from '../../core/json.ts';
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
 * The object that takes along what stands in its way: live fields that Git doesn't name, mostly defaults or injected,
 * and that the API server refuses beside what Git does name, as the default `rollingUpdate` beside `type: Recreate`.
 * They are named as null, which an apply takes for "gone". `undefined` where that wouldn't help.
 * Known cases: kubernetes/kubernetes#24198, #108081, kedacore/keda#4732.
 */
export function planRepair(
  failure: KubeFailure,
  live: KubeObject,
  desired: KubeObject,
): KubeObject | undefined {
  if (failure.status !== 422 || failure.causes.length === 0) return undefined;
  let repaired: Json = desired;
  for (const { field, message } of failure.causes) {
    const path = inTheWay.get(field) ?? field.split('.');
    const isUnwanted = jsonAt(desired, ...path) === undefined && jsonAt(live, ...path) !== undefined;
    if (!misplaced.test(message) || !isUnwanted) return undefined;
    repaired = withNullAt(repaired, path);
  }
  return repaired as KubeObject;
}

function withNullAt(value: Json, path: readonly string[]): Json {
  const [name, ...rest] = path;
  if (name === undefined) return null;
  const members = isJsonObject(value) ? value : {};
  return { ...members, [name]: withNullAt(members[name] ?? {}, rest) };
}
