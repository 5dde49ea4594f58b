import type { FleetConfig } from '../fleet-files.ts';
import type { Assignment } from '../resolve/assignment.ts';
import { addressOf } from './source-address.ts';

/** What has to be fetched. A repository that a project refuses isn't even asked. */
export function revisionsOf(
  fleet: FleetConfig,
  assignments: readonly Assignment[],
): ReadonlyMap<string, readonly string[]> {
  const revisions = new Map<string, Set<string>>([[fleet.url, new Set([fleet.branch])]]);
  for (const source of assignments.flatMap(({ sources }) => sources)) {
    const { url, revision } = addressOf(source);
    const known = revisions.get(url) ?? new Set<string>();
    revisions.set(url, known.add(revision));
  }
  return new Map([...revisions].map(([url, wanted]) => [url, [...wanted]]));
}

/** Of the first one's repositories, also the revisions that the second wants: each is asked for all at once. */
export function addRevisions(
  wanted: ReadonlyMap<string, readonly string[]>,
  others: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...wanted].map(([url, revisions]) => [url, [...new Set([...revisions, ...(others.get(url) ?? [])])]]),
  );
}
