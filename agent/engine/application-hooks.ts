import type { HookPhase, HookStatus } from '../../core/attempt.ts';
import type { AppError } from '../../core/error.ts';
import { displayRef } from '../../core/object-ref.ts';
import type { ObjectFailure } from '../../core/status.ts';
import { type HookResult, runHook } from '../apply/run-hook.ts';
import { retryDelayMs } from '../plan/back-off.ts';
import { classifyError } from '../plan/classify-error.ts';
import { type KeptRun, runKey } from '../plan/hook-record.ts';
import { maskMessage } from '../plan/mask-secrets.ts';
import type { PreparedHook } from '../plan/prepare-application.ts';
import { objectFailure } from '../plan/remedies.ts';
import { resolveVersion } from '../plan/resource-index.ts';
import type { KubeFailure } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';
import type { HookObjects } from './hook-objects.ts';

/** One hook in one phase of the attempt. */
interface Run {
  readonly hook: PreparedHook;
  readonly phase: HookPhase;
  kept: KeptRun | undefined;
  activity: 'none' | 'running' | 'postponed';
  /** What it waits for. */
  message: string;
  /** What to do about it while it is postponed. */
  remedy: string;
  /** Steps in a row that were not taken or not kept. */
  refusals: number;
}

export interface HookAttempt {
  readonly id: string;
  readonly hooks: readonly PreparedHook[];
  /** What an earlier process has kept of it, by run. */
  readonly kept?: Readonly<Record<string, KeptRun>>;
  /** What becomes of an earlier attempt's run that is still at work. */
  readonly earlierRuns: 'await' | 'replace';
}

/** What the hooks tell their application. */
export interface HookHost {
  /** A step of a run is to be kept; resolves once it outlives process and node, or with why it can't be kept now. */
  keep(): Promise<AppError | undefined>;
  /** A run has ended, or is due again. */
  onEnded(): void;
  onChanged(): void;
}

const triedAgain = 'Nothing: it is tried again';

/** The hooks of one application's attempt: each runs once in each of its phases, whatever restarts meanwhile. */
export class ApplicationHooks {
  readonly #services: EngineServices;
  readonly #application: string;
  readonly #objects: HookObjects;
  readonly #host: HookHost;
  #runs = new Map<string, Run>();
  #attempt: HookAttempt = { id: '', hooks: [], earlierRuns: 'await' };
  #abort = new AbortController();

  constructor(services: EngineServices, application: string, objects: HookObjects, host: HookHost) {
    this.#services = services;
    this.#application = application;
    this.#objects = objects;
    this.#host = host;
  }

  /** Another attempt: what still runs for the old one is not waited for any more. */
  begin(attempt: HookAttempt): void {
    this.stop();
    this.#abort = new AbortController();
    this.#attempt = attempt;
    this.#runs = new Map();
    for (const hook of attempt.hooks) {
      for (const phase of hook.phases) {
        const key = runKey(hook.key, phase);
        const kept = attempt.kept?.[key];
        const idle = { activity: 'none', message: '', remedy: '', refusals: 0 } as const;
        this.#runs.set(key, { hook, phase, kept, ...idle });
      }
    }
  }

