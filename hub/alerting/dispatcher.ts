import { randomUUID } from 'node:crypto';
import { AppError } from '../../core/error.ts';
import type { NotificationDocument, ReceiverSpec } from '../catalog/documents.ts';
import type { IncidentChanges } from '../incident/fold-incidents.ts';
import { testMessage, watchdogMessage } from '../incident/message.ts';
import type { ReceiverName, StoredIncident } from '../incident/outbox.ts';
import type { OpenReceiver } from '../incident/receiver.ts';
import type { ReceiverState, TestResult } from '../incident/receiver-state.ts';
import type { StorePort } from '../ports.ts';
import { Lane, type LaneDeps } from './lane.ts';

export interface DispatcherDeps extends LaneDeps {
  readonly store: Pick<StorePort, 'saveAttempt' | 'readOutbox' | 'listLastDeliveries' | 'deleteReceiver'>;
  readonly openReceiver: OpenReceiver;
  /** Whether the hub does its work: else nobody is told that it lives. */
  readonly isAlive: () => boolean;
}

/** Carries what receivers are to be told to them, each on a lane of its own, and tells them that the hub lives. */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #lanes = new Map<string, Lane>();
  readonly #watchdogs = new Map<string, () => void>();
  readonly #startedAt: string;
  /** What an earlier start left, until the first documents say who the receivers are. */
  #stored: readonly StoredIncident[] = [];
  #lastDeliveries: ReadonlyMap<string, string> = new Map();

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now().toISOString();
  }

  async start(): Promise<void> {
    const { store } = this.#deps;
    this.#stored = await store.readOutbox();
    const last = await store.listLastDeliveries();
    this.#lastDeliveries = new Map(last.map((each) => [laneKey(each), each.at]));
  }

  /**
   * Makes the receivers those of the documents. One that was changed takes over what it had to be told; one that is
   * gone isn't told anything any more.
   */
  async setReceivers(documents: Iterable<NotificationDocument>): Promise<void> {
    const gone = new Map([...this.#lanes].map(([key, { name }]) => [key, name]));
    for (const document of documents) {
      for (const spec of document.receivers) {
        const name = { notification: document.name, receiver: spec.name };
        gone.delete(laneKey(name));
        await this.#setReceiver(name, spec);
      }
    }
    for (const [key, name] of this.#takeStored()) gone.set(key, name);
    for (const [key, name] of gone) {
      await this.#closeLane(key);
      await this.#deps.store.deleteReceiver(name);
    }
    for (const lane of this.#lanes.values()) lane.deliver();
  }

  async #setReceiver(name: ReceiverName, spec: ReceiverSpec): Promise<void> {
    const key = laneKey(name);
    const before = this.#lanes.get(key);
    if (before?.spec === spec) return;
    await this.#closeLane(key);
    const lane = new Lane(name, spec, this.#deps.openReceiver(spec.target), this.#deps);
    lane.deliveredBefore(before?.state().lastDeliveredAt ?? this.#lastDeliveries.get(key));
    for (const { incident, delivery } of before?.entries() ?? []) lane.put(incident, delivery);
    this.#lanes.set(key, lane);
    // What it was configured wrongly for may be right now.
    if (before !== undefined) lane.retryNow();
    if (spec.watchdogMs !== undefined) this.#watch(lane, spec.watchdogMs);
  }

  /** Hands what an earlier start left to its receivers; gives those that aren't there any more. */
  #takeStored(): ReadonlyMap<string, ReceiverName> {
    const strangers = new Map<string, ReceiverName>();
    for (const { incident, deliveries } of this.#stored) {
      for (const delivery of deliveries) {
        const key = laneKey(delivery);
        const { notification, receiver } = delivery;
        const lane = this.#lanes.get(key);
        if (lane === undefined) strangers.set(key, { notification, receiver });
        else lane.put(incident, delivery);
      }
    }
    this.#stored = [];
    return strangers;
  }

  /** Takes up what was stored to be told. */
  tell({ saved, tellings }: IncidentChanges): void {
    const incidents = new Map(saved.map((incident) => [incident.id, incident]));
    for (const lane of this.#lanes.values()) for (const incident of saved) lane.update(incident);
    const wantedAt = this.#deps.clock.now().toISOString();
    const touched = new Set<Lane>();
    for (const { incident: id, notification, receiver, state } of tellings) {
      const lane = this.#lanes.get(laneKey({ notification, receiver }));
      const incident = incidents.get(id);
      if (lane === undefined || incident === undefined) continue;
      const { nextAttemptAt: _next, ...before } = lane.delivery(id) ?? { attempts: 0 };
      lane.put(incident, { ...before, incident: id, notification, receiver, wanted: state, wantedAt });
      touched.add(lane);
    }
    for (const lane of touched) lane.deliver();
  }

  states(): readonly ReceiverState[] {
    return [...this.#lanes.values()].map((lane) => lane.state());
  }

  /** Sends a message marked as a test to all receivers of a Notification. Throws AppError `not-found`. */
  async test(notification: string): Promise<readonly TestResult[]> {
    const lanes = [...this.#lanes.values()].filter(({ name }) => name.notification === notification);
    if (lanes.length === 0) {
      const known = [...new Set([...this.#lanes.values()].map(({ name }) => name.notification))].sort();
      throw new AppError('not-found', 'there is no such Notification', {
        subject: notification,
        remedy:
          known.length === 0
            ? 'Commit a Notification document below the protected path first'
            : `There are ${known.join(', ')}`,
      });
    }
    const { clock, externalUrl } = this.#deps;
    const moment = { id: `test-${randomUUID()}`, now: clock.now().toISOString(), externalUrl };
    const message = testMessage(notification, moment);
    return Promise.all(
      lanes.map(async (lane) => {
        const result = await lane.sendNow(message);
        if (result.type === 'delivered') lane.retryNow();
        const type = lane.spec.target.type;
        return result.type === 'delivered'
          ? { ...lane.name, type, delivered: true }
          : { ...lane.name, type, delivered: false, why: result.why };
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lanes.keys()].map((key) => this.#closeLane(key)));
  }

  async #closeLane(key: string): Promise<void> {
    const lane = this.#lanes.get(key);
    this.#watchdogs.get(key)?.();
    this.#watchdogs.delete(key);
    this.#lanes.delete(key);
    await lane?.close();
  }

  /** Tells a receiver at once and then at every interval that the hub lives, for as long as it does its work. */
  #watch(lane: Lane, everyMs: number): void {
    const key = laneKey(lane.name);
    const { timers, isAlive, externalUrl } = this.#deps;
    const tick = (): void => {
      this.#watchdogs.set(key, timers.after(everyMs, tick));
      if (!isAlive()) return;
      const moment = { startedAt: this.#startedAt, externalUrl };
      void lane.sendNow(watchdogMessage(lane.name.notification, moment));
    };
    this.#watchdogs.set(key, timers.after(0, tick));
  }
}

function laneKey({ notification, receiver }: ReceiverName): string {
  return `${notification}/${receiver}`;
}
