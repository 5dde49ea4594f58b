import { newestInRange, parseVersion, parseVersionRange } from '../catalog/version-range.ts';

/** What a source's `targetRevision` is among the versions that there are, or why it's none of them. */
export type ChosenVersion =
  | { readonly type: 'found'; readonly version: string }
  | { readonly type: 'missing'; readonly message: string };

/** How many versions a message names. */
const named = 5;

/**
 * Chooses as Helm does: the version that is written so; else the same one written otherwise (`v1.2.3` and `1.2.3`); else
 * the newest in the range, where `1.2` stands for `1.2.x`.
 */
export function chooseVersion(wanted: string, versions: readonly string[]): ChosenVersion {
  if (versions.includes(wanted)) return { type: 'found', version: wanted };
  const exact = parseVersion(wanted);
  const same = exact && versions.find((each) => parseVersion(each)?.value.compare(exact.value) === 0);
  if (same !== undefined) return { type: 'found', version: same };
  const isPartial = exact !== undefined && /^v?\d+(?:\.\d+)?$/u.test(wanted);
  const range = parseVersionRange(isPartial ? `~${wanted}` : wanted);
  const newest = range && newestInRange(versions, range);
  if (newest !== undefined) return { type: 'found', version: newest };
  const what = range === undefined ? 'there is no version' : 'no version is in the range';
  return { type: 'missing', message: `${what} ${wanted}: ${tellVersions(versions)}` };
}

function tellVersions(versions: readonly string[]): string {
  const sorted = versions
    .map(parseVersion)
    .filter((version) => version !== undefined)
    .sort((left, right) => right.value.compare(left.value));
  const newest = sorted.slice(0, named).map(({ text }) => text);
  if (newest.length === 0) return 'there is none at all';
  return versions.length > newest.length
    ? `the newest of ${versions.length} are ${newest.join(', ')}`
    : `there ${newest.length === 1 ? 'is' : 'are'} ${newest.join(', ')}`;
}
