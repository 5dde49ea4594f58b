import type { ObjectWork } from './object-work.ts';

/** Since when objects have been degraded, as far as this process saw it. */
export class DegradedWatch {
  readonly #since = new Map<string, Date>();

  note(objects: Iterable<ObjectWork>, now: Date): void {
    for (const { key, health } of objects) {
      if (health?.status !== 'Degraded') this.#since.delete(key);
      else if (!this.#since.has(key)) this.#since.set(key, now);
    }
  }

  since(key: string): Date | undefined {
    return this.#since.get(key);
  }
}
