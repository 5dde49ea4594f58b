import { describeValue, describeValues, isHidden } from '../../core/describe-values.ts';
import type { Drift, DriftEvent, DriftField, DriftKind, Writer } from '../../core/drift.ts';
import { equalJson, type Json } from '../../core/json.ts';
import { formatMoment, type Viewer } from '../../core/time-text.ts';
import { writerText } from '../../core/writer-text.ts';
import { describeEnd } from './describe-drift.ts';

/** What one event changed in one field. */
export interface FieldChange {
  readonly path: string;
  /** Before; absent where nothing was there. Of Secrets a keyed hash. */
  readonly from?: Json;
  /** Since then; absent where nothing is there. */
  readonly to?: Json;
  /** Absent where it isn't known, and where the field is as Git says again. */
  readonly writer?: Writer;
  readonly writtenAt?: string;
}

/** An event of a drift with what it changed. */
export interface CourseEvent extends DriftEvent {
  /** At most ten, in the order of the drift's fields. */
  readonly changes: readonly FieldChange[];
  /** Changes beyond those. */
  readonly moreChanges: number;
  /** Who asked for the operation that ended it; absent where that isn't known. */
  readonly requestedBy?: string;
  /** What happened, in one line: `changed: spec.replicas 5 → 7 by kubectl (scale)`. */
  readonly sentence: string;
}

/** What a drift's course is told from. */
export interface CourseFacts {
  /** Oldest first. */
  readonly events: readonly DriftEvent[];
  /** Events between the first and the second of these that aren't kept. */
  readonly dropped: number;
  /** Who asked for operations, by id. */
  readonly requesters: ReadonlyMap<string, string>;
  readonly viewer: Viewer;
}

const mostChanges = 10;
/** In the sentence, which is one line. */
const mostTold = 3;

/** Says of each event what it changed against the one before it. */
export function driftCourse(facts: CourseFacts): readonly CourseEvent[] {
  return facts.events.map((event, index) => {
    const before = index === 0 ? undefined : facts.events[index - 1];
    const all = event.change === 'closed' ? [] : changesOf(before?.drift, event.drift);
    const requestedBy = event.operation === undefined ? undefined : facts.requesters.get(event.operation);
    const gap = index === 1 ? facts.dropped : 0;
    return {
      ...event,
      changes: all.map(({ change }) => change).slice(0, mostChanges),
      moreChanges: Math.max(0, all.length - mostChanges),
      ...(requestedBy === undefined ? {} : { requestedBy }),
      sentence: `${missed(gap)}${sentenceOf(event, { before: before?.drift, all, requestedBy, viewer: facts.viewer })}`,
    };
  });
}

function missed(count: number): string {
  if (count === 0) return '';
  return `after ${count} ${count === 1 ? 'event that isn’t' : 'events that aren’t'} kept, `;
}

interface Told {
  readonly change: FieldChange;
  readonly text: string;
}

interface Telling {
  readonly before: Drift | undefined;
  readonly all: readonly Told[];
  readonly requestedBy: string | undefined;
  readonly viewer: Viewer;
}

function sentenceOf(event: DriftEvent, { before, all, requestedBy, viewer }: Telling): string {
  if (event.change === 'closed') return `closed: ${describeEnd(event.end)}${byOperation(event, requestedBy)}`;
  const { drift } = event;
  const parts = all
    .slice(0, mostTold)
    .map(({ change, text }) => `${change.path} ${text}${when(change, viewer)}`);
  if (all.length > mostTold) parts.push(`${all.length - mostTold} more`);
  if (drift.kind !== before?.kind && (before !== undefined || drift.kind !== 'changed'))
    parts.unshift(kinds[drift.kind]);
  return parts.length === 0 ? event.change : `${event.change}: ${parts.join('; ')}`;
}

const kinds: Readonly<Record<DriftKind, string>> = {
  missing: 'it is missing',
  changed: 'it is there again',
  extra: 'it is no longer in Git',
  unowned: 'it carries another owner, or none',
};

function byOperation({ operation }: DriftEvent, requestedBy: string | undefined): string {
  if (operation === undefined) return '';
  return requestedBy === undefined
    ? `, operation ${operation}`
    : ` by ${requestedBy}, operation ${operation}`;
}

function when({ writtenAt }: FieldChange, viewer: Viewer): string {
  return writtenAt === undefined ? '' : `, written ${formatMoment(writtenAt, viewer)}`;
}

/** Fields that differ now and did not so before, and those that are as Git says again. */
function changesOf(before: Drift | undefined, now: Drift): readonly Told[] {
  const known = new Map(before?.fields.map((field) => [field.path, field]));
  const found = now.fields.flatMap((field) => {
    const earlier = known.get(field.path);
    return earlier === undefined ? appeared(field) : moved(earlier, field);
  });
  const left = new Set(now.fields.map(({ path }) => path));
  // What is gone, or belongs to somebody else, says nothing of its fields.
  if (now.kind !== 'changed') return found;
  return [...found, ...[...known.values()].filter(({ path }) => !left.has(path)).map(ended)];
}

function appeared(field: DriftField): Told {
  return { change: changeOf(field, field.desired), text: `${describeValues(field)}${by(field)}` };
}

function moved(before: DriftField, now: DriftField): readonly Told[] {
  const change = changeOf(now, before.live);
  if (!equalJson(before.live, now.live)) {
    return [{ change, text: `${between(before.live, now.live)}${by(now)}` }];
  }
  if (!equalJson(before.desired, now.desired)) {
    const said = isHidden(now.desired) ? 'says another value now' : `says ${describeValue(now.desired)} now`;
    return [{ change, text: `is as it was, and Git ${said}` }];
  }
  if (
    before.writer?.manager === now.writer?.manager &&
    before.writer?.subresource === now.writer?.subresource
  )
    return [];
  return [{ change, text: `is as it was, now${by(now)}` }];
}

function ended({ path, desired, live }: DriftField): Told {
  const change = { path, ...side('from', live), ...side('to', desired) };
  return { change, text: 'is as Git says again' };
}

/** From one live value to the next. */
function between(from: Json | undefined, to: Json | undefined): string {
  if (isHidden(from) || isHidden(to)) return 'changed again (values hidden)';
  if (to === undefined) return `removed (it was ${describeValue(from)})`;
  return `${describeValue(from)} → ${describeValue(to)}`;
}

function changeOf({ path, live, writer, writtenAt }: DriftField, from: Json | undefined): FieldChange {
  return {
    path,
    ...side('from', from),
    ...side('to', live),
    ...(writer === undefined ? {} : { writer }),
    ...(writtenAt === undefined ? {} : { writtenAt }),
  };
}

function side(name: 'from' | 'to', value: Json | undefined): { readonly from?: Json; readonly to?: Json } {
  return value === undefined ? {} : { [name]: value };
}

/** As the end of a sentence. */
function by(field: DriftField): string {
  return ` by ${writerText(field) ?? 'an unknown writer'}`;
}
