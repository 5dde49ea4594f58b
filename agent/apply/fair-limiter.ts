/**
 * At most `limit` tasks at a time. Free places go round the lanes, so that a lane with a thousand waiting tasks
 * delays one with a single task by one turn, not by a thousand.
 */
export class FairLimiter {
  readonly #limit: number;
  readonly #lanes = new Map<string, (() => void)[]>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs a task once its lane has a turn. */
  async run<T>(lane: string, task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await this.#turn(lane);
    else this.#running += 1;
    try {
      return await task();
    } finally {
      this.#release();
    }
  }

  #turn(lane: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#lanes.get(lane);
      if (waiting === undefined) this.#lanes.set(lane, [resolve]);
      else waiting.push(resolve);
    });
  }

  /** Hands the place on; a lane that still waits goes to the end of the round. */
  #release(): void {
    const [first] = this.#lanes;
    if (first === undefined) {
      this.#running -= 1;
      return;
    }
    const [lane, waiting] = first;
    const next = waiting.shift();
    this.#lanes.delete(lane);
    if (waiting.length > 0) this.#lanes.set(lane, waiting);
    next?.();
  }
}
