import { describeValues } from '../../core/describe-values.ts';
import type { Drift, DriftEnd, DriftField } from '../../core/drift.ts';
import type { Mode } from '../../core/mode.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { formatMoment, type Viewer } from '../../core/time-text.ts';
import { writerText } from '../../core/writer-text.ts';

/** `Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11`. `namespace` is the application's: it isn't repeated. */
export function describeDrift(drift: Drift, namespace: string, viewer: Viewer): string {
  const seen = `${describeWritten(drift, viewer)}seen ${formatMoment(drift.observedAt, viewer)}`;
  return `${describeObject(drift.ref, namespace)} ${describeDifference(drift)}, ${seen}`;
}

/** Worth a word only where it was seen late, as after an outage of its agent. */
const lateMs = 60_000;

function describeWritten({ writtenAt, observedAt }: Drift, viewer: Viewer): string {
  if (writtenAt === undefined || Date.parse(observedAt) - Date.parse(writtenAt) < lateMs) return '';
  return `written ${formatMoment(writtenAt, viewer)}, `;
}

/** What a drift's mode means for it, as the end of a sentence. */
export function describeMode(mode: Mode, count: number): string {
  const what = count === 1 ? 'it' : 'them';
  if (mode === 'heal') return `mode heal corrects ${what}`;
  return mode === 'sync' ? `mode sync leaves ${what}` : `mode observe only reports ${what}`;
}

/** The sentence of one drift in a list or on its page, open or closed. */
export function driftSentence(
  entry: {
    readonly drift: Drift;
    readonly state: 'open' | 'closed';
    readonly closedAt?: string;
    readonly end?: DriftEnd;
  },
  place: { readonly cluster: string; readonly namespace: string; readonly mode?: Mode },
  viewer: Viewer,
): string {
  const start = `${place.cluster}: ${describeDrift(entry.drift, place.namespace, viewer)}`;
  if (entry.state === 'open')
    return `${start}${place.mode === undefined ? '' : `; ${describeMode(place.mode, 1)}`}.`;
  const at = entry.closedAt === undefined ? '' : ` ${formatMoment(entry.closedAt, viewer)}`;
  return `${start}; ${describeEnd(entry.end)}${at}.`;
}

/** `Deployment web`, with its namespace where that isn't the application's own. */
export function describeObject(ref: ObjectRef, namespace: string): string {
  const place = ref.namespace === '' || ref.namespace === namespace ? '' : `${ref.namespace}/`;
  return `${ref.kind} ${place}${ref.name}`;
}

function describeDifference(drift: Drift): string {
  if (drift.kind === 'missing')
    return drift.person === undefined ? 'is missing' : `is missing, deleted by ${drift.person}`;
  if (drift.kind === 'extra') return 'is no longer in Git';
  if (drift.kind === 'unowned') return 'carries another owner, or none';
  const by = ` by ${writerText(drift) ?? 'an unknown writer'}`;
  const [first, ...others] = drift.fields;
  if (first === undefined) return `changed${by}`;
  const more =
    others.length === 0 ? '' : ` and ${others.length} more ${others.length === 1 ? 'field' : 'fields'}`;
  return `${describeField(first)}${more}${by}`;
}

function describeField(field: DriftField): string {
  const name = field.path.replace(/^(spec\.template\.spec|spec)\./, '');
  return `${name} ${describeValues(field)}`;
}

export function describeEnd(end: DriftEnd | undefined): string {
  if (end === 'adopted') return 'adopted, as Git says the same now,';
  if (end === 'reverted') return 'reverted by somebody';
  return end ?? 'closed';
}
