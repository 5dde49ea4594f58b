import { stringify } from 'yaml';
import { describeCause } from '../../core/describe-cause.ts';
import { describePart } from '../../core/describe-preview.ts';
import { isHidden } from '../../core/describe-values.ts';
import type { Drift } from '../../core/drift.ts';
import { displayRef } from '../../core/object-ref.ts';
import type { DiffField } from '../../core/operation.ts';
import type { Viewer } from '../../core/time-text.ts';
import { showMoment } from './moment.ts';
import { paint, type Style } from './style.ts';

/** A field as the API tells it: any JSON may stand on either side. */
type Field = Omit<DiffField, 'desired' | 'live'> & { readonly desired?: unknown; readonly live?: unknown };

interface Change extends Pick<Drift, 'ref' | 'kind'>, Partial<Pick<Drift, 'id' | 'observedAt' | 'verdict'>> {
  readonly fields: readonly Field[];
  readonly obstacle?: string;
}

/** A changed object with its fields, what is live and what Git says; who and when where that is known. */
export function renderChange(change: Change, style: Style, viewer: Viewer): string {
  const seen = change.observedAt === undefined ? '' : `, seen ${showMoment(change.observedAt, viewer)}`;
  const approximate = change.verdict === 'approximate' ? ', approximate' : '';
  const id = change.id === undefined ? '' : `${change.id}  `;
  const title = `${id}${displayRef(change.ref)}: ${kinds[change.kind]}${seen}${approximate}`;
  const obstacle = change.obstacle === undefined ? [] : [`  ${change.obstacle}`];
  const fields = change.fields.map((field) => renderField(field, style, viewer));
  return [title, ...obstacle, ...fields].join('\n');
}

const kinds = {
  missing: 'missing in the cluster',
  changed: 'changed',
  extra: 'no longer in Git',
  unowned: 'carries another owner, or none',
} as const;

function renderField(field: Field, style: Style, viewer: Viewer): string {
  const { writer } = field;
  const subresource = writer === undefined || writer.subresource === '' ? '' : ` (${writer.subresource})`;
  const when = field.writtenAt === undefined ? '' : `, ${showMoment(field.writtenAt, viewer)}`;
  const by = writer === undefined ? '' : `  by ${writer.manager}${subresource}${when}`;
  const cause = describePart(field) ?? describeCause(field.cause);
  const lines = [`  ${field.path}${by}${cause === undefined ? '' : `  (${cause})`}`];
  if (isHidden(field.desired) || isHidden(field.live))
    return `${lines[0]}\n    values differ (hidden, as this is a Secret)`;
  if (field.live !== undefined) {
    lines.push(...sideLines('- live  ', field.live).map((line) => paint(style, 'red', line)));
  }
  if (field.desired !== undefined) {
    const side = field.part === undefined ? '+ Git   ' : '+ then  ';
    lines.push(...sideLines(side, field.desired).map((line) => paint(style, 'green', line)));
  }
  return lines.join('\n');
}

/** A value under the name of its side; each further line begins with the side's sign. */
function sideLines(side: string, value: unknown): readonly string[] {
  const text = typeof value === 'string' ? value : stringify(value).trimEnd();
  const [sign = ''] = side;
  return text.split('\n').map((line, index) => `    ${index === 0 ? side : sign.padEnd(side.length)}${line}`);
}
