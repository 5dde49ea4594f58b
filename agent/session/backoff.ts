const firstMs = 500;
const longestMs = 30_000;

/**
 * How long to wait before dial number `attempt` (from 1), in milliseconds: full jitter, from 0.5 s doubling to 30 s,
 * for ever. `random` is in [0, 1). A fleet whose hub restarts comes back spread out instead of at once
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function backoffMs(attempt: number, random: number): number {
  return Math.ceil(random * Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 16)));
}
