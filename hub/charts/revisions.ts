import type { Digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import type { Archives } from './archives.ts';
import type { FindRemote } from './ask.ts';
import type { ChartField, ChartRevision } from './chart-port.ts';
import type { OciRegistry } from './oci-registry.ts';
import type { Pin, Pins } from './pins.ts';
import type { ArchiveLimits } from './read-archive.ts';

/** What resolving a wish works with. */
export interface ChartServices {
  readonly find: FindRemote;
  readonly registry: OciRegistry;
  readonly archives: Archives;
  readonly pins: Pins;
  readonly limits: ArchiveLimits;
  readonly now: () => Date;
}

/** One version of one chart. */
export interface ChartVersion {
  /** By which its pins are kept: the repository's address with the chart. */
  readonly key: string;
  /** As people call it. */
  readonly name: string;
  readonly version: string;
  /** The host that publishes it. */
  readonly host: string;
}

export function foundRevision(
  { name, version, host }: ChartVersion,
  { archive, created }: Pin,
): ChartRevision {
  const id = archive.replace(/^sha256:/u, '');
  return {
    type: 'found',
    commit: { id, author: host, committedAt: created, subject: name, version },
  };
}

export function missingRevision(field: ChartField, message: string, remedy: string): ChartRevision {
  return { type: 'missing', field, message, remedy };
}

/** What is wrong with one chart holds back those that use it, and no other of its repository. */
export function failedRevision(error: unknown): ChartRevision {
  const { code, subject, message, remedy } = AppError.from(error);
  if (code === 'cancelled') throw error;
  const where = subject === undefined ? '' : `${subject}: `;
  return missingRevision('repoURL', `${where}${message}`, remedy ?? 'The hub tries again at every poll');
}

/**
 * The pin of a version that is published as `archive` now, or that it was changed: then the pin stays, until somebody
 * deletes it.
 */
export async function checkPin(
  chart: ChartVersion,
  archive: Digest,
  { pins, archives }: ChartServices,
): Promise<{ readonly pin: Pin | undefined; readonly changed?: ChartRevision }> {
  const { key, name, version } = chart;
  let pin = await pins.find(key, version);
  if (pin !== undefined && pin.archive !== archive) pin = await pins.findAgain(key, version);
  if (pin === undefined || pin.archive === archive) return { pin };
  await archives.has(pin.archive);
  const changed = missingRevision(
    'targetRevision',
    `${name} ${version} was published anew with other content: it was ${pin.archive} and is ${archive} now`,
    `Publish the change as a new version and name that one. If it is known and wanted, delete charts/pins/${pins.fileOf(key)} in the hub's data folder`,
  );
  return { pin, changed };
}
