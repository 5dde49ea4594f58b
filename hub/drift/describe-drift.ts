import type { Drift, DriftEnd, DriftField } from '../../core/drift.ts';
import { type Json, writeJson } from '../../core/json.ts';
import type { Mode } from '../../core/mode.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { formatMoment, type Viewer } from '../../core/time-text.ts';
import { writerText } from '../../core/writer-text.ts';

/** `Deployment web replicas 3 → 5 by kubectl (scale), seen 14:02:11`. `namespace` is the application's: it isn't repeated. */
export function describeDrift(drift: Drift, namespace: string, viewer: Viewer): string {
  const seen = `seen ${formatMoment(drift.observedAt, viewer)}`;
  return `${describeObject(drift.ref, namespace)} ${describeDifference(drift)}, ${seen}`;
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
  if (isHidden(field.desired) || isHidden(field.live)) return `${name} changed (values hidden)`;
  if (field.live === undefined) return `${name} removed (Git says ${describeValue(field.desired)})`;
  if (field.desired === undefined) return `${name} added: ${describeValue(field.live)}`;
  return `${name} ${describeValue(field.desired)} → ${describeValue(field.live)}`;
}

/** Values of Secrets come as keyed digests: that they differ is all there is to say. */
function isHidden(value: Json | undefined): boolean {
  return typeof value === 'string' && value.startsWith('hmac-sha256:');
}

const longestValue = 60;

function describeValue(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = (typeof value === 'string' ? value : writeJson(value)).replaceAll(/\s+/g, ' ');
  if (text === '') return "''";
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}

function describeEnd(end: DriftEnd | undefined): string {
  if (end === 'adopted') return 'adopted, as Git says the same now,';
  if (end === 'reverted') return 'reverted by somebody';
  return end ?? 'closed';
}
