import type { Digest } from '../../core/digest.ts';
import type { BlobPlace } from './desired-file.ts';

/** More files than this are merged. */
const maxPacks = 32;

/**
 * The packs whose living contents move to the next pack, so that their files can go: those that are mostly dead, and the
 * smaller half once there are too many. So the folder stays within about twice what is in force, in few files, and a
 * small change writes little.
 */
export function planMerge(
  places: ReadonlyMap<Digest, BlobPlace>,
  sizes: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  const living = new Map<string, number>();
  for (const { pack, length } of places.values()) living.set(pack, (living.get(pack) ?? 0) + length);
  const merged = new Set<string>();
  for (const [pack, bytes] of living) {
    if (bytes * 2 < (sizes.get(pack) ?? bytes)) merged.add(pack);
  }
  const rest = [...living].filter(([pack]) => !merged.has(pack));
  if (rest.length < maxPacks) return merged;
  rest.sort(([, left], [, right]) => left - right);
  for (const [pack] of rest.slice(0, rest.length / 2)) merged.add(pack);
  return merged;
}
