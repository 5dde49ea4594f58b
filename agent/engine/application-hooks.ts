import { displayRef } from '../../core/object-ref.ts';
import type { ObjectFailure } from '../../core/status.ts';
import { type HookResult, runHook } from '../apply/run-hook.ts';
import type { PreparedHook } from '../plan/prepare-application.ts';
import { resolveVersion } from '../plan/resource-index.ts';
import type { EngineServices } from './engine-services.ts';

type HookState =
  | { readonly type: 'due' }
  | { readonly type: 'running' }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly message: string };

/** The hooks of one application's sync: each runs once, and a finished one not again after a restart. */
export class ApplicationHooks {
  readonly #services: EngineServices;
  readonly #application: string;
  readonly #onEnded: () => void;
  #hooks = new Map<string, PreparedHook>();
  #states = new Map<string, HookState>();
  #finished: readonly string[] = [];
  #abort = new AbortController();

  constructor(services: EngineServices, application: string, onEnded: () => void) {
    this.#services = services;
    this.#application = application;
    this.#onEnded = onEnded;
  }

  /** Keys of those that ended well in this sync. */
  get done(): readonly string[] {
    return [...this.#states].flatMap(([key, state]) => (state.type === 'done' ? [key] : []));
  }

  /** Those that this sync has still to pass. */
  get due(): readonly PreparedHook[] {
    return [...this.#hooks.values()].filter((hook) => this.#states.get(hook.key)?.type !== 'done');
  }

  get isOpen(): boolean {
    return this.due.length > 0;
  }

  get failures(): readonly ObjectFailure[] {
    return [...this.#states].flatMap(([key, state]) => {
      const hook = this.#hooks.get(key);
      if (state.type !== 'failed' || hook === undefined) return [];
      return [{ ref: hook.ref, code: 'hook-failed', message: state.message }];
    });
  }

  /** What an earlier process had finished of the sync that goes on. */
  resume(finished: readonly string[], hooks: readonly PreparedHook[] = []): void {
    this.#finished = finished;
    this.begin(hooks);
    this.#finished = [];
  }

  /** A new sync: what still runs for the old one is not waited for any more. */
  begin(hooks: readonly PreparedHook[]): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#hooks = new Map(hooks.map((hook) => [hook.key, hook]));
    this.#states = new Map(
      hooks.map((hook) => [hook.key, { type: this.#finished.includes(hook.key) ? 'done' : 'due' }]),
    );
  }

  /** Starts a hook that is due; tells how it stands. */
  carryOut(key: string): 'done' | 'waiting' | 'failed' {
    const hook = this.#hooks.get(key);
    const state = this.#states.get(key);
    if (hook === undefined || state === undefined || state.type === 'done') return 'done';
    if (state.type === 'failed') return 'failed';
    if (state.type === 'due') this.#start(hook);
    return 'waiting';
  }

  close(): void {
    this.#abort.abort();
  }

  #start(hook: PreparedHook): void {
    const { catalog, kube, subscribeObject, log } = this.#services;
    const found = resolveVersion(catalog.index, hook.object.apiVersion, hook.ref.kind);
    if (found.type !== 'served') {
      this.#states.set(hook.key, {
        type: 'failed',
        message: `the cluster serves no ${hook.object.apiVersion} ${hook.ref.kind}`,
      });
      this.#onEnded();
      return;
    }
    this.#states.set(hook.key, { type: 'running' });
    const { signal } = this.#abort;
    log.info({ application: this.#application, hook: displayRef(hook.ref) }, 'hook started');
    void runHook(kube, { resource: found.resource, hook, subscribe: subscribeObject, signal })
      .catch((error: unknown): HookResult => ({ type: 'failed', message: String(error) }))
      .then((result) => {
        if (signal.aborted || result.type === 'cancelled') return;
        this.#states.set(hook.key, result.type === 'succeeded' ? { type: 'done' } : result);
        log.info(
          { application: this.#application, hook: displayRef(hook.ref), result: result.type },
          'hook ended',
        );
        this.#onEnded();
      });
  }
}
