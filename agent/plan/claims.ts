/**
 * Which of several applications that declare the same object keeps it: the one that owns it already, else the first
 * by name. While the owner declares it the answer doesn't change, so nothing flaps; `undefined` where nobody declares it.
 */
export function resolveClaim(claimants: readonly string[], owner: string | undefined): string | undefined {
  if (owner !== undefined && claimants.includes(owner)) return owner;
  let first: string | undefined;
  for (const claimant of claimants) {
    if (first === undefined || claimant < first) first = claimant;
  }
  return first;
}
