import { AppError } from '../../core/error.ts';
import { canonicalJson, isJsonObject, type Json, parseJson, stringAt } from '../../core/json.ts';
import type { NumberedReport, Report } from '../../core/session.ts';
import type { Report as WireReport } from '../gen/fairlead/session/v1/session.ts';
import { readWireNumber } from './wire-number.ts';

/** A report with its body in bytes, so that whoever sends it knows its size before it does. */
export function encodeReport(numbered: NumberedReport): WireReport {
  const { report } = numbered;
  const body = canonicalJson(reportBody(report) as unknown as Json);
  return { sequence: BigInt(numbered.sequence), type: report.type, body: new TextEncoder().encode(body) };
}

/**
 * Reads a report; `undefined` for a type that a newer agent knows. Throws AppError `invalid` for a body that isn't
 * what its type says.
 */
export function decodeReport(wire: WireReport): NumberedReport | undefined {
  const identity = identities.get(wire.type);
  if (identity === undefined) return undefined;
  const sequence = readWireNumber(wire.sequence, 'a report number');
  const body = parseBody(wire);
  if (!isJsonObject(body) || !identity(body)) {
    throw new AppError('invalid', `report ${sequence} isn't a report of type ${wire.type}`);
  }
  return { sequence, report: toReport(wire.type as Report['type'], body) };
}

function parseBody(wire: WireReport): Json {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(wire.body));
  } catch (error) {
    throw new AppError('invalid', `report ${wire.sequence} isn't JSON`, { cause: error });
  }
}

function reportBody(report: Report): unknown {
  switch (report.type) {
    case 'application':
    case 'cluster':
      return report.status;
    case 'drift':
      return report.event;
    case 'operation':
      return report.result;
    case 'orphans':
      return report.finds;
  }
}

/** What a body must have to be filed under its subject; the rest is opaque here. */
const identities: ReadonlyMap<string, (body: Json) => boolean> = new Map([
  ['application', (body: Json) => stringAt(body, 'application') !== undefined],
  ['drift', (body: Json) => stringAt(body, 'drift', 'id') !== undefined],
  ['operation', (body: Json) => stringAt(body, 'id') !== undefined],
  ['cluster', (body: Json) => stringAt(body, 'capabilities', 'kubernetesVersion') !== undefined],
  [
    'orphans',
    (body: Json) => stringAt(body, 'project') !== undefined && stringAt(body, 'namespace') !== undefined,
  ],
]);

function toReport(type: Report['type'], body: Json): Report {
  switch (type) {
    case 'application':
    case 'cluster':
      return { type, status: body } as unknown as Report;
    case 'drift':
      return { type, event: body } as unknown as Report;
    case 'operation':
      return { type, result: body } as unknown as Report;
    case 'orphans':
      return { type, finds: body } as unknown as Report;
  }
}
