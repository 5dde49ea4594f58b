import type { InventoryEntry } from '../plan/inventory.ts';
import { unprotected } from '../plan/prune-protection.ts';
import type { EngineServices } from './engine-services.ts';

type Services = Pick<EngineServices, 'inventory' | 'activity' | 'log'>;

/**
 * Objects that carry an application's valid marks and were in no inventory: they are put back into it, those of one
 * moment together, so that they are judged like everything else that left Git. What they asked for is read from them then.
 */
export class LostObjects {
  readonly #services: Services;
  readonly #onTakenIn: (application: string) => void;
  #found = new Map<string, Map<string, InventoryEntry>>();

  constructor(services: Services, onTakenIn: (application: string) => void) {
    this.#services = services;
    this.#onTakenIn = onTakenIn;
  }

  note(application: string, key: string, uid: string | undefined): void {
    if (this.#found.size === 0) queueMicrotask(() => this.#takeIn());
    const entries = this.#found.get(application) ?? new Map<string, InventoryEntry>();
    entries.set(key, { protections: unprotected, ...(uid === undefined ? {} : { uid }) });
    this.#found.set(application, entries);
  }

  #takeIn(): void {
    const found = this.#found;
    this.#found = new Map();
    for (const [application, entries] of found) {
      void this.#services.activity.track(() => this.#takeInOf(application, entries));
    }
  }

  /** Where it can't be stored now, the next sweep finds them again. */
  async #takeInOf(application: string, entries: ReadonlyMap<string, InventoryEntry>): Promise<void> {
    const { inventory, log } = this.#services;
    try {
      await inventory.add(application, entries);
    } catch (error) {
      log.warn({ application, objects: entries.size, error: String(error) }, 'lost objects not taken in');
      return;
    }
    log.info({ application, objects: entries.size }, 'objects that were in no inventory are taken in again');
    this.#onTakenIn(application);
  }
}
