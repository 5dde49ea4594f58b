import type { AppError } from '../../core/error.ts';
import { type Guard, guardProblem } from '../../core/guard.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { displayRef } from '../../core/object-ref.ts';
import { hookEnd, hookToCreate, isAtWork, runAnnotation, shortenedTtl } from '../plan/hook-object.ts';
import { hookAnnotation, type PreparedHook } from '../plan/prepare-application.ts';
import type { ApiResource, KubeFailure, KubePort } from '../ports.ts';
import { HookEvents, type Subscribe } from './hook-events.ts';
import { readLive } from './inspect-object.ts';

export type HookResult =
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed'; readonly message: string }
  /** The API server did not take a request; what it had taken before goes on, and the same run can be taken up again. */
  | { readonly type: 'refused'; readonly failure: KubeFailure }
  /** How far it came could not be remembered; the same run can be taken up again. */
  | { readonly type: 'unkept'; readonly error: AppError }
  | { readonly type: 'cancelled' };

export interface HookRun {
  readonly resource: ApiResource;
  readonly hook: PreparedHook;
  readonly guard: Guard;
  /** Unique for the attempt and the phase: an object that carries it is this very run, started by an earlier process. */
  readonly runId: string;
  /** The uid of its object, where an earlier process had kept it: it is not created again. */
  readonly startedUid?: string;
  /** An earlier run that is at work: waited for, or replaced at once since a person asked for that. */
  readonly earlierRun: 'await' | 'replace';
  readonly subscribe: Subscribe;
  /** Called before anything else is done with it; tells why it can't be remembered. */
  readonly onStarted: (uid: string) => Promise<AppError | undefined>;
  /** Remembers how it ended, before anything of it is released; tells why it can't. */
  readonly onEnded: (result: HookResult) => Promise<AppError | undefined>;
  /** What is waited for, in a few words. */
  readonly onWaiting: (message: string) => void;
  readonly signal: AbortSignal;
}

const unseen = 'it was deleted before its end was seen';

/**
 * Runs one hook: what is left of an earlier run goes, then it is created, never merged, and watched to its end. One
 * that was created for this run already is only watched, so that a restart of the agent neither ends it nor runs it
 * twice. An object of the same name that isn't a hook of ours stays and fails the run. No finalizer is set: an end is
 * read from the last state that the watch tells, and a Job's time to live begins only once its end is kept.
 */
export async function runHook(kube: KubePort, run: HookRun): Promise<HookResult> {
  const refused = guardProblem(run.guard, run.hook.ref);
  if (refused !== undefined) return { type: 'failed', message: refused };
  const events = new HookEvents(run.subscribe, run.hook.key, run.signal);
  try {
    const started = await findOrStart(kube, run, events);
    if (!('metadata' in started)) return started;
    const unkept = await run.onStarted(started.metadata.uid ?? '');
    if (unkept !== undefined) return { type: 'unkept', error: unkept };
    const result = await awaitEnd(kube, run, started, events);
    if (result.type !== 'succeeded' && result.type !== 'failed') return result;
    const unkeptEnd = await run.onEnded(result);
    if (unkeptEnd !== undefined) return { type: 'unkept', error: unkeptEnd };
    await releaseJob(kube, run, started);
    return result;
  } finally {
    events.close();
  }
}

async function findOrStart(
  kube: KubePort,
  run: HookRun,
  events: HookEvents,
): Promise<KubeObject | HookResult> {
  const { resource, hook, runId, startedUid } = run;
  const read = await readLive(kube, resource, hook.ref);
  if (read.type === 'failed') return { type: 'refused', failure: read.failure };
  const live = read.type === 'live' ? read.object : undefined;
  if (live?.metadata.annotations?.[runAnnotation] === runId) return live;
  if (startedUid !== undefined) return { type: 'failed', message: unseen };
  const problem = live === undefined ? undefined : await removeEarlier(kube, run, live, events);
  if (problem !== undefined) return problem;
  if (run.signal.aborted) return { type: 'cancelled' };
  const created = await kube.create(resource, hookToCreate(hook.object, runId));
  return created.type === 'ok' ? created.object : { type: 'refused', failure: created.failure };
}

