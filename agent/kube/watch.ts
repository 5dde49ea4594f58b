import { setTimeout as delay } from 'node:timers/promises';
import { jsonAt, parseJson, stringAt } from '../../core/json.ts';
import { isKubeObject, type KubeObject } from '../../core/kube-object.ts';
import type { ApiResource, KubeFailure, Watch, WatchHandler } from '../ports.ts';
import { codeOf, noAnswer, parseStatus } from './failure.ts';
import { LineSplitter } from './lines.ts';
import { type ListScope, listPages, metadataEvents } from './list.ts';
import { collectionPath, resourceName } from './paths.ts';
import type { Failed, Transport } from './transport.ts';

/** Time and chance, as parameters. */
export interface WatchTiming {
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const realTiming: WatchTiming = {
  random: Math.random,
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

/** How one connection ended. */
type Outcome =
  /** In good order: go on from the last resource version, at once unless it was for nothing. */
  | { readonly type: 'ended'; readonly brought: 'something' | 'nothing' }
  /** The last resource version is too old to go on from. */
  | { readonly type: 'expired'; readonly failure: KubeFailure }
  /** The API server doesn't send the first state as events. */
  | { readonly type: 'list-instead' }
  | Failed;

/** The first state while it comes in: the keys of what is alive. */
type FirstState = Set<string>;

const firstBackoffMs = 1_000;
const lastBackoffMs = 30_000;
const lineLimit = 32 * 1024 * 1024;
const initialEventsEnd = 'k8s.io/initial-events-end';

export interface WatchTarget extends ListScope {
  readonly resource: ApiResource;
}

/** Watches until it is closed; no answer of the API server ends it. Keeps no object. */
export function openWatch(
  transport: Transport,
  target: WatchTarget,
  handler: WatchHandler,
  timing: WatchTiming = realTiming,
): Watch {
  const loop = new WatchLoop(transport, target, handler, timing);
  void loop.run();
  return loop;
}

class WatchLoop implements Watch {
  readonly #transport: Transport;
  readonly #target: WatchTarget;
  readonly #handler: WatchHandler;
  readonly #timing: WatchTiming;
  readonly #abort = new AbortController();
  /** `undefined` until the first state is complete, and again when it expired. */
  #resourceVersion: string | undefined;
  #readsFirstStateBy: 'stream' | 'list' = 'stream';
  /** Attempts in a row that brought nothing. */
  #failures = 0;
  #hasProblem = false;

  constructor(transport: Transport, target: WatchTarget, handler: WatchHandler, timing: WatchTiming) {
    this.#transport = transport;
    this.#target = target;
    this.#handler = handler;
    this.#timing = timing;
  }

  close(): void {
    this.#abort.abort();
  }

  async run(): Promise<void> {
    while (!this.#isClosed) {
      const outcome = await this.#attempt();
      if (this.#isClosed) return;
      const pauseMs = this.#settle(outcome);
      if (pauseMs > 0) await this.#timing.sleep(pauseMs, this.#abort.signal);
    }
  }

  get #isClosed(): boolean {
    return this.#abort.signal.aborted;
  }

  async #attempt(): Promise<Outcome> {
    try {
      if (this.#resourceVersion !== undefined) return await this.#follow(this.#resourceVersion);
      return this.#readsFirstStateBy === 'stream'
        ? await this.#streamFirstState()
        : await this.#listFirstState();
    } catch (caught) {
      return { type: 'failed', failure: this.#transport.failureOf(caught) };
    }
  }

  /** What an outcome means for the next attempt; returns the pause before it, in milliseconds. */
  #settle(outcome: Outcome): number {
    switch (outcome.type) {
      case 'ended':
        return outcome.brought === 'something' ? 0 : this.#backoff();
      case 'list-instead':
        this.#readsFirstStateBy = 'list';
        return 0;
      case 'expired':
        // Ordinary once (etcd was compacted meanwhile); a problem where the new start expires as well.
        if (this.#resourceVersion === undefined) this.#report(outcome.failure);
        this.#resourceVersion = undefined;
        return this.#backoff();
      case 'failed': {
        this.#report(outcome.failure);
        const { status, retryAfterSeconds = 0 } = outcome.failure;
        const isRefusal = status === 403 || status === 404;
        // A missing right or kind doesn't come by asking often.
        const pauseMs = isRefusal ? lastBackoffMs * (1 + this.#timing.random()) : this.#backoff();
        return Math.max(pauseMs, retryAfterSeconds * 1000);
      }
    }
  }

  /** Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"), so that a fleet doesn't come back at once. */
  #backoff(): number {
    const ceiling = Math.min(lastBackoffMs, firstBackoffMs * 2 ** this.#failures);
    this.#failures += 1;
    return ceiling * this.#timing.random();
  }

  #report(failure: KubeFailure | undefined): void {
    if (failure === undefined && !this.#hasProblem) return;
    this.#hasProblem = failure !== undefined;
    this.#handler.onProblem(failure);
  }

  #succeed(): void {
    this.#failures = 0;
    this.#report(undefined);
  }

  /** KEP-3157: the first state as ADDED events, then a bookmark that says that it is complete. */
  async #streamFirstState(): Promise<Outcome> {
    const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
    const live: FirstState = new Set();
    const outcome = await this.#readEvents(query, live);
    const isSynced = this.#resourceVersion !== undefined;
    if (isSynced) return outcome;
    if (outcome.type === 'ended') {
      // In silence: an API server that doesn't know the option never says that the first state is complete.
      return { type: 'list-instead' };
    }
    const isRejected = outcome.type === 'failed' && [400, 422].includes(outcome.failure.status);
    return isRejected ? { type: 'list-instead' } : outcome;
  }

  async #listFirstState(): Promise<Outcome> {
    const { resource, ...scope } = this.#target;
    const live: FirstState = new Set();
    let resourceVersion = '';
    for await (const page of listPages(this.#transport, resource, scope)) {
      if (this.#isClosed) return { type: 'ended', brought: 'something' };
      if (page.type === 'failed') return classify(page.failure);
      for (const object of page.objects) {
        live.add(keyOf(object));
        this.#handler.onObject(object, 'listed');
      }
      resourceVersion = page.resourceVersion;
    }
    this.#sync(resourceVersion, live);
    return { type: 'ended', brought: 'something' };
  }

  #follow(resourceVersion: string): Promise<Outcome> {
    return this.#readEvents({ resourceVersion }, undefined);
  }

  async #readEvents(query: Readonly<Record<string, string>>, live: FirstState | undefined): Promise<Outcome> {
    const { resource, labelSelector, namespace = '', form } = this.#target;
    const opened = await this.#transport.stream(
      {
        method: 'GET',
        verb: 'watch',
        resource: resourceName(resource),
        path: collectionPath(resource, namespace),
        ...(form === 'metadata' ? { headers: { accept: metadataEvents } } : {}),
        query: {
          watch: 'true',
          allowWatchBookmarks: 'true',
          // As long as the API server lets one run that names no time, and spread like there, so that not all watches of a
          // fleet are renewed together. A dead connection is noticed by its silence, long before.
          timeoutSeconds: String(1_800 + Math.floor(this.#timing.random() * 1_801)),
          ...selectorOf(labelSelector),
          ...query,
        },
      },
      this.#abort.signal,
    );
    if (opened.type === 'failed') return classify(opened.failure);
    if (live === undefined) this.#report(undefined);
    return this.#readLines(opened.body, live);
  }

  async #readLines(body: AsyncIterable<Uint8Array>, live: FirstState | undefined): Promise<Outcome> {
    const lines = new LineSplitter(lineLimit);
    let firstState = live;
    let brought: 'something' | 'nothing' = 'nothing';
    try {
      for await (const chunk of body) {
        for (const line of lines.push(chunk)) {
          brought = 'something';
          const outcome = this.#handleEvent(line, firstState);
          if (outcome !== undefined || this.#isClosed) return outcome ?? { type: 'ended', brought };
          if (this.#resourceVersion !== undefined) firstState = undefined;
        }
      }
    } catch (caught) {
      // Bookmarks come every minute or so; silence means a dead connection, or a server that sends none.
      if (codeOf(caught) === 'UND_ERR_BODY_TIMEOUT') return { type: 'ended', brought: 'something' };
      throw caught;
    }
    if (lines.pending === 0 && firstState === undefined) return { type: 'ended', brought };
    return {
      type: 'failed',
      failure: noAnswer('the watch ended before its event, or its first state, was complete'),
    };
  }

  /** Handles one event; returns how the connection ends where the event ends it. */
  #handleEvent(line: string, firstState: FirstState | undefined): Outcome | undefined {
    const event = parseJson(line);
    const type = stringAt(event, 'type');
    const object = jsonAt(event, 'object');
    if (type === 'ERROR') return classify(parseStatus(object, 500));
    if (!isKubeObject(object)) {
      return {
        type: 'failed',
        failure: noAnswer(`the watch sent an event of type ${type} without an object`),
      };
    }
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        firstState?.add(keyOf(object));
        this.#handler.onObject(object, firstState === undefined ? 'written' : 'listed');
        break;
      case 'DELETED':
        firstState?.delete(keyOf(object));
        this.#handler.onDeleted(object);
        break;
      default:
        break;
    }
    const { resourceVersion, annotations } = object.metadata;
    if (firstState === undefined) {
      // After the handler: an event that it failed on comes again.
      this.#resourceVersion = resourceVersion ?? this.#resourceVersion;
      this.#failures = 0;
    } else if (type === 'BOOKMARK' && annotations?.[initialEventsEnd] === 'true') {
      this.#sync(resourceVersion ?? '', firstState);
    }
    return undefined;
  }

  #sync(resourceVersion: string, live: FirstState): void {
    this.#handler.onSynced(live, resourceVersion);
    this.#resourceVersion = resourceVersion;
    this.#succeed();
  }
}

/** 410 comes as a status, and as an ERROR event in a stream that began with 200. */
function classify(failure: KubeFailure): Outcome {
  return { type: failure.status === 410 ? 'expired' : 'failed', failure };
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

function selectorOf(labelSelector: string | undefined): { readonly labelSelector?: string } {
  return labelSelector === undefined ? {} : { labelSelector };
}
