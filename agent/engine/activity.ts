/** Counts what is under way, so that somebody can wait until nothing is. */
export class Activity {
  #running = 0;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#running += 1;
  }

  end(): void {
    this.#running -= 1;
    if (this.#running > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async track<T>(task: () => Promise<T>): Promise<T> {
    this.begin();
    try {
      return await task();
    } finally {
      this.end();
    }
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Resolves when the count is 0; what was waiting may have begun something new by then. */
  async idle(): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
