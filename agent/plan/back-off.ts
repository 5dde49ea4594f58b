import type { Retry } from './classify-error.ts';

const firstMs = 1_000;
const longestMs = 300_000;

/**
 * Milliseconds until the next try, or `undefined` where only another desired state helps. `attempt` counts failures
 * from 1, `random` is in [0, 1). Full jitter spreads objects that failed together over the whole span; half of the
 * span is kept as the least, so that a failure is never tried again at once. A server's own wish is the least too.
 */
export function retryDelayMs(
  retry: Retry,
  attempt: number,
  random: number,
  retryAfterSeconds = 0,
): number | undefined {
  if (retry === 'on-change') return undefined;
  const spanMs = retry === 'slowly' ? longestMs : Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return Math.max(retryAfterSeconds * 1_000, Math.round(spanMs * (0.5 + random / 2)));
}
