import { type Guard, guardProblem } from '../../core/guard.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { displayRef } from '../../core/object-ref.ts';
import { objectHealth } from '../health/object-health.ts';
import { hookAnnotation, type PreparedHook } from '../plan/prepare-application.ts';
import type { ApiResource, KubeFailure, KubePort } from '../ports.ts';
import { type LiveResult, readLive } from './inspect-object.ts';

export type HookResult =
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed'; readonly message: string }
  /** The API server did not take a request; what it had taken before goes on, and the same run can be taken up again. */
  | { readonly type: 'refused'; readonly failure: KubeFailure }
  | { readonly type: 'cancelled' };

/** Events of one object, as the watch of its kind brings them; `undefined` when it is gone. Returns how to stop. */
export type Subscribe = (key: string, listener: (live: KubeObject | undefined) => void) => () => void;

export interface HookRun {
  readonly resource: ApiResource;
  readonly hook: PreparedHook;
  readonly guard: Guard;
  /** The sync that it is run for: an object that carries this id is this very run, started by an earlier process. */
  readonly syncId: string;
  readonly subscribe: Subscribe;
  /** Remembers how it ended, before anything of it is cleaned up. */
  readonly keep: (result: HookResult) => Promise<void>;
  readonly signal: AbortSignal;
}

const syncAnnotation = 'fairlead.dev/sync-id';

/**
 * Runs one hook: what is left of an earlier sync goes, then it is created, never merged, and watched to its end. One
 * that was created for this sync already is only watched, so that a restart of the agent neither ends it nor runs it
 * twice. An object of the same name that isn't a hook of ours stays and fails the run.
 */
export async function runHook(kube: KubePort, run: HookRun): Promise<HookResult> {
  const refused = guardProblem(run.guard, run.hook.ref);
  if (refused !== undefined) return { type: 'failed', message: refused };
  const events = new HookEvents(run);
  try {
    const read = await readLive(kube, run.resource, run.hook.ref);
    if (read.type === 'failed') return { type: 'refused', failure: read.failure };
    const isStarted =
      read.type === 'live' && read.object.metadata.annotations?.[syncAnnotation] === run.syncId;
    const started = isStarted ? read.object : await start(kube, run, read, events);
    if (isResult(started)) return started;
    const result = await awaitEnd(kube, run, started, events);
    if (result.type === 'cancelled') return result;
    await run.keep(result);
    await cleanUp(kube, run, started, result);
    return result;
  } finally {
    events.close();
  }
}

function isResult(started: KubeObject | HookResult): started is HookResult {
  return !('metadata' in started);
}

async function start(
  kube: KubePort,
  run: HookRun,
  earlier: Exclude<LiveResult, { type: 'failed' }>,
  events: HookEvents,
): Promise<KubeObject | HookResult> {
  const problem =
    earlier.type === 'live' ? await removeEarlier(kube, run, earlier.object, events) : undefined;
  if (problem !== undefined) return problem;
  const { object } = run.hook;
  const annotations = { ...object.metadata.annotations, [syncAnnotation]: run.syncId };
  const created = await kube.create(run.resource, {
    ...object,
    metadata: { ...object.metadata, annotations },
  });
  return created.type === 'ok' ? created.object : { type: 'refused', failure: created.failure };
}

async function removeEarlier(
  kube: KubePort,
  { resource, hook }: HookRun,
  { metadata }: KubeObject,
  events: HookEvents,
): Promise<HookResult | undefined> {
  if (metadata.annotations?.[hookAnnotation] !== hook.object.metadata.annotations?.[hookAnnotation]) {
    const message = `${displayRef(hook.ref)} exists and isn't this application's hook. Delete or rename it`;
    return { type: 'failed', message };
  }
  const deleted = await kube.delete(resource, hook.ref, { uid: metadata.uid ?? '' });
  if (deleted.type === 'failed') return { type: 'refused', failure: deleted.failure };
  while ((await readLive(kube, resource, hook.ref)).type !== 'absent') {
    if ((await events.next()) === 'cancelled') return { type: 'cancelled' };
  }
  return undefined;
}

async function awaitEnd(
  kube: KubePort,
  { resource, hook }: HookRun,
  created: KubeObject,
  events: HookEvents,
): Promise<HookResult> {
  let live = created;
  for (;;) {
    const health = objectHealth(live);
    if (health === undefined || health.status === 'Healthy') return { type: 'succeeded' };
    if (health.status === 'Degraded') return { type: 'failed', message: health.message };
    const event = await events.next();
    if (event === 'cancelled') return { type: 'cancelled' };
    if (event !== 'gone') {
      if (event.metadata.uid === created.metadata.uid) live = event;
      continue;
    }
    // The end of an earlier run may be told after this one was created.
    const read = await readLive(kube, resource, hook.ref);
    const isGone =
      read.type === 'live' ? read.object.metadata.uid !== created.metadata.uid : read.type === 'absent';
    if (isGone) return { type: 'failed', message: 'it was deleted before it ended' };
    if (read.type === 'live') live = read.object;
  }
}

async function cleanUp(kube: KubePort, run: HookRun, created: KubeObject, result: HookResult): Promise<void> {
  const policies = run.hook.deletePolicies;
  const isDue =
    (result.type === 'succeeded' && policies.includes('HookSucceeded')) ||
    (result.type === 'failed' && policies.includes('HookFailed'));
  // A leftover is no harm: the next run removes it first.
  if (isDue) await kube.delete(run.resource, run.hook.ref, { uid: created.metadata.uid ?? '' });
}

/** The newest event of one object, for one reader. */
class HookEvents {
  readonly #stop: () => void;
  readonly #signal: AbortSignal;
  readonly #waiting: (KubeObject | 'gone')[] = [];
  #wake: () => void = () => undefined;

  constructor(run: HookRun) {
    this.#signal = run.signal;
    this.#stop = run.subscribe(run.hook.key, (live) => {
      this.#waiting.push(live ?? 'gone');
      this.#wake();
    });
    run.signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  async next(): Promise<KubeObject | 'gone' | 'cancelled'> {
    while (this.#waiting.length === 0 && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#waiting.shift() ?? 'cancelled';
  }

  close(): void {
    this.#stop();
  }
}
