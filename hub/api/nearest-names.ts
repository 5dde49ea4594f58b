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

/** Levenshtein's distance. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
