import { displayRef, type ObjectRef } from '../../core/object-ref.ts';
import type { ObjectFailure } from '../../core/status.ts';
import { objectFailure } from '../plan/remedies.ts';
import type { EngineServices } from './engine-services.ts';
import { WakeTimer } from './wake-timer.ts';

/** Finalizers usually need moments; what waits longer for one needs somebody to look. Our own time, not the object's stamp. */
const patienceMs = 10_000;
/** How often what is stuck is looked at again without an event. */
const lookAgainMs = 60_000;

interface Leaving {
  readonly ref: ObjectRef;
  readonly since: number;
  readonly held: string | undefined;
}

/** Objects whose deletion was accepted and that are still there. */
export class LeavingObjects {
  readonly #services: Pick<EngineServices, 'clock'>;
  readonly #timer: WakeTimer;
  #leaving = new Map<string, Leaving>();
  #before = new Map<string, Leaving>();

  constructor(services: Pick<EngineServices, 'clock'>, onDue: () => void) {
    this.#services = services;
    this.#timer = new WakeTimer(services.clock, onDue);
  }

  /** A pass begins: what it doesn't note again is gone. */
  begin(): void {
    this.#before = this.#leaving;
    this.#leaving = new Map();
  }

  note(key: string, ref: ObjectRef, held: string | undefined): void {
    const now = this.#services.clock.now().getTime();
    const since = this.#before.get(key)?.since ?? now;
    this.#leaving.set(key, { ref, since, held });
    if (held === undefined) return;
    const leftMs = since + patienceMs - now;
    this.#timer.wakeIn(leftMs > 0 ? leftMs : lookAgainMs);
  }

  /** Those that are still on their way, and need nobody. */
  get keys(): readonly string[] {
    return [...this.#leaving].filter(([, leaving]) => !this.#isStuck(leaving)).map(([key]) => key);
  }

  /** What is stuck, by what. */
  get failures(): readonly ObjectFailure[] {
    return [...this.#leaving.values()]
      .filter((leaving) => this.#isStuck(leaving))
      .map(({ ref, held }) => objectFailure(ref, 'deletion-stuck', held ?? displayRef(ref)));
  }

  #isStuck({ since, held }: Leaving): boolean {
    return held !== undefined && this.#services.clock.now().getTime() - since >= patienceMs;
  }

  close(): void {
    this.#timer.cancel();
  }
}
