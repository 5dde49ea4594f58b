import { sleep } from '../test/clusters/wait.ts';
import type { Story } from './step.ts';

/** What was hoped for, or what is there instead. */
export type Look<T> = { readonly done: T } | { readonly seen: string };

/** A step that didn't come out as it should. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly expected: string;
  readonly seen: string;

  constructor(expected: string, seen: string) {
    super(`expected: ${expected}\nseen:     ${seen}`);
    this.expected = expected;
    this.seen = seen;
  }
}

const defaultLimitMs = 120_000;
const everyMs = 100;

/** Looks until it is done, and shows what it sees meanwhile. Throws {@link StepFailure} after `limitMs`, 2 min where absent. */
export async function waitFor<T>(
  story: Story,
  expected: string,
  look: () => Promise<Look<T>>,
  limitMs = defaultLimitMs,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    story.world.checkRunning();
    const result = await look();
    if ('done' in result) return result.done;
    story.show(result.seen);
    if (performance.now() >= deadline) {
      throw new StepFailure(`${expected} within ${limitMs / 1000} s`, result.seen);
    }
    await sleep(everyMs);
  }
}

/** How long something took, in seconds: `0.42 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
