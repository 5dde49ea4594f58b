import type { KubeObject } from '../../core/kube-object.ts';
import type { Activity } from './activity.ts';

export type LiveEvent = { readonly type: 'object' | 'deleted'; readonly object: KubeObject };

/**
 * One question to the API server at a time for one object. Events that arrive meanwhile wait for the answer: our own
 * write comes back as an event too, often before its answer, and must not be taken for somebody else's.
 */
export class ObjectTurn {
  readonly #activity: Activity;
  readonly #onEvent: (event: LiveEvent) => void;
  #last: Promise<void> = Promise.resolve();
  #taken = 0;
  #deferred: LiveEvent | undefined;

  constructor(activity: Activity, onEvent: (event: LiveEvent) => void) {
    this.#activity = activity;
    this.#onEvent = onEvent;
  }

  get isTaken(): boolean {
    return this.#taken > 0;
  }

  /** Keeps the newest event until the turn is over: it holds everything that came before it. */
  defer(event: LiveEvent): void {
    this.#deferred = event;
  }

  take(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(() => this.#activity.track(() => this.#run(task)));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #run(task: () => Promise<void>): Promise<void> {
    this.#taken += 1;
    try {
      await task();
    } finally {
      this.#taken -= 1;
      const event = this.#deferred;
      this.#deferred = undefined;
      if (event !== undefined) this.#onEvent(event);
    }
  }
}
