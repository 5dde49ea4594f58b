import { newestInRange, parseVersion, parseVersionRange, type VersionRange } from './version-range.ts';

/** A range of versions among the tags of a repository. */
export interface TagRange {
  /** Before each version, as in `web/1.2.3`; '' for none. */
  readonly prefix: string;
  /** As it is written. */
  readonly text: string;
  readonly range: VersionRange;
}

/**
 * What Git is asked for a source's revision. A range of versions becomes `refs/tags/PREFIX:RANGE`, which no ref can be
 * called; with a prefix, a version names the tag that has both.
 */
export function gitRevision({
  targetRevision,
  tagPrefix = '',
}: {
  readonly targetRevision: string;
  readonly tagPrefix?: string;
}): string {
  if (parseVersionRange(targetRevision) !== undefined) return `refs/tags/${tagPrefix}:${targetRevision}`;
  const isVersion = tagPrefix !== '' && parseVersion(targetRevision) !== undefined;
  return isVersion ? `refs/tags/${tagPrefix}${targetRevision}` : targetRevision;
}

/** The range that `gitRevision` made a revision from; `undefined` for any other. */
export function parseTagRange(revision: string): TagRange | undefined {
  const [, prefix = '', text = ''] = /^refs\/tags\/([^:]*):(.+)$/su.exec(revision) ?? [];
  const range = parseVersionRange(text);
  return range === undefined ? undefined : { prefix, text, range };
}

/** The newest of the tags in a range, whole; of equal versions the first by name. */
export function newestTag({ prefix, range }: TagRange, tags: readonly string[]): string | undefined {
  const versions = tags
    .filter((tag) => tag.startsWith(prefix))
    .map((tag) => tag.slice(prefix.length))
    .sort();
  const newest = newestInRange(versions, range);
  return newest === undefined ? undefined : `${prefix}${newest}`;
}