async function removeEarlier(
  kube: KubePort,
  run: HookRun,
  earlier: KubeObject,
  events: HookEvents,
): Promise<HookResult | undefined> {
  const { resource, hook } = run;
  if (earlier.metadata.annotations?.[hookAnnotation] !== hook.object.metadata.annotations?.[hookAnnotation]) {
    const message = `${displayRef(hook.ref)} exists and isn't this application's hook. Delete or rename it`;
    return { type: 'failed', message };
  }
  let live: KubeObject | undefined = earlier;
  while (live !== undefined && run.earlierRun === 'await' && isAtWork(live)) {
    run.onWaiting('its earlier run is still at work; a sync that you ask for replaces it');
    const event = await events.next();
    if (event === 'cancelled') return { type: 'cancelled' };
    live = event.type === 'live' ? event.object : undefined;
  }
  const deleted = await kube.delete(resource, hook.ref, { uid: earlier.metadata.uid ?? '' });
  if (deleted.type === 'failed' && deleted.failure.status !== 409) {
    return { type: 'refused', failure: deleted.failure };
  }
  return awaitGone(kube, run, earlier, events);
}

async function awaitGone(
  kube: KubePort,
  run: HookRun,
  earlier: KubeObject,
  events: HookEvents,
): Promise<HookResult | undefined> {
  for (;;) {
    const read = await readLive(kube, run.resource, run.hook.ref);
    if (read.type === 'failed') return { type: 'refused', failure: read.failure };
    if (read.type === 'absent' || read.object.metadata.uid !== earlier.metadata.uid) return undefined;
    const finalizers = read.object.metadata.finalizers ?? [];
    run.onWaiting(`its earlier run is being deleted, held by ${finalizers.join(', ') || 'its dependents'}`);
    if ((await events.next()) === 'cancelled') return { type: 'cancelled' };
  }
}

async function awaitEnd(
  kube: KubePort,
  run: HookRun,
  created: KubeObject,
  events: HookEvents,
): Promise<HookResult> {
  let live = created;
  for (;;) {
    const end = hookEnd(live);
    if (end.type !== 'running') return end;
    run.onWaiting(end.message);
    const event = await events.next();
    if (event === 'cancelled') return { type: 'cancelled' };
    const found = event.type === 'live' ? event.object : await lastState(kube, run, created, event.last);
    if (!('metadata' in found)) return found;
    if (found.metadata.uid === created.metadata.uid) live = found;
  }
}

/** It is said to be gone. The end of an earlier run may be told after this one was created. */
async function lastState(
  kube: KubePort,
  { resource, hook }: HookRun,
  created: KubeObject,
  last: KubeObject | undefined,
): Promise<KubeObject | HookResult> {
  const { uid } = created.metadata;
  if (last?.metadata.uid === uid && last !== undefined && hookEnd(last).type !== 'running') return last;
  const read = await readLive(kube, resource, hook.ref);
  if (read.type === 'failed') return { type: 'refused', failure: read.failure };
  const isThere = read.type === 'live' && read.object.metadata.uid === uid;
  return isThere ? read.object : { type: 'failed', message: unseen };
}

/** Its end is kept: from now on its time to live is Git's. Where this fails it goes a day after it ended. */
async function releaseJob(kube: KubePort, run: HookRun, { metadata }: KubeObject): Promise<void> {
  const ttlSecondsAfterFinished = shortenedTtl(run.hook.object);
  if (ttlSecondsAfterFinished === undefined) return;
  const patch = { metadata: { uid: metadata.uid ?? '' }, spec: { ttlSecondsAfterFinished } };
  await kube.patch(run.resource, run.hook.ref, patch, { manager: 'fairlead-hooks' });
}
