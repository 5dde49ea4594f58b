import type { Gate } from '../../core/gate.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import { type Heat, heatAfterHeal } from '../plan/heal-heat.ts';
import type { EngineClock } from './engine-clock.ts';
import { WakeTimer } from './wake-timer.ts';

interface Fight {
  readonly ref: ObjectRef;
  readonly heat: Heat;
  /** Whose changes were healed last. */
  readonly writer: string | undefined;
}

/** Objects beyond this many are looked through for quiet ones. */
const remembered = 1_000;
const forgottenMs = 60 * 60_000;

/**
 * Ends fights: an object that somebody else changes again as often as it is healed is left as it is for a while, with its
 * drift shown, since two writers that undo each other harm more than a difference. Not kept over a restart.
 */
export class HealBudget {
  readonly #clock: EngineClock;
  readonly #onRested: (ref: ObjectRef) => void;
  readonly #timer: WakeTimer;
  readonly #fights = new Map<string, Fight>();
  readonly #resting = new Set<string>();

  constructor(clock: EngineClock, onRested: (ref: ObjectRef) => void) {
    this.#clock = clock;
    this.#onRested = onRested;
    this.#timer = new WakeTimer(clock, () => this.#review());
  }

  /** It was healed of what this writer did. */
  healed(ref: ObjectRef, writer: string | undefined): void {
    const key = formatRef(ref);
    const now = this.#now();
    const heat = heatAfterHeal(this.#fights.get(key)?.heat, now);
    this.#fights.set(key, { ref, heat, writer });
    if (this.#fights.size > remembered) this.#tidy(now);
    if (heat.restsUntil <= now) return;
    this.#resting.add(key);
    this.#timer.wakeIn(heat.restsUntil - now);
  }

  /** Whether it is left as it is for now. */
  isResting(key: string): boolean {
    return this.#resting.has(key);
  }

  gatesOf(refs: Iterable<ObjectRef>): readonly Gate[] {
    if (this.#resting.size === 0) return [];
    return [...refs].flatMap((ref) => {
      const key = formatRef(ref);
      const fight = this.#resting.has(key) ? this.#fights.get(key) : undefined;
      return fight === undefined ? [] : [gateOf(fight)];
    });
  }

  close(): void {
    this.#timer.cancel();
  }

  #review(): void {
    const now = this.#now();
    for (const key of this.#resting) {
      const fight = this.#fights.get(key);
      const leftMs = (fight?.heat.restsUntil ?? now) - now;
      if (leftMs > 0) {
        this.#timer.wakeIn(leftMs);
        continue;
      }
      this.#resting.delete(key);
      if (fight !== undefined) this.#onRested(fight.ref);
    }
  }

  #tidy(now: number): void {
    for (const [key, { heat }] of this.#fights) {
      if (now - Math.max(heat.at, heat.restsUntil) > forgottenMs) this.#fights.delete(key);
    }
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

function gateOf({ ref, heat, writer }: Fight): Gate {
  const by = writer === undefined ? 'somebody' : writer;
  return {
    kind: 'hold',
    id: `fight ${formatRef(ref)}`,
    reason: `${displayRef(ref)} is changed by ${by} as often as it is healed: it is left as it is for a while`,
    owner: 'fairlead',
    since: new Date(heat.at).toISOString(),
    until: new Date(heat.restsUntil).toISOString(),
    remedy: `Stop ${by}, or take what it writes out of Git; a sync applies Git once: fairlead app sync`,
  };
}
