import type { KubeObject } from '../../core/kube-object.ts';
import { displayRef } from '../../core/object-ref.ts';
import { objectHealth } from '../health/object-health.ts';
import { hookAnnotation, type PreparedHook } from '../plan/prepare-application.ts';
import type { ApiResource, KubePort } from '../ports.ts';
import { readLive } from './inspect-object.ts';

export type HookResult =
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'cancelled' };

/** Events of one object, as the watch of its kind brings them; `undefined` when it is gone. Returns how to stop. */
export type Subscribe = (key: string, listener: (live: KubeObject | undefined) => void) => () => void;

export interface HookRun {
  readonly resource: ApiResource;
  readonly hook: PreparedHook;
  readonly subscribe: Subscribe;
  readonly signal: AbortSignal;
}

/**
 * Runs one hook: what is left of an earlier run goes, then it is created, never merged, and watched to its end.
 * An object of the same name that isn't a hook of ours stays and fails the run.
 */
export async function runHook(kube: KubePort, run: HookRun): Promise<HookResult> {
  const events = new HookEvents(run);
  try {
    const problem = await removeEarlier(kube, run, events);
    if (problem !== undefined) return problem;
    const created = await kube.create(run.resource, run.hook.object);
    if (created.type === 'failed') return { type: 'failed', message: created.failure.message };
    const result = await awaitEnd(kube, run, created.object, events);
    await cleanUp(kube, run, created.object, result);
    return result;
  } finally {
    events.close();
  }
}

async function removeEarlier(
  kube: KubePort,
  { resource, hook }: HookRun,
  events: HookEvents,
): Promise<HookResult | undefined> {
  const read = await readLive(kube, resource, hook.ref);
  if (read.type === 'absent') return undefined;
  if (read.type === 'failed') return { type: 'failed', message: read.failure.message };
  const { metadata } = read.object;
  if (metadata.annotations?.[hookAnnotation] !== hook.object.metadata.annotations?.[hookAnnotation]) {
    const message = `${displayRef(hook.ref)} exists and isn't this application's hook. Delete or rename it`;
    return { type: 'failed', message };
  }
  const deleted = await kube.delete(resource, hook.ref, { uid: metadata.uid ?? '' });
  if (deleted.type === 'failed') return { type: 'failed', message: deleted.failure.message };
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
