import { createHash, timingSafeEqual } from 'node:crypto';

/** In constant time: digests of equal length are compared, so neither content nor length of a secret shows. */
export function equalText(left: string, right: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(left).digest(),
    createHash('sha256').update(right).digest(),
  );
}
