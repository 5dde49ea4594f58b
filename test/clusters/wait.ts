/** How long and how often a condition is asked, in milliseconds. */
export interface WaitOptions {
  readonly limitMs: number;
  /** Pause between two questions; 100 ms where it isn't said. */
  readonly everyMs?: number;
  /** What to add to the message when the limit passes, such as the last log lines. */
  readonly detail?: () => string;
}

/** Resolves after `ms` milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Asks until the answer is neither `undefined` nor `false`, and returns it.
 * What the question throws ends the wait at once: a question that expects a
 * failure (a server that isn't up yet) answers `undefined` instead.
 *
 * @throws Error that names `what` when `limitMs` has passed.
 */
export async function waitUntil<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() >= deadline) {
      const detail = options.detail?.() ?? '';
      throw new Error(`${what}: not so after ${options.limitMs / 1000} s${detail && `\n${detail}`}`);
    }
    await sleep(options.everyMs ?? 100);
  }
}
