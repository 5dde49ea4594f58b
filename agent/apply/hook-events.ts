import type { KubeObject } from '../../core/kube-object.ts';

/** One event of an object; `gone` with its last state where the watch told it. */
export type ObjectEvent =
  | { readonly type: 'live'; readonly object: KubeObject }
  | { readonly type: 'gone'; readonly last?: KubeObject };

/** Events of one object, as the watch of its kind brings them. Returns how to stop. */
export type Subscribe = (key: string, listener: (event: ObjectEvent) => void) => () => void;

/** Events of one object, for one reader, from the moment on that this is made. */
export class HookEvents {
  readonly #stop: () => void;
  readonly #signal: AbortSignal;
  readonly #waiting: ObjectEvent[] = [];
  #wake: () => void = () => undefined;

  constructor(subscribe: Subscribe, key: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#stop = subscribe(key, (event) => {
      this.#waiting.push(event);
      this.#wake();
    });
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  async next(): Promise<ObjectEvent | 'cancelled'> {
    while (this.#waiting.length === 0 && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#signal.aborted ? 'cancelled' : (this.#waiting.shift() ?? 'cancelled');
  }

  close(): void {
    this.#stop();
  }
}
