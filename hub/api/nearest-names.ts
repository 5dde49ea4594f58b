import { editDistance } from '../../core/edit-distance.ts';

/** Up to three names that somebody who typed `wanted` may have meant: those that contain it, or that few typos lead to. */
function nearestNames(wanted: string, names: Iterable<string>): readonly string[] {
  const typos = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(names)]
    .map((name) => ({ name, distance: distanceOf(wanted, name) }))
    .filter(({ distance }) => distance <= typos)
    .sort((left, right) => left.distance - right.distance || left.name.localeCompare(right.name))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** The sentence that offers them, or where to look. */
export function suggest(wanted: string, names: Iterable<string>, list: string): string {
  const near = nearestNames(wanted, names);
  return near.length === 0 ? `See \`${list}\`` : `Did you mean ${near.join(', or ')}?`;
}

function distanceOf(wanted: string, name: string): number {
  if (wanted.length >= 3 && name.includes(wanted)) return 0;
  return editDistance(wanted, name);
}
