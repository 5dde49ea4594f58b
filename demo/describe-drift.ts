import type { Schemas } from '../cli/client/open-client.ts';
import { localViewer } from '../cli/output/moment.ts';
import { type Json, writeJson } from '../core/json.ts';
import { displayRef } from '../core/object-ref.ts';
import { formatMoment } from '../core/time-text.ts';

/** A drift with everything that is known of it: object, fields with both values, writer and time. */
export function describeDrift({ cluster, drift }: Schemas['DriftEntry']): readonly string[] {
  const viewer = localViewer();
  const written = drift.writtenAt === undefined ? '' : `, written ${formatMoment(drift.writtenAt, viewer)}`;
  const fields = drift.fields.flatMap((field) => [
    `  ${field.path}`,
    `    ${describeValue(field.desired)} → ${describeValue(field.live)}`,
  ]);
  return [
    `${displayRef(drift.ref)} on ${cluster} ${drift.kind}`,
    ...fields,
    `  by ${drift.writer?.manager ?? 'an unknown writer'}${written}, seen ${formatMoment(drift.observedAt, viewer)}`,
  ];
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : writeJson(value as Json);
}
