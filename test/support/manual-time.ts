import type { Timers } from '../../hub/timers.ts';

/** A clock that only moves when a test moves it, and the timers that go by it. */
export interface ManualTime {
  readonly clock: { now(): Date };
  readonly timers: Timers;
  /** Moves on, and runs what is due on the way at its own moment; lets other work go on in between. */
  advance(ms: number): Promise<void>;
  /** Lets work that is under way go on until it waits for time or for the outside. */
  settle(): Promise<void>;
  /** Calls off every timer, as the end of a process does. */
  drop(): void;
}

interface Timer {
  readonly at: number;
  readonly work: () => void;
}

/** Turns of the event loop after which work that needs no outside is done. */
const turns = 12;

export function manualTime(start: string): ManualTime {
  let now = Date.parse(start);
  const waiting = new Set<Timer>();

  async function settle(): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    clock: { now: () => new Date(now) },
    timers: {
      after(ms, work) {
        const timer = { at: now + Math.max(0, ms), work };
        waiting.add(timer);
        return () => void waiting.delete(timer);
      },
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...waiting].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        waiting.delete(next);
        now = Math.max(now, next.at);
        next.work();
        await settle();
      }
      now = end;
    },
    settle,
    drop: () => waiting.clear(),
  };
}
