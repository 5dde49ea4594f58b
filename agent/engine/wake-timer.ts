import type { EngineClock } from './engine-clock.ts';

/** One timer: of several wishes the soonest counts. */
export class WakeTimer {
  readonly #clock: EngineClock;
  readonly #onDue: () => void;
  #set: { readonly timer: { cancel(): void }; readonly dueAt: number } | undefined;

  constructor(clock: EngineClock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  wakeIn(ms: number): void {
    const dueAt = this.#clock.now().getTime() + ms;
    if (this.#set !== undefined && this.#set.dueAt <= dueAt) return;
    this.cancel();
    const timer = this.#clock.setTimer(Math.max(ms, 1), () => {
      this.#set = undefined;
      this.#onDue();
    });
    this.#set = { timer, dueAt };
  }

  cancel(): void {
    this.#set?.timer.cancel();
    this.#set = undefined;
  }
}
