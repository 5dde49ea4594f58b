import type { Drift } from '../../core/drift.ts';
import type { Gate } from '../../core/gate.ts';
import { formatRef, type ObjectRef } from '../../core/object-ref.ts';
import { type Fight, fightAfterHeal, fightGate } from '../plan/fight.ts';
import type { EngineClock } from './engine-clock.ts';
import { WakeTimer } from './wake-timer.ts';

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

  /** An object was healed of this. */
  healed(drift: Drift): void {
    const key = formatRef(drift.ref);
    const now = this.#now();
    const fight = fightAfterHeal(this.#fights.get(key), drift, now);
    const { heat } = fight;
    this.#fights.set(key, fight);
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
      return fight === undefined ? [] : [fightGate(fight)];
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
