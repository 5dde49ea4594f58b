import { jsonAt, numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectEvent } from '../../core/live-view.ts';
import { groupOf } from '../../core/object-ref.ts';

/**
 * An Event of the core group as people read it. The same Event has its times in `firstTimestamp` and `lastTimestamp`, or in
 * `eventTime` and `series`, by which of the two APIs its writer used.
 */
export function objectEvent(event: KubeObject): ObjectEvent {
  const about = (field: string): string => stringAt(event, 'involvedObject', field) ?? '';
  const eventTime = stringAt(event, 'eventTime');
  const created = event.metadata.creationTimestamp ?? '';
  const firstAt = stringAt(event, 'firstTimestamp') ?? eventTime ?? created;
  return {
    ref: {
      group: groupOf(about('apiVersion')),
      kind: about('kind'),
      namespace: about('namespace'),
      name: about('name'),
    },
    type: stringAt(event, 'type') ?? 'Normal',
    reason: stringAt(event, 'reason') ?? '',
    message: stringAt(event, 'message') ?? '',
    count: numberAt(event, 'series', 'count') ?? numberAt(event, 'count') ?? 1,
    firstAt,
    lastAt: stringAt(event, 'series', 'lastObservedTime') ?? stringAt(event, 'lastTimestamp') ?? firstAt,
    source: stringAt(event, 'source', 'component') || (stringAt(event, 'reportingComponent') ?? ''),
  };
}

/** Which object an Event is about, where it says so by uid. */
export function aboutUid(event: KubeObject): string | undefined {
  const uid = jsonAt(event, 'involvedObject', 'uid');
  return typeof uid === 'string' && uid !== '' ? uid : undefined;
}

/** The newest of many, kept while they are looked through: never more than twice as many are in memory. */
export class NewestEvents {
  readonly #limit: number;
  #kept: ObjectEvent[] = [];
  #seen = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(event: ObjectEvent): void {
    this.#seen += 1;
    this.#kept.push(event);
    if (this.#kept.length >= 2 * this.#limit) this.#trim();
  }

  /** Newest last, and how many older ones there were. */
  result(): { readonly events: readonly ObjectEvent[]; readonly more: number } {
    this.#trim();
    return { events: this.#kept, more: this.#seen - this.#kept.length };
  }

  #trim(): void {
    this.#kept = this.#kept
      .sort((left, right) => (left.lastAt < right.lastAt ? -1 : Number(left.lastAt > right.lastAt)))
      .slice(-this.#limit);
  }
}
