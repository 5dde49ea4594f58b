import { displayRef } from '../../core/object-ref.ts';
import type { ObjectFailure } from '../../core/status.ts';
import { type HookResult, runHook } from '../apply/run-hook.ts';
import { retryDelayMs } from '../plan/back-off.ts';
import { classifyError } from '../plan/classify-error.ts';
import { maskMessage } from '../plan/mask-secrets.ts';
import type { PreparedHook } from '../plan/prepare-application.ts';
import { resolveVersion } from '../plan/resource-index.ts';
import type { KubeFailure } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';

type HookState =
  | { readonly type: 'due' }
  | { readonly type: 'running' }
  | { readonly type: 'done' }
  /** The API server could not be asked; it becomes due again by itself. */
  | { readonly type: 'postponed'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string };

/** The hooks of one application's sync: each runs once, whatever restarts meanwhile. */
export class ApplicationHooks {
  readonly #services: EngineServices;
  readonly #application: string;
  readonly #onEnded: () => void;
  #hooks = new Map<string, PreparedHook>();
  #states = new Map<string, HookState>();
  /** Requests in a row that were not taken, by hook. */
  #refusals = new Map<string, number>();
  #syncId = '';
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
      if ((state.type !== 'failed' && state.type !== 'postponed') || hook === undefined) return [];
      return [{ ref: hook.ref, code: 'hook-failed', message: state.message }];
    });
  }

  /** Another sync: what still runs for the old one is not waited for any more. `finished` is what an earlier process had done of it. */
  begin(syncId: string, hooks: readonly PreparedHook[], finished: readonly string[] = []): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#syncId = syncId;
    this.#refusals = new Map();
    this.#hooks = new Map(hooks.map((hook) => [hook.key, hook]));
    this.#states = new Map(
      hooks.map((hook) => [hook.key, { type: finished.includes(hook.key) ? 'done' : 'due' }]),
    );
  }

  /** Whether it must not begin now: what it would write to is held. */
  isHeld(key: string): boolean {
    const hook = this.#hooks.get(key);
    return (
      hook !== undefined && this.#states.get(key)?.type === 'due' && this.#services.holds.isHeld(hook.ref)
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
    this.#states.set(hook.key, { type: 'running' });
    const { signal } = this.#abort;
    this.#log(hook, 'hook started');
    void this.#run(hook, signal)
      .catch((error: unknown): HookResult => ({ type: 'failed', message: String(error) }))
      .then((result) => this.#note(hook, result, signal));
  }

  async #run(hook: PreparedHook, signal: AbortSignal): Promise<HookResult> {
    const { catalog, kube, guard, subscribeObject, syncs } = this.#services;
    const found = resolveVersion(catalog.index, hook.object.apiVersion, hook.ref.kind);
    if (found.type !== 'served') {
      return { type: 'failed', message: `the cluster serves no ${hook.object.apiVersion} ${hook.ref.kind}` };
    }
    // A later process has to know this sync before anything that carries its id is there.
    await syncs.flush();
    return runHook(kube, {
      resource: found.resource,
      hook,
      guard,
      syncId: this.#syncId,
      subscribe: subscribeObject,
      signal,
      keep: async (result) => {
        this.#note(hook, result, signal);
        await syncs.flush();
      },
    });
  }

  #note(hook: PreparedHook, result: HookResult, signal: AbortSignal): void {
    if (signal.aborted || result.type === 'cancelled' || this.#states.get(hook.key)?.type !== 'running')
      return;
    if (result.type === 'refused') this.#refused(hook, result.failure, signal);
    else this.#states.set(hook.key, result.type === 'succeeded' ? { type: 'done' } : result);
    this.#log(hook, 'hook ended', { result: result.type });
    this.#onEnded();
  }

  #refused(hook: PreparedHook, failure: KubeFailure, signal: AbortSignal): void {
    const { clock, random } = this.#services;
    const message = maskMessage(hook.object, failure.message);
    const attempt = (this.#refusals.get(hook.key) ?? 0) + 1;
    this.#refusals.set(hook.key, attempt);
    const { retry } = classifyError(failure);
    const delayMs = retryDelayMs(retry, attempt, random(), failure.retryAfterSeconds);
    this.#states.set(hook.key, { type: delayMs === undefined ? 'failed' : 'postponed', message });
    if (delayMs === undefined) return;
    clock.setTimer(delayMs, () => {
      if (signal.aborted) return;
      this.#states.set(hook.key, { type: 'due' });
      this.#onEnded();
    });
  }

  #log(hook: PreparedHook, message: string, rest: Readonly<Record<string, unknown>> = {}): void {
    const { log } = this.#services;
    log.info({ application: this.#application, hook: displayRef(hook.ref), ...rest }, message);
  }
}
