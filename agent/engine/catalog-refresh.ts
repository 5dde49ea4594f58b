import { AppError } from '../../core/error.ts';
import type { EngineServices } from './engine-services.ts';
import { WakeTimer } from './wake-timer.ts';

const firstMs = 1_000;
const longestMs = 60_000;
/** As client-go's tools do: what is served changes seldom, and mostly by definitions that are watched. */
const regularMs = 600_000;

/**
 * Asks again what the cluster serves: soon and ever more seldom while a group doesn't answer, since nothing of it is
 * applied or pruned until then, or while a new definition isn't in it, since nothing of that is watched until then; and every ten minutes else, for versions that an upgrade brought or took.
 */
export class CatalogRefresh {
  readonly #services: Pick<EngineServices, 'catalog' | 'activity' | 'random' | 'log'>;
  readonly #timer: WakeTimer;
  #attempts = 0;
  #isClosed = false;

  constructor(services: EngineServices) {
    this.#services = services;
    this.#timer = new WakeTimer(services.clock, () => this.#refresh());
  }

  /** To be called whenever what is known changed. */
  schedule(): void {
    if (this.#isClosed) return;
    const { catalog, random } = this.#services;
    const isWhole = catalog.unknownGroups.size === 0 && !catalog.isBehind;
    if (isWhole) this.#attempts = 0;
    const spanMs = isWhole ? regularMs : Math.min(longestMs, firstMs * 2 ** this.#attempts);
    this.#timer.wakeIn(spanMs * (0.5 + random() / 2));
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
  }

  #refresh(): void {
    this.#attempts += 1;
    const { catalog, activity, log } = this.#services;
    void activity.track(async () => {
      await catalog.refresh().catch((caught: unknown) => {
        log.warn({ error: AppError.from(caught).message }, 'what the cluster serves can not be asked');
      });
      this.schedule();
    });
  }
}
