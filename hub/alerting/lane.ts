import type { Log } from '../../core/log.ts';
import type { ReceiverSpec } from '../catalog/documents.ts';
import { backOffMs, rejectedBackOffMs } from '../incident/back-off.ts';
import type { Incident } from '../incident/incident.ts';
import { incidentMessage, type Message } from '../incident/message.ts';
import { type Delivery, isDue, type ReceiverName } from '../incident/outbox.ts';
import type { Receiver, SendResult } from '../incident/receiver.ts';
import type { ReceiverState } from '../incident/receiver-state.ts';
import type { StorePort } from '../ports.ts';
import type { Timers } from '../timers.ts';

export interface LaneDeps {
  readonly store: Pick<StorePort, 'saveAttempt'>;
  readonly clock: { now(): Date };
  readonly timers: Timers;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly externalUrl: string | undefined;
  /** How each try ended. */
  readonly onResult: (type: ReceiverSpec['target']['type'], result: SendResult['type']) => void;
}

interface Entry {
  incident: Incident;
  delivery: Delivery;
  /** When a firing one is to be sent again, ms since 1970. */
  repeatAt: number;
}

/**
 * The way to one receiver: one message at a time, so that what it hears of an incident comes in order. A receiver that
 * is down holds up its own lane only; a message that it rejects doesn't hold up the others.
 */
