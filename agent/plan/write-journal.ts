import { fingerprint } from '../../core/digest.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { Arrival } from '../ports.ts';
import { pathsOf, stepsOf, valuesAtPath, withoutPaths } from './field-sets.ts';
import { formatPath } from './format-path.ts';
import { isOlder } from './judge-live.ts';
import {
  type Attribution,
  attributionTo,
  type FieldsEntry,
  fieldsEntries,
  isOurs,
  newestAttribution,
} from './managed-fields.ts';

/** One entry of managed fields, as little of it as tells whether a write was by its manager. */
interface Mark {
  readonly name: string;
  readonly time: string;
  /** Of its fields; '' where they don't matter. */
  readonly digest: string;
  readonly size: number;
}

/**
 * What the versions of one object tell of its writers. Managed fields don't say who removes a field; but two versions
 * that are one write apart do, where that write left its writer's mark as well (engine reference §2.5).
 */
export interface WriteJournal {
  readonly uid: string;
  readonly resourceVersion: string;
  /** The fields that are watched for removals: those of the baseline, as canonical FieldsV1. */
  readonly fields: string;
  readonly marks: readonly Mark[];
  /** Those of the fields that are gone, as people read them, with who removed each. */
  readonly gone: ReadonlyMap<string, Attribution | undefined>;
}

const noneGone: WriteJournal['gone'] = new Map();

/** After one more version. One that isn't newer changes nothing. */
export function followWrite(
  before: WriteJournal | undefined,
  live: KubeObject,
  fields: string,
  arrival: Arrival,
): WriteJournal {
  const { uid = '', resourceVersion = '' } = live.metadata;
  const isSame = before !== undefined && before.uid === uid;
  if (isSame && !isOlder(before.resourceVersion, resourceVersion)) return before;
  const entries = fieldsEntries(live);
  const marks = marksOf(entries);
  const known = isSame && before.fields === fields ? before : undefined;
  if (known !== undefined && isUnmoved(known.marks, marks)) return { ...known, resourceVersion, marks };
  const writer = known !== undefined && arrival === 'written' ? writerOf(known.marks, entries) : undefined;
  const gone = goneFrom(live, entries, fields, known?.gone ?? noneGone, writer);
  return { uid, resourceVersion, fields, marks, gone };
}

/**
 * At what we left, or what was found to be as it should be: its own writer is of no interest. Versions that came after it
 * have to be followed again.
 */
export function leaveAt(live: KubeObject, fields: string): WriteJournal {
  const { uid = '', resourceVersion = '' } = live.metadata;
  const entries = fieldsEntries(live);
  const gone = goneFrom(live, entries, fields, noneGone, undefined);
  return { uid, resourceVersion, fields, marks: marksOf(entries), gone };
}

/** Who removed what is gone at a path: known only where one writer removed all of it. */
export function removerOf({ gone }: WriteJournal, path: string): Attribution | undefined {
  const found = [...gone].filter(([name]) => name === path || isBelow(name, path)).map(([, by]) => by);
  const writers = new Set(found.map((by) => by && nameOf(by.writer)));
  return writers.size === 1 ? newestAttribution(found) : undefined;
}

function isBelow(name: string, path: string): boolean {
  return name.startsWith(path) && ['.', '['].includes(name.charAt(path.length));
}

/** Of two entries of one name, which are two versions of the API, the last one counts. */
function marksOf(entries: readonly FieldsEntry[]): readonly Mark[] {
  const marks = entries.map(({ writer, time = '', fields }): Mark => {
    const name = nameOf(writer);
    // Whoever writes status removes nothing of Git, and does it all the time.
    if (writer.subresource === 'status') return { name, time, digest: '', size: 0 };
    const text = JSON.stringify(fields);
    return { name, time, digest: fingerprint(text), size: text.length };
  });
  const isLast = ({ name }: Mark, index: number): boolean =>
    marks.findLastIndex((mark) => mark.name === name) === index;
  // A list that grew holds room for more: it is made only where something goes.
  return marks.every(isLast) ? marks : marks.filter(isLast);
}

/** An object has few: looking through them costs less than a table of them would hold. */
function markOf(marks: readonly Mark[], name: string): Mark | undefined {
  return marks.find((mark) => mark.name === name);
}

function nameOf({ manager, operation, subresource }: FieldsEntry['writer']): string {
  return [operation, subresource, manager].join('/');
}

function isUnmoved(before: WriteJournal['marks'], after: WriteJournal['marks']): boolean {
  return (
    before.length === after.length &&
    after.every(({ name, digest }) => markOf(before, name)?.digest === digest)
  );
}

/**
 * The one writer between two versions. A write takes fields from others and gives some to its own entry, whose time it
 * moves: an entry that only shrank is a loser's.
 */
function writerOf(before: WriteJournal['marks'], entries: readonly FieldsEntry[]): Attribution | undefined {
  const after = marksOf(entries);
  const moved = entries.filter(({ writer }) => {
    const name = nameOf(writer);
    const [old, mark] = [markOf(before, name), markOf(after, name)];
    if (old === undefined || mark === undefined || old.time !== mark.time) return true;
    return old.digest !== mark.digest && mark.size >= old.size;
  });
  const [only] = moved;
  if (only === undefined || moved.length > 1 || isOurs(only)) return undefined;
  return attributionTo(only, 'write');
}

function goneFrom(
  live: KubeObject,
  entries: readonly FieldsEntry[],
  fields: string,
  before: WriteJournal['gone'],
  writer: Attribution | undefined,
): WriteJournal['gone'] {
  const wanted = fields === '' ? null : parseJson(fields);
  if (!isJsonObject(wanted)) return noneGone;
  const ours = entries.find(isOurs)?.fields ?? {};
  const missing = pathsOf(withoutPaths(wanted, pathsOf(ours))).filter(
    (path) => valuesAtPath(live, path).length === 0,
  );
  if (missing.length === 0) return noneGone;
  return new Map(
    missing.flatMap((path) => {
      const steps = stepsOf(path);
      if (steps === undefined) return [];
      const name = formatPath(steps);
      return [[name, before.has(name) ? before.get(name) : writer] as const];
    }),
  );
}
