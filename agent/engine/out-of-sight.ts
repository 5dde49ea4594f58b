import type { EngineClock } from './engine-clock.ts';

/** What is healed is out of sight for a moment only. */
const lastingMs = 500;

/**
 * Objects that a watch of what carries our label doesn't show: they are gone, or lost the label. Where they may not or can't
 * be put back, whatever somebody does with them next would go unseen.
 */
export class OutOfSight {
  readonly #clock: Pick<EngineClock, 'setTimer'>;
  readonly #onChanged: () => void;
  readonly #out = new Set<string>();
  /** Those that went or came since the last word of it. */
  readonly #moved = new Set<string>();
  #isDoubted = false;
  #timer: { cancel(): void } | undefined;

  /** `onChanged`: others are out of sight than before, and have been for a while. */
  constructor(clock: Pick<EngineClock, 'setTimer'>, onChanged: () => void) {
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  get keys(): ReadonlySet<string> {
    return this.#out;
  }

  /** Whether all of it was told. */
  get isQuiet(): boolean {
    return this.#timer === undefined;
  }

  /** One of them may stay so from now on, or no longer: nothing was seen of it, but what may be done about it is another. */
  doubt(key: string): void {
    if (!this.#out.has(key)) return;
    this.#isDoubted = true;
    this.#timer ??= this.#clock.setTimer(lastingMs, () => this.#tell());
  }

  note(key: string, sight: 'shown' | 'out'): void {
    if (this.#out.has(key) === (sight === 'out')) return;
    if (sight === 'out') this.#out.add(key);
    else this.#out.delete(key);
    if (!this.#moved.delete(key)) this.#moved.add(key);
    if (this.#moved.size === 0 && !this.#isDoubted) this.close();
    else this.#timer ??= this.#clock.setTimer(lastingMs, () => this.#tell());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tell(): void {
    this.#timer = undefined;
    this.#isDoubted = false;
    this.#moved.clear();
    this.#onChanged();
  }
}
