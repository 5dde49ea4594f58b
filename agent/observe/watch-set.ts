import type { KubeObject } from '../../core/kube-object.ts';
import { partOfLabel } from '../../core/tracking.ts';
import type { ApiResource, Arrival, KubeFailure, KubePort, Watch } from '../ports.ts';

/** `ours`: what carries our label. `all`: everything of the kind, for objects that are observed but not ours. */
export type WatchScope = 'ours' | 'all';

export interface WatchedKind {
  readonly resource: ApiResource;
  readonly scope: WatchScope;
  /** '' for all of the cluster. */
  readonly namespace: string;
}

/** `namespace/name` of everything of a kind that was live in the watch's scope at a version. */
export interface LiveNames {
  readonly names: ReadonlySet<string>;
  readonly resourceVersion: string;
}

export interface WatchEvents {
  onObject(resource: ApiResource, object: KubeObject, arrival: Arrival): void;
  onDeleted(resource: ApiResource, object: KubeObject): void;
  /** `namespace` is '' for all. */
  onSynced(resource: ApiResource, namespace: string, live: LiveNames): void;
  onProblem(resource: ApiResource, failure: KubeFailure | undefined): void;
}

interface RunningWatch {
  readonly kind: WatchedKind;
  readonly watch: Watch;
  readonly ready: Promise<void>;
  /** Ends the waiting, also where nothing more will come of it. */
  readonly release: () => void;
  problem: KubeFailure | undefined;
  isSynced: boolean;
}

/** One watch for each kind in use, or for each of its namespaces in use, however many applications use it. */
export class WatchSet {
  readonly #kube: KubePort;
  readonly #events: WatchEvents;
  readonly #watches = new Map<string, RunningWatch>();

  constructor(kube: KubePort, events: WatchEvents) {
    this.#kube = kube;
    this.#events = events;
  }

  /** Starts what is missing, closes what nobody needs; a watch whose scope changes starts again. */
  use(kinds: readonly WatchedKind[]): void {
    const wanted = new Map(kinds.map((kind) => [watchKey(kind.resource, kind.namespace), kind]));
    for (const [key, running] of this.#watches) {
      if (wanted.get(key)?.scope === running.kind.scope) continue;
      this.#watches.delete(key);
      close(running);
    }
    for (const [key, kind] of wanted) {
      if (!this.#watches.has(key)) this.#open(key, kind);
    }
  }

  /** Resolves when the kind's first state is complete, or can't be had for now; at once where it isn't watched. */
  async ready(resource: ApiResource, namespace: string): Promise<void> {
    const key = this.#keyFor(resource, namespace);
    // One that took its place meanwhile has a first state of its own.
    for (let last: RunningWatch | undefined; last !== this.#watches.get(key); ) {
      last = this.#watches.get(key);
      await last?.ready;
    }
  }

  /** Whether every watch has its first state, or a problem. */
  async allReady(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((running) => running.ready));
  }

  /** Whether there is nothing to wait for: it is complete, has a problem, or isn't watched. */
  isSettled(resource: ApiResource, namespace: string): boolean {
    const running = this.#watches.get(this.#keyFor(resource, namespace));
    return running === undefined || running.isSynced || running.problem !== undefined;
  }

  problems(): readonly string[] {
    return [...this.#watches.values()].flatMap(({ kind, problem }) =>
      problem === undefined ? [] : [`can't watch ${describe(kind)}: ${problem.message}`],
    );
  }

  close(): void {
    const all = [...this.#watches.values()];
    this.#watches.clear();
    all.forEach(close);
  }

  /** The watch that shows objects of one namespace: that of all where it runs, else the namespace's own. */
  #keyFor(resource: ApiResource, namespace: string): string {
    const all = watchKey(resource, '');
    return this.#watches.has(all) ? all : watchKey(resource, namespace);
  }

  #open(key: string, kind: WatchedKind): void {
    const { resource, namespace } = kind;
    const options = {
      ...(kind.scope === 'ours' ? { labelSelector: partOfLabel } : {}),
      ...(namespace === '' ? {} : { namespace }),
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    const isCurrent = () => this.#watches.get(key)?.ready === promise;
    const watch = this.#kube.watch(resource, options, {
      onSynced: (names, resourceVersion) => {
        const running = this.#watches.get(key);
        if (running === undefined || !isCurrent()) return;
        running.isSynced = true;
        this.#events.onSynced(resource, namespace, { names, resourceVersion });
        resolve();
      },
      onObject: (object, arrival) => isCurrent() && this.#events.onObject(resource, object, arrival),
      onDeleted: (object) => isCurrent() && this.#events.onDeleted(resource, object),
      onProblem: (failure) => {
        const running = this.#watches.get(key);
        if (running === undefined || !isCurrent()) return;
        running.problem = failure;
        this.#events.onProblem(resource, failure);
        if (failure !== undefined) resolve();
      },
    });
    this.#watches.set(key, {
      kind,
      watch,
      ready: promise,
      release: resolve,
      problem: undefined,
      isSynced: false,
    });
  }
}

function close({ watch, release }: RunningWatch): void {
  watch.close();
  release();
}

function watchKey(resource: ApiResource, namespace: string): string {
  return `${resource.group}/${resource.version}/${resource.plural}@${namespace}`;
}

function describe({ resource, namespace }: WatchedKind): string {
  return namespace === '' ? resource.plural : `${resource.plural} in namespace ${namespace}`;
}