  get kept(): Readonly<Record<string, KeptRun>> {
    const kept = [...this.#runs].flatMap(([key, run]) => (run.kept === undefined ? [] : [[key, run.kept]]));
    return Object.fromEntries(kept) as Record<string, KeptRun>;
  }

  /** Hooks of these phases that the attempt has still to pass, each with the phases that are left. */
  due(...phases: readonly HookPhase[]): readonly PreparedHook[] {
    return this.#attempt.hooks.flatMap((hook) => {
      const left = hook.phases.filter(
        (phase) => phases.includes(phase) && this.#runOf(hook.key, phase)?.kept?.state !== 'succeeded',
      );
      return left.length === 0 ? [] : [{ ...hook, phases: left }];
    });
  }

  /** What the attempt would still begin as far as it goes well. */
  get unbegun(): readonly PreparedHook[] {
    const runs = [...this.#runs.values()];
    return runs
      .filter(({ kept, phase }) => kept === undefined && phase !== 'SyncFail')
      .map(({ hook }) => hook);
  }

  has(phase: HookPhase): boolean {
    return this.#attempt.hooks.some((hook) => hook.phases.includes(phase));
  }

  /** Whether it must not begin now: what it would write to is held. */
  isHeld(key: string, phase: HookPhase): boolean {
    const run = this.#runOf(key, phase);
    return run !== undefined && run.kept === undefined && this.#services.holds.isHeld(run.hook.ref);
  }

  get isRunning(): boolean {
    return [...this.#runs.values()].some((run) => run.activity !== 'none');
  }

  /** Why the attempt can't succeed any more, by the first hook that failed. */
  get problem(): string | undefined {
    const failed = [...this.#runs.values()].find(
      ({ phase, kept }) => phase !== 'SyncFail' && kept?.state === 'failed',
    );
    if (failed?.kept?.state !== 'failed') return undefined;
    return `${failed.phase} hook ${displayRef(failed.hook.ref)} failed: ${failed.kept.message}`;
  }

  get failures(): readonly ObjectFailure[] {
    return [...this.#runs.values()].flatMap(({ hook: { ref }, kept, activity, message, remedy }) => {
      if (kept?.state === 'failed') return [objectFailure(ref, 'hook-failed', kept.message)];
      return activity === 'postponed' ? [objectFailure(ref, 'hook-failed', message, remedy)] : [];
    });
  }

  get statuses(): readonly HookStatus[] {
    return [...this.#runs.values()].map((run) => statusOf(run));
  }

  /** Starts a hook that is due; tells how it stands. A failure counts once nothing else of the attempt runs. */
  carryOut(key: string, phase: HookPhase): 'done' | 'waiting' | 'failed' {
    const run = this.#runOf(key, phase);
    if (run === undefined || run.kept?.state === 'succeeded') return 'done';
    if (run.kept?.state === 'failed') return this.isRunning ? 'waiting' : 'failed';
    if (run.activity === 'none') this.#start(run);
    return 'waiting';
  }

  /** Nothing of it is waited for any more; what was created goes on by itself. */
  stop(): void {
    this.#abort.abort();
    for (const run of this.#runs.values()) run.activity = 'none';
  }

  #runOf(key: string, phase: HookPhase): Run | undefined {
    return this.#runs.get(runKey(key, phase));
  }

  #start(run: Run): void {
    run.activity = 'running';
    const { signal } = this.#abort;
    this.#log(run, 'hook started');
    void this.#run(run, signal)
      .catch((error: unknown): HookResult => ({ type: 'failed', message: String(error) }))
      .then((result) => this.#ended(run, result, signal));
  }

  async #run(run: Run, signal: AbortSignal): Promise<HookResult> {
    const { catalog, kube, guard, subscribeObject } = this.#services;
    const { hook, phase, kept } = run;
    const found = resolveVersion(catalog.index, hook.object.apiVersion, hook.ref.kind);
    if (found.type !== 'served') {
      return { type: 'failed', message: `the cluster serves no ${hook.object.apiVersion} ${hook.ref.kind}` };
    }
    // A later process has to know of this run before anything that carries its id is there.
    const unkept = await this.#keepAs(run, kept ?? { state: 'starting' });
    if (signal.aborted) return { type: 'cancelled' };
    if (unkept !== undefined) return { type: 'unkept', error: unkept };
    return runHook(kube, {
      resource: found.resource,
      hook,
      guard,
      runId: `${this.#attempt.id}/${phase}`,
      ...(kept?.state === 'started' ? { startedUid: kept.uid } : {}),
      earlierRun: this.#attempt.earlierRuns,
      subscribe: subscribeObject,
      signal,
      onStarted: (uid) => this.#started(run, uid, signal),
      onEnded: (result) => this.#keepResult(run, result, signal),
      onWaiting: (message) => {
        run.message = message;
        if (!signal.aborted) this.#host.onChanged();
      },
    });
  }

  async #started(run: Run, uid: string, signal: AbortSignal): Promise<AppError | undefined> {
    this.#objects.add(run.hook.ref, uid);
    // It is there: also while that can't be kept, the same process must not create it again.
    if (!signal.aborted) run.kept = { state: 'started', uid };
    const unkept = await this.#host.keep();
    // Its attempt was over before the answer came: what is there now is still to be cleared away.
    if (signal.aborted) this.#host.onEnded();
    return unkept;
  }

  async #keepResult(run: Run, result: HookResult, signal: AbortSignal): Promise<AppError | undefined> {
    if (signal.aborted) return undefined;
    if (result.type === 'succeeded') return this.#keepAs(run, { state: 'succeeded' });
    if (result.type !== 'failed') return undefined;
    return this.#keepAs(run, { state: 'failed', message: maskMessage(run.hook.object, result.message) });
  }

  /** What can't be kept doesn't count: nothing that follows from it is begun. */
  async #keepAs(run: Run, step: KeptRun): Promise<AppError | undefined> {
    const before = run.kept;
    run.kept = step;
    const unkept = await this.#host.keep();
    if (unkept !== undefined && run.kept === step) run.kept = before;
    return unkept;
  }

  async #ended(run: Run, result: HookResult, signal: AbortSignal): Promise<void> {
    if (signal.aborted || result.type === 'cancelled') return;
    run.message = '';
    const { kept } = run;
    const isKept = kept?.state === 'succeeded' || kept?.state === 'failed';
    const isEnd = result.type === 'succeeded' || result.type === 'failed';
    const unkept = isEnd && !isKept ? await this.#keepResult(run, result, signal) : undefined;
    if (signal.aborted) return;
    if (result.type === 'refused') this.#refused(run, result.failure, signal);
    else if (result.type === 'unkept') this.#unkept(run, result.error, signal);
    else if (unkept !== undefined) this.#unkept(run, unkept, signal);
    else run.activity = 'none';
    this.#log(run, 'hook ended', { result: result.type });
    this.#host.onEnded();
  }

  #refused(run: Run, failure: KubeFailure, signal: AbortSignal): void {
    run.message = maskMessage(run.hook.object, failure.message);
    run.refusals += 1;
    const { retry } = classifyError(failure);
    const { random } = this.#services;
    const delayMs = retryDelayMs(retry, run.refusals, random(), failure.retryAfterSeconds);
    if (delayMs === undefined) {
      run.activity = 'none';
      run.kept = { state: 'failed', message: run.message };
      void this.#host.keep();
      return;
    }
    this.#postpone(run, delayMs, triedAgain, signal);
  }

  #unkept(run: Run, error: AppError, signal: AbortSignal): void {
    run.message = `it goes on once the agent can remember how far it came, so that it runs once: ${error.message}`;
    run.refusals += 1;
    const delayMs = retryDelayMs('soon', run.refusals, this.#services.random()) ?? 0;
    this.#postpone(run, delayMs, error.remedy ?? triedAgain, signal);
  }

  #postpone(run: Run, delayMs: number, remedy: string, signal: AbortSignal): void {
    run.activity = 'postponed';
    run.remedy = remedy;
    const timer = this.#services.clock.setTimer(delayMs, () => {
      run.activity = 'none';
      this.#host.onEnded();
    });
    signal.addEventListener('abort', () => timer.cancel(), { once: true });
  }

  #log(run: Run, message: string, rest: Readonly<Record<string, unknown>> = {}): void {
    const { log } = this.#services;
    const hook = displayRef(run.hook.ref);
    log.info({ application: this.#application, hook, phase: run.phase, ...rest }, message);
  }
}

function statusOf({ hook, phase, kept, activity, message }: Run): HookStatus {
  const { ref } = hook;
  if (kept?.state === 'succeeded') return { ref, phase, state: 'succeeded', message: '' };
  if (kept?.state === 'failed') return { ref, phase, state: 'failed', message: kept.message };
  return { ref, phase, state: activity === 'none' ? 'due' : 'running', message };
}
