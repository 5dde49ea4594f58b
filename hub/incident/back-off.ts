const leastMs = 1_000;
const mostMs = 5 * 60_000;
/** A receiver that asks for more patience than this isn't obeyed: the incident would be over. */
const longestRetryAfterMs = 3_600_000;
/** What is refused as wrong needs a person: asking often only costs. */
const rejectedMs = 15 * 60_000;

/**
 * How long to wait before the next try, ms: twice as long after each of `attempts` failures (at least 1), with up to
 * half of it taken away by `chance` (0 to 1), so that many that fail together don't come back together. What the
 * receiver asked for (`retryAfterMs`) is the least.
 */
export function backOffMs(attempts: number, chance: number, retryAfterMs = 0): number {
  const full = Math.min(mostMs, leastMs * 2 ** Math.min(attempts - 1, 20));
  return Math.max(full * (1 - chance / 2), Math.min(retryAfterMs, longestRetryAfterMs));
}

/** How long to wait before a rejected message is tried again, ms. */
export function rejectedBackOffMs(chance: number): number {
  return rejectedMs * (1 + chance / 10);
}
