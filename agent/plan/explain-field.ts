import type { DriftCause, DriftField } from '../../core/drift.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { fieldManager } from '../../core/tracking.ts';
import type { Baseline } from '../ports.ts';
import { type FieldSet, ownsPath, type PathStep } from './fields-v1.ts';
import { formatPath } from './format-path.ts';
import {
  type Attribution,
  attributeField,
  type FieldsEntry,
  fieldsEntries,
  isOurs,
} from './managed-fields.ts';
import { removerOf, type WriteJournal } from './write-journal.ts';

/** What is remembered of an object, to tell what happened to its fields and by whom. */
export interface Remembered {
  readonly baseline?: Baseline;
  readonly journal?: WriteJournal;
  /** `bare`: it is only observed, so that nothing of it was ever ours. */
  readonly marks: 'marked' | 'bare';
}

/** What explains every field of one live object. */
export interface Explanation {
  readonly entries: readonly FieldsEntry[];
  readonly ours: FieldsEntry | undefined;
  readonly uid: string;
  readonly baseline: Baseline | undefined;
  /** Those of the baseline. */
  readonly fields: FieldSet;
  /** Only where it is of this very version. */
  readonly journal: WriteJournal | undefined;
  readonly marks: Remembered['marks'];
  /** Of all owners, now and after an apply. */
  readonly sets: readonly FieldSet[];
}

export function explanationOf(
  live: KubeObject,
  remembered: Remembered,
  sets: readonly FieldSet[],
): Explanation {
  const { uid = '', resourceVersion = '' } = live.metadata;
  const { baseline, journal, marks } = remembered;
  const entries = fieldsEntries(live);
  const fields = baseline === undefined || baseline.fields === '' ? null : parseJson(baseline.fields);
  const isOfVersion = journal?.uid === uid && journal.resourceVersion === resourceVersion;
  return {
    entries,
    ours: entries.find(isOurs),
    uid,
    baseline,
    fields: isJsonObject(fields) ? fields : {},
    journal: isOfVersion ? journal : undefined,
    marks,
    sets,
  };
}

/** A difference without its explanation. */
export type Difference = Pick<DriftField, 'desired' | 'live'> & {
  readonly path: readonly PathStep[];
  /** Known by comparing alone. */
  readonly cause?: 'reordered';
};

export function explainField(explanation: Explanation, difference: Difference): DriftField {
  const { path, desired, live } = difference;
  const text = formatPath(path);
  // Managed fields know no order, so nobody can be named.
  if (difference.cause !== undefined) return { ...difference, path: text, confidence: 'unknown' };
  const attribution = attribute(explanation, path, text, live === undefined ? 'gone' : 'present');
  const cause = causeOf(explanation, difference, attribution);
  return {
    path: text,
    ...(desired === undefined ? {} : { desired }),
    ...(live === undefined ? {} : { live }),
    ...(attribution ?? { confidence: 'unknown' }),
    ...(cause === undefined ? {} : { cause }),
  };
}

function attribute(
  { entries, journal, baseline, uid, sets }: Explanation,
  path: readonly PathStep[],
  text: string,
  presence: 'present' | 'gone',
): Attribution | undefined {
  const known = attributeField(entries, path, presence, sets);
  if (known !== undefined || presence === 'present' || baseline?.uid !== uid) return known;
  return journal === undefined ? undefined : removerOf(journal, text);
}

function causeOf(
  explanation: Explanation,
  difference: Difference,
  attribution: Attribution | undefined,
): DriftCause | undefined {
  const { path, desired, live } = difference;
  const { baseline, ours, marks, sets } = explanation;
  if (baseline === undefined) return undefined;
  if (baseline.uid !== explanation.uid) return 'recreated';
  if (marks === 'bare') return causeOfBare(explanation, difference);
  if (ours === undefined && attribution === undefined) return 'reset';
  if (live === undefined) return 'removed';
  if (ours !== undefined && ownsPath(ours.fields, path, sets)) {
    if (isWrittenAsUs(explanation, path)) return 'written-as-us';
    return desired === undefined ? 'extra' : 'value-changed';
  }
  if (!ownsPath(explanation.fields, path, sets)) return undefined;
  return attribution?.writer.subresource === 'scale' && !isPerson(attribution.writer.manager)
    ? 'handover'
    : 'taken-over';
}

/** Nothing of it was applied by us. */
function causeOfBare({ ours, sets }: Explanation, { path, desired, live }: Difference): DriftCause {
  if (live === undefined) return 'removed';
  const isExtra = desired === undefined && ours !== undefined && ownsPath(ours.fields, path, sets);
  return isExtra ? 'extra' : 'value-changed';
}

/** What we never applied counts as ours, or our entry is of a later time than our last write. */
function isWrittenAsUs({ ours, baseline, fields, sets }: Explanation, path: readonly PathStep[]): boolean {
  if (!ownsPath(fields, path, sets)) return true;
  return baseline?.ownedAt !== undefined && ours?.time !== undefined && ours.time > baseline.ownedAt;
}

function isPerson(manager: string): boolean {
  return manager === 'kubectl' || manager.startsWith('kubectl-') || manager === fieldManager;
}