export class Lane {
  readonly name: ReceiverName;
  readonly spec: ReceiverSpec;
  readonly #deps: LaneDeps;
  readonly #receiver: Receiver;
  readonly #abort = new AbortController();
  readonly #entries = new Map<string, Entry>();
  /** Those that were due at the last look, the next one last: with thousands, one look has to serve many messages. */
  #queue: Entry[] = [];
  #failures = 0;
  /** After a failure that may pass, ms since 1970. */
  #notBefore = 0;
  #lastDeliveredAt: string | undefined;
  #lastError: string | undefined;
  #sending: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(name: ReceiverName, spec: ReceiverSpec, receiver: Receiver, deps: LaneDeps) {
    this.name = name;
    this.spec = spec;
    this.#receiver = receiver;
    this.#deps = deps;
  }

  /** Takes up what was stored, or what comes to be wanted; `deliver` starts it. */
  put(incident: Incident, delivery: Delivery): void {
    const before = this.#entries.get(incident.id);
    this.#queue = [];
    if (delivery.told === 'resolved') return void this.#entries.delete(incident.id);
    this.#entries.set(incident.id, { incident, delivery, repeatAt: before?.repeatAt ?? 0 });
    if (delivery.lastError !== undefined) this.#lastError ??= delivery.lastError;
  }

  /** What is stored of an incident for this receiver, with what was told so far. */
  delivery(incident: string): Delivery | undefined {
    return this.#entries.get(incident)?.delivery;
  }

  /** A newer text, for repeats. */
  update(incident: Incident): void {
    const entry = this.#entries.get(incident.id);
    if (entry !== undefined) entry.incident = incident;
  }

  entries(): readonly { readonly incident: Incident; readonly delivery: Delivery }[] {
    return [...this.#entries.values()];
  }

  /** When this receiver confirmed a message last, as an earlier start knew it. */
  deliveredBefore(at: string | undefined): void {
    this.#lastDeliveredAt ??= at;
  }

  /** Something was put right: nothing waits for an earlier failure any more. */
  retryNow(): void {
    this.#failures = 0;
    this.#notBefore = 0;
    for (const entry of this.#entries.values()) entry.delivery = withoutWait(entry.delivery);
    this.deliver();
  }

  /** Sends what is due, now and whenever the next is. */
  deliver(): void {
    if (this.#sending !== undefined || this.#abort.signal.aborted) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const now = this.#deps.clock.now().getTime();
    const next = this.#nextDue(now);
    if (next !== undefined) {
      this.#sending = this.#send(next).finally(() => {
        this.#sending = undefined;
        this.deliver();
      });
      return;
    }
    let soonest = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) soonest = Math.min(soonest, this.#dueAt(entry));
    if (soonest < Number.POSITIVE_INFINITY)
      this.#cancelTimer = this.#deps.timers.after(soonest - now, () => this.deliver());
  }

  /** Those that failed least go first, so that one which never goes through starves none; news go before repeats. */
  #nextDue(now: number): Entry | undefined {
    for (const isFresh of [false, true]) {
      if (isFresh) {
        const due = [...this.#entries.values()].filter((entry) => this.#dueAt(entry) <= now);
        this.#queue = due.sort((left, right) => rankOf(left) - rankOf(right)).reverse();
      }
      for (let entry = this.#queue.pop(); entry !== undefined; entry = this.#queue.pop()) {
        if (this.#entries.get(entry.incident.id) === entry && this.#dueAt(entry) <= now) return entry;
      }
    }
    return undefined;
  }

  /** A message beside the incidents: a test, a sign of life. It waits for nothing. */
  async sendNow(message: Message): Promise<SendResult> {
    const result = await this.#receiver.send(message, this.#abort.signal);
    this.#note(result);
    return result;
  }

  state(): ReceiverState {
    const due = [...this.#entries.values()].map(({ delivery }) => delivery).filter(isDue);
    const [oldest] = due.map(({ wantedAt }) => wantedAt).sort();
    const [next] = due.flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []).sort();
    return {
      ...this.name,
      type: this.spec.target.type,
      pending: due.length,
      ...(oldest === undefined ? {} : { pendingSince: oldest }),
      ...(this.#lastDeliveredAt === undefined ? {} : { lastDeliveredAt: this.#lastDeliveredAt }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      ...(next === undefined ? {} : { nextAttemptAt: next }),
    };
  }

  /** Ends the try that is under way; what wasn't confirmed is sent again later. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancelTimer?.();
    await this.#sending;
  }

  #dueAt({ delivery, repeatAt }: Entry): number {
    const { nextAttemptAt } = delivery;
    const wait = Math.max(this.#notBefore, nextAttemptAt === undefined ? 0 : Date.parse(nextAttemptAt));
    if (isDue(delivery)) return wait;
    return this.#receiver.repeatEveryMs === undefined ? Number.POSITIVE_INFINITY : Math.max(wait, repeatAt);
  }

  async #send(entry: Entry): Promise<void> {
    const { incident, delivery } = entry;
    const route = incident.routes.find(
      ({ notification, receiver }) =>
        notification === delivery.notification && receiver === delivery.receiver,
    ) ?? { ...this.name, severity: incident.condition.severity };
    const message = incidentMessage(incident, route, delivery.wanted, this.#deps.externalUrl);
    const result = await this.#receiver.send(message, this.#abort.signal);
    if (this.#abort.signal.aborted && result.type !== 'delivered') return;
    this.#note(result);
    // What came to be wanted meanwhile counts; what was confirmed is what was sent.
    const current = this.#entries.get(incident.id) ?? entry;
    const before = current.delivery;
    current.delivery = this.#after(before, delivery, result);
    if (result.type === 'delivered') {
      current.repeatAt = this.#deps.clock.now().getTime() + (this.#receiver.repeatEveryMs ?? 0);
      if (current.delivery.told === 'resolved') this.#entries.delete(incident.id);
      if (before.told === current.delivery.told && before.attempts === 0) return;
    }
    try {
      await this.#deps.store.saveAttempt(current.delivery);
    } catch (error) {
      // It counts until the next start, which may tell the receiver once more.
      this.#deps.log.error({ err: error, ...this.name }, 'a delivery could not be stored');
    }
  }

  #after(current: Delivery, sent: Delivery, result: SendResult): Delivery {
    const now = this.#deps.clock.now();
    const { nextAttemptAt: _next, lastError: _error, ...rest } = current;
    if (result.type === 'delivered') {
      return { ...rest, told: sent.wanted, toldAt: now.toISOString(), attempts: 0 };
    }
    const attempts = current.attempts + 1;
    const wait =
      result.type === 'rejected'
        ? rejectedBackOffMs(this.#deps.random())
        : backOffMs(this.#failures, this.#deps.random(), result.afterMs);
    const nextAt = now.getTime() + wait;
    if (result.type === 'retry') this.#notBefore = nextAt;
    const nextAttemptAt = new Date(nextAt).toISOString();
    return { ...rest, attempts, nextAttemptAt, lastError: result.why };
  }

  #note(result: SendResult): void {
    const { log, clock, onResult } = this.#deps;
    onResult(this.spec.target.type, result.type);
    if (result.type === 'delivered') {
      this.#failures = 0;
      this.#notBefore = 0;
      this.#lastError = undefined;
      this.#lastDeliveredAt = clock.now().toISOString();
      return;
    }
    if (result.type === 'retry') this.#failures += 1;
    if (this.#lastError !== result.why) {
      log.warn({ ...this.name, why: result.why }, 'a receiver of notifications could not be told');
    }
    this.#lastError = result.why;
  }
}

function rankOf({ delivery }: Entry): number {
  return 2 * delivery.attempts + (isDue(delivery) ? 0 : 1);
}

function withoutWait(delivery: Delivery): Delivery {
  const { nextAttemptAt: _next, ...rest } = delivery;
  return rest;
}
