import { vi } from 'vitest';

/** Shorter than a test's own limit, and longer than anything takes on a busy machine. */
const limitMs = 15_000;

/** Tries until it no longer throws, and resolves with its answer. `vi.waitFor` by itself waits only a second. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: limitMs });
}
