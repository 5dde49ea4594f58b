import type { WriteFact } from '../plan/admission-fact.ts';
import type { PeoplePort } from '../ports.ts';

export interface FactBookLimits {
  readonly most: number;
  readonly mostOfOne: number;
  readonly ageMs: number;
}

/** An event of the watch follows its fact at once; only where the watch has to be opened again it takes longer. */
const defaultLimits: FactBookLimits = { most: 5000, mostOfOne: 32, ageMs: 10 * 60_000 };

interface Kept {
  readonly at: number;
  readonly fact: WriteFact;
}

/** The newest facts, in memory only, within a number and an age. */
export class FactBook implements PeoplePort {
  readonly #limits: FactBookLimits;
  readonly #now: () => number;
  /** By uid; the one that was written to last stands last. */
  readonly #facts = new Map<string, readonly Kept[]>();
  #count = 0;

  constructor(now: () => number, limits: FactBookLimits = defaultLimits) {
    this.#now = now;
    this.#limits = limits;
  }

  /** How many facts it holds. */
  get size(): number {
    return this.#count;
  }

  add(fact: WriteFact): void {
    const found = this.#fresh(fact.uid);
    this.#forget(fact.uid);
    const kept = this.#newest([...found, { at: this.#now(), fact }]);
    this.#facts.set(fact.uid, kept);
    this.#count += kept.length;
    this.#trim();
  }

  /** Those that were asked upon one version go together: with some of them left out, the rest could name the wrong person. */
  #newest(kept: readonly Kept[]): readonly Kept[] {
    const [oldest] = kept;
    if (oldest === undefined || kept.length <= this.#limits.mostOfOne) return kept;
    return this.#newest(kept.filter(({ fact }) => fact.before !== oldest.fact.before));
  }

  factsOf(uid: string): readonly WriteFact[] {
    return this.#fresh(uid).map(({ fact }) => fact);
  }

  #fresh(uid: string): readonly Kept[] {
    const since = this.#now() - this.#limits.ageMs;
    return (this.#facts.get(uid) ?? []).filter(({ at }) => at >= since);
  }

  /** The uids that were quiet longest go first, whole. */
  #trim(): void {
    for (const [uid, kept] of this.#facts) {
      const isOld = (kept.at(-1)?.at ?? 0) < this.#now() - this.#limits.ageMs;
      if (!isOld && this.#count <= this.#limits.most) return;
      this.#forget(uid);
    }
  }

  #forget(uid: string): void {
    this.#count -= this.#facts.get(uid)?.length ?? 0;
    this.#facts.delete(uid);
  }
}
