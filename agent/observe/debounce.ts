interface Clock {
  now(): Date;
  setTimer(ms: number, fire: () => void): { cancel(): void };
}

interface Repeat {
  timer: { cancel(): void };
  readonly since: number;
}

const quietMs = 500;
const longestMs = 5_000;
/** Keys beyond this many are looked through for quiet ones. */
const remembered = 1_000;

/** The first call for a key runs at once; repeats wait until it is quiet for half a second, or for five at most. */
export class Debouncer {
  readonly #clock: Clock;
  readonly #last = new Map<string, number>();
  readonly #repeats = new Map<string, Repeat>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest task of a key is the one that runs. */
  run(key: string, task: () => void): void {
    const now = this.#clock.now().getTime();
    const last = this.#last.get(key) ?? Number.NEGATIVE_INFINITY;
    const repeat = this.#repeats.get(key);
    this.#last.set(key, now);
    if (this.#last.size > remembered) this.#tidy(now);
    if (repeat === undefined && now - last >= quietMs) {
      task();
      return;
    }
    const since = repeat?.since ?? now;
    repeat?.timer.cancel();
    const waitMs = Math.max(0, Math.min(quietMs, since + longestMs - now));
    const timer = this.#clock.setTimer(waitMs, () => {
      this.#repeats.delete(key);
      task();
    });
    this.#repeats.set(key, { timer, since });
  }

  #tidy(now: number): void {
    for (const [key, last] of this.#last) {
      if (now - last >= quietMs) this.#last.delete(key);
    }
  }

  get isQuiet(): boolean {
    return this.#repeats.size === 0;
  }

  close(): void {
    for (const repeat of this.#repeats.values()) repeat.timer.cancel();
    this.#repeats.clear();
  }
}
