import type { Drift, DriftField } from '../../core/drift.ts';
import { equalJson, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { comparable, isOwnedAs, type Truth } from './oracle.ts';
import { atReportedPath, equalRemainders, isInOrder, readReportedPath, without } from './reported-path.ts';
import type { Version } from './send-edit.ts';

/** What the engine tells of one object, once it has nothing left to do. */
export interface Told {
  readonly drift: Drift | undefined;
  readonly isFailed: boolean;
}

export interface Case {
  readonly truth: Truth;
  readonly told: Told;
  /** `own`: what isn't changed has to be ours as an apply would make it. */
  readonly ownership: 'own' | 'left';
  /** What was written since it was as Git says, oldest first. */
  readonly history: readonly Version[];
}

/** Where the engine's answer isn't the true one, in a sentence; `undefined` where they agree. */
export function disagreement({ truth, told, ownership, history }: Case): string | undefined {
  const { drift, isFailed } = told;
  switch (truth.type) {
    case 'missing':
    case 'unowned':
      return drift?.kind === truth.type
        ? undefined
        : `it is ${truth.type}, told as ${drift?.kind ?? 'no drift'}`;
    case 'refused':
      return isFailed ? undefined : `it can't be applied (${truth.message}), and no failure is told`;
    case 'same':
      if (drift !== undefined) return `nothing differs, told as ${drift.kind}`;
      if (isFailed) return 'nothing differs, and a failure is told';
      if (ownership === 'left' || isOwnedAs(truth.live, truth.predicted)) return undefined;
      return 'nothing differs, but it is not ours as an apply would make it';
    case 'changed':
      if (drift?.kind !== 'changed') return `it differs, told as ${drift?.kind ?? 'no drift'}`;
      return fieldsDisagreement(truth, drift, history);
  }
}

function fieldsDisagreement(
  { live, predicted }: Extract<Truth, { type: 'changed' }>,
  drift: Drift,
  history: readonly Version[],
): string | undefined {
  const isMasked = drift.ref.kind === 'Secret';
  for (const field of drift.fields) {
    const problem =
      fieldDisagreement(live, predicted, field, isMasked) ?? writerDisagreement(live, field, history);
    if (problem !== undefined) return `${field.path}: ${problem}`;
  }
  const paths = drift.fields.map(({ path, cause }) => {
    const steps = readReportedPath(path);
    return cause === 'reordered' ? [...steps, { type: 'order' } as const] : steps;
  });
  const rest = [comparable(live), comparable(predicted)].map((side) => without(side, paths));
  if (equalRemainders(rest[0], rest[1])) return undefined;
  return `something differs besides what is told:\n  live ${JSON.stringify(rest[0])}\n  Git  ${JSON.stringify(rest[1])}`;
}

function fieldDisagreement(
  live: KubeObject,
  predicted: KubeObject,
  field: DriftField,
  isMasked: boolean,
): string | undefined {
  const path = readReportedPath(field.path);
  const [liveValue, wanted] = [atReportedPath(live, path), atReportedPath(predicted, path)];
  if (equalJson(liveValue, wanted)) return 'it does not differ';
  if (field.cause === 'reordered') return orderDisagreement(liveValue, wanted, field);
  const told = [field.live, field.desired];
  const isTold = [liveValue, wanted].every((value, index) =>
    isMasked ? (value === undefined) === (told[index] === undefined) : equalJson(value, told[index]),
  );
  return isTold ? undefined : `it is ${JSON.stringify(liveValue)}, and would be ${JSON.stringify(wanted)}`;
}

function orderDisagreement(
  live: Json | undefined,
  wanted: Json | undefined,
  told: DriftField,
): string | undefined {
  if (!isInOrder(live, told.live))
    return `${JSON.stringify(told.live)} isn't the order of ${JSON.stringify(live)}`;
  if (!isInOrder(wanted, told.desired))
    return `${JSON.stringify(told.desired)} would not be the order of ${JSON.stringify(wanted)}`;
  return isInOrder(wanted, told.live) ? 'the order does not differ' : undefined;
}

/** A Secret's value that somebody applied as text, and let go of: nothing in the object tells of that any more (docs/drift.md). */
function isText(path: string, live: KubeObject, history: readonly Version[]): boolean {
  if (live.kind !== 'Secret' || !path.startsWith('data.')) return false;
  const ofText = (object: KubeObject | undefined) =>
    JSON.stringify(object?.metadata.managedFields ?? []).includes('"f:stringData"');
  return !ofText(live) && history.some(({ object }) => ofText(object));
}

/**
 * A writer that is named has to be who wrote the value that is live: the last one that made it another, or a server-side
 * applier that said the same later, since its entry is all that is left once the first lets go.
 */
function writerDisagreement(
  live: KubeObject,
  { path, writer }: DriftField,
  history: readonly Version[],
): string | undefined {
  if (writer === undefined || isText(path, live, history)) return undefined;
  const steps = readReportedPath(path);
  const valueAt = ({ object }: Version) => atReportedPath(object, steps);
  const isLastChange = (index: number) => {
    const [before, after] = [history[index - 1], history[index]];
    return after !== undefined && !equalJson(before && valueAt(before), valueAt(after));
  };
  const last = history.findLastIndex((_, index) => isLastChange(index));
  const stated = history[last];
  if (stated === undefined || !equalJson(valueAt(stated), atReportedPath(live, steps))) return undefined;
  const candidates = history
    .slice(last)
    .filter((version, index) => index === 0 || version.writer.operation === 'Apply')
    .map((version) => version.writer);
  if (candidates.some((one) => equalJson({ ...one }, { ...writer }))) return undefined;
  return `${JSON.stringify(writer)} is named, and it was ${JSON.stringify(candidates)}`;
}
