import { editDistance } from '../../core/edit-distance.ts';

/** `Did you mean X?` for the nearest of the known words, or `undefined` where none is near. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((left, right) => left.distance - right.distance)[0];
  return nearest === undefined ? undefined : `Did you mean ${nearest.candidate}?`;
}
