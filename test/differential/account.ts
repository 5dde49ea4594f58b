import { isOlder } from '../../agent/plan/judge-live.ts';
import type { Drift, DriftEvent, DriftField } from '../../core/drift.ts';
import { equalJson } from '../../core/json.ts';
import { disagreement } from './agree.ts';
import type { Entry } from './chronicle.ts';
import type { Deed } from './deeds.ts';
import { comparable } from './oracle.ts';
import { atReportedPath, readReportedPath } from './reported-path.ts';

/** What became of one object in a round: every version of it, what was told of it, and which versions are the engine's. */
export interface Course {
  readonly entries: readonly Entry[];
  readonly events: readonly DriftEvent[];
  /** Absent for a version of somebody else. */
  readonly deedOf: (entry: Entry) => Deed | undefined;
}

export interface Account {
  readonly faults: readonly string[];
  /** Writes of the engine that changed something. */
  readonly heals: number;
  /** Of those, where somebody wrote between the engine's look and its write: what that one wrote went unsaid. */
  readonly outrun: number;
}

/**
 * That nothing was healed without a word, nor told that wasn't so: each write of the engine that changes something comes
 * after a drift that tells just what it changes, none comes right after another, and each drift is of a version that was.
 */
export function judgeCourse(course: Course): Account {
  const { entries, events } = course;
  const faults = events.flatMap((event) => inventedFault(event, entries));
  let [heals, outrun] = [0, 0];
  let before: Entry | undefined;
  for (const entry of entries) {
    const deed = course.deedOf(entry);
    const isHeal = before !== undefined && deed !== undefined && isOtherThan(before, entry);
    if (before !== undefined && isHeal) {
      heals += 1;
      if (before.type === 'there' && course.deedOf(before) !== undefined) {
        faults.push(`the engine wrote it twice, at ${versionOf(before)} and ${versionOf(entry)}`);
      }
      const found = healFault(before, entry, deed);
      if (found === 'outrun') outrun += 1;
      else if (found !== undefined) faults.push(`healed at ${versionOf(entry)}: ${found}`);
    }
    // What only became the engine's is still what somebody wrote.
    if (before === undefined || deed === undefined || isHeal) before = entry;
  }
  return { faults, heals, outrun };
}

function isOtherThan(before: Entry, after: Entry): boolean {
  if (before.type === 'gone' || before.object.metadata.uid !== after.object.metadata.uid) return true;
  return !equalJson(comparable(before.object), comparable(after.object));
}

function healFault(before: Entry, after: Entry, { told, lookedAt, isFirst }: Deed): string | undefined {
  if (told === undefined) return 'nothing was told before';
  if (before.type === 'gone')
    return isOlder(lookedAt, versionOf(before)) || told.kind === 'missing'
      ? undefined
      : `it was gone, told as ${told.kind}`;
  if (lookedAt === '' || isOlder(lookedAt, versionOf(before))) return 'outrun';
  // What somebody made anew is taken over as at first: what an earlier deployer declared besides goes too.
  if (isFirst) return undefined;
  const drift = {
    ...told,
    fields: told.fields.map((field) => (isChance.test(field.path) ? asIs(field, after) : field)),
  };
  const truth = { type: 'changed', live: before.object, predicted: after.object } as const;
  return disagreement({ truth, told: { drift, isFailed: false }, ownership: 'left', history: [] });
}

/** What the API server chooses anew with each write. */
const isChance = /nodePort$/i;

function asIs(field: DriftField, { object }: Entry): DriftField {
  const desired = atReportedPath(object, readReportedPath(field.path));
  return desired === undefined ? field : { ...field, desired };
}

/** Whether what is told was ever so. */
function inventedFault({ drift, change, at }: DriftEvent, entries: readonly Entry[]): readonly string[] {
  if (change === 'closed') return [];
  if (entries.some((entry) => isSo(drift, entry))) return [];
  return [`told as ${change} at ${at}, and it never was so: ${JSON.stringify(drift)}`];
}

function isSo({ kind, ref, fields }: Drift, { type, object }: Entry): boolean {
  if (kind === 'missing') return type === 'gone';
  if (type === 'gone') return false;
  if (kind !== 'changed') return true;
  const isMasked = ref.kind === 'Secret';
  return fields.every(({ path, live, cause }) => {
    const found = atReportedPath(object, readReportedPath(path));
    if (cause === 'reordered') return found !== undefined;
    return isMasked ? (found === undefined) === (live === undefined) : equalJson(found, live);
  });
}

function versionOf({ object }: Entry): string {
  return object.metadata.resourceVersion ?? '';
}
