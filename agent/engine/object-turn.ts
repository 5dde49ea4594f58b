import type { KubeObject } from '../../core/kube-object.ts';
import type { Arrival } from '../ports.ts';
import type { Activity } from './activity.ts';

export type LiveEvent =
  | { readonly type: 'object'; readonly object: KubeObject; readonly arrival: Arrival }
  | { readonly type: 'deleted'; readonly object: KubeObject };

/** Events of one object that wait at most: of older ones only the newest says anything. */
const mostDeferred = 32;

/**
 * One question to the API server at a time for one object. Events that arrive meanwhile wait for the answer: our own
 * write comes back as an event too, often before its answer, and must not be taken for somebody else's.
 */
export class ObjectTurn {
  readonly #activity: Activity;
  readonly #onEvents: (events: readonly LiveEvent[]) => void;
  #last: Promise<void> = Promise.resolve();
  #taken = 0;
  #deferred: LiveEvent[] = [];

  /** `onEvents` is given what came meanwhile, oldest first; never nothing. */
  constructor(activity: Activity, onEvents: (events: readonly LiveEvent[]) => void) {
    this.#activity = activity;
    this.#onEvents = onEvents;
  }

  get isTaken(): boolean {
    return this.#taken > 0;
  }

  /** Keeps an event until the turn is over. The newest holds everything; those before it tell who wrote. */
  defer(event: LiveEvent): void {
    if (this.#deferred.length < mostDeferred) this.#deferred.push(event);
    else this.#deferred = [event.type === 'object' ? { ...event, arrival: 'listed' } : event];
  }

  /** An answer that counts for nothing where the turn fails. */
  async ask<T>(task: () => Promise<T>): Promise<T | undefined> {
    let answer: T | undefined;
    await this.take(async () => {
      answer = await task();
    }).catch(() => undefined);
    return answer;
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
      const events = this.#deferred;
      this.#deferred = [];
      if (events.length > 0) this.#onEvents(events);
    }
  }
}
