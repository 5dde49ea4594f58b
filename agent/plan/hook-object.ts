import { isJsonObject, jsonAt, numberAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { judgeHealth } from '../health/object-health.ts';

/** Pure rules of a hook's own object: how it is created, and what its live state says of the run. */

/** Names the run that an object was created for, so that no later process runs it again. */
export const runAnnotation = 'fairlead.dev/hook-run';

/**
 * A finished Job stays at least so long, whatever its `ttlSecondsAfterFinished`: it must not vanish before its end was
 * seen, and no finalizer of ours is needed for that. Once its end is kept, Git's own value is set.
 */
const heldForSeconds = 86_400;

/** What is created: Git's object with the mark of its run, and a Job's time to live stretched. */
export function hookToCreate(object: KubeObject, runId: string): KubeObject {
  const { metadata } = object;
  const marked = {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [runAnnotation]: runId } },
  };
  const spec = object['spec'];
  if (shortenedTtl(object) === undefined || !isJsonObject(spec)) return marked;
  return { ...marked, spec: { ...spec, ttlSecondsAfterFinished: heldForSeconds } };
}

/** The time to live that Git wants, in seconds, where it was stretched. */
export function shortenedTtl(object: KubeObject): number | undefined {
  if (object.kind !== 'Job' || !object.apiVersion.startsWith('batch/')) return undefined;
  const ttl = numberAt(object, 'spec', 'ttlSecondsAfterFinished');
  return ttl !== undefined && ttl < heldForSeconds ? ttl : undefined;
}

export type HookEnd =
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'running'; readonly message: string };

/**
 * How a run stands by its object. What is on its way out still says how it ended. Kinds that may stay in progress for
 * good (a claim that waits for its first consumer, an Ingress without an address) are done once they are there.
 */
export function hookEnd(live: KubeObject): HookEnd {
  const { deletionTimestamp: _leaving, ...metadata } = live.metadata;
  const { health } = judgeHealth({ ...live, metadata }, { now: new Date(0), status: 'standing' });
  if (health === undefined || health.status === 'Healthy' || health.gating === false) {
    return { type: 'succeeded' };
  }
  if (health.status === 'Degraded') return { type: 'failed', message: health.message };
  return { type: 'running', message: health.message };
}

/** Whether something of it runs now, which deleting it would break off. One that can't start is in nobody's way. */
export function isAtWork(live: KubeObject): boolean {
  if (hookEnd(live).type !== 'running') return false;
  if (live.kind === 'Pod') return stringAt(live, 'status', 'phase') === 'Running';
  const ready = jsonAt(live, 'status', 'ready');
  return live.kind === 'Job' && typeof ready === 'number' && ready > 0;
}
