import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { fieldManager, partOfLabel, releasedManager, trackingAnnotation } from '../../core/tracking.ts';
import type { JsonPatchStep } from '../ports.ts';
import { unionFields } from './field-sets.ts';
import type { FieldSet } from './fields-v1.ts';
import { metadataOnlyAnnotation } from './namespace-metadata.ts';
import { replaceManagedFields } from './take-over.ts';

/**
 * The patch that lets go of a live object: every value stays, our marks go, and our claim of an Apply becomes an entry of
 * an Update. An entry of an Apply that nobody applies any more would keep its fields for ever: the next owner's apply
 * could not take one away. It fails with 409 where the object is no longer the one that was read.
 */
export function planRelease(live: KubeObject): readonly JsonPatchStep[] {
  const before = live.metadata.managedFields ?? [];
  const mine = before.filter(isOurs);
  const steps: JsonPatchStep[] = [];
  if (mine.length > 0) {
    const earlier = before.filter((entry) => isReleased(entry, mine));
    const others = before.filter((entry) => !mine.includes(entry) && !earlier.includes(entry));
    const fieldsV1 = unionFields([...mine, ...earlier].map(fieldsIn));
    const left = { ...mine[0], manager: releasedManager, operation: 'Update', fieldsV1 };
    steps.push(...replaceManagedFields(live, [...others, left]));
  } else {
    const value = live.metadata.resourceVersion ?? '';
    steps.push({ op: 'replace', path: '/metadata/resourceVersion', value });
  }
  if (live.metadata.labels?.[partOfLabel] !== undefined)
    steps.push({ op: 'remove', path: `/metadata/labels/${pointerOf(partOfLabel)}` });
  for (const name of [trackingAnnotation, metadataOnlyAnnotation]) {
    if (live.metadata.annotations?.[name] === undefined) continue;
    steps.push({ op: 'remove', path: `/metadata/annotations/${pointerOf(name)}` });
  }
  return steps;
}

function isOurs(entry: JsonObject): boolean {
  return entry['manager'] === fieldManager && entry['operation'] === 'Apply';
}

/** An entry that an earlier release left: one of its version there can be only one. */
function isReleased(entry: JsonObject, mine: readonly JsonObject[]): boolean {
  const isSameVersion = mine.some((own) => own['apiVersion'] === entry['apiVersion']);
  return entry['manager'] === releasedManager && entry['operation'] === 'Update' && isSameVersion;
}

function fieldsIn(entry: JsonObject): FieldSet {
  const fields = entry['fieldsV1'];
  return isJsonObject(fields) ? fields : {};
}

function pointerOf(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
