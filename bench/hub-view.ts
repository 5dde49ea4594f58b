import type { HubEvent } from '../hub/ports.ts';
import type { ShownHub } from '../test/support/browser.ts';

/** What the list of applications says of one. */
export interface ApplicationItem {
  readonly application: string;
  readonly sync?: string;
  readonly openDrifts: number;
}

/** A hub as somebody follows it through its API: by its stream of events, and by lists where those are hints only. */
export class HubView {
  readonly #hub: ShownHub;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(event: HubEvent) => void>();

  private constructor(hub: ShownHub) {
    this.#hub = hub;
  }

  /** Resolves once the stream is open. */
  static async open(hub: ShownHub): Promise<HubView> {
    const view = new HubView(hub);
    const { body } = await view.#fetch('/api/v1/events', view.#abort.signal);
    void view.#read(body);
    return view;
  }

  async applications(): Promise<readonly ApplicationItem[]> {
    const answer = await this.#fetch('/api/v1/applications');
    return ((await answer.json()) as { readonly items: readonly ApplicationItem[] }).items;
  }

  /** Gives what ends the subscription. */
  subscribe(listener: (event: HubEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** When the next event of the kind came, on the clock of `performance`. Rejects after a minute. */
  async next(isMeant: (event: HubEvent) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = this.subscribe((event) => {
        if (!isMeant(event)) return;
        clearTimeout(timer);
        end();
        resolve(performance.now());
      });
      const timer = setTimeout(() => {
        end();
        reject(new Error('the hub told nothing of it for a minute'));
      }, 60_000);
    });
  }

  close(): void {
    this.#abort.abort();
  }

  async #fetch(path: string, signal?: AbortSignal): Promise<Response> {
    const answer = await fetch(`${this.#hub.address}${path}`, {
      headers: { authorization: `Bearer ${this.#hub.token}` },
      ...(signal === undefined ? {} : { signal }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async #read(body: Response['body']): Promise<void> {
    if (body === null) return;
    let text = '';
    try {
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        const messages = (text + chunk).split('\n\n');
        text = messages.pop() ?? '';
        for (const message of messages) this.#take(message);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  #take(message: string): void {
    const data = /^data: (.*)$/m.exec(message)?.[1];
    if (data === undefined) return;
    const event = JSON.parse(data) as HubEvent;
    for (const listener of this.#listeners) listener(event);
  }
}
