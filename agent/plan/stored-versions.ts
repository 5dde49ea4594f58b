import type { KubeFailure } from '../ports.ts';

/**
 * The versions at which objects of a definition may still be stored, where an answer refuses a definition for want of
 * them: the API server could not read those objects any more. Empty for every other answer.
 */
export function storedVersions(failure: KubeFailure): readonly string[] {
  if (failure.status !== 422) return [];
  return failure.causes.flatMap(({ field, message }) => {
    if (!/^status\.storedVersions\[\d+\]$/.test(field)) return [];
    return [/^Invalid value: "([^"]*)"/.exec(message)?.[1] ?? field];
  });
}
