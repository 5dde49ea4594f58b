import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { type RecreatePolicy, recreateObstacle, trialOf } from '../plan/recreate-policy.ts';
import type { ApiResource, KubeFailure, KubePort } from '../ports.ts';
import { readLive } from './inspect-object.ts';

export type RecreateResult =
  /** It is gone: now it can be made again. */
  | { readonly type: 'deleted' }
  /** Accepted, but finalizers or its dependents hold it. */
  | { readonly type: 'leaving'; readonly live: KubeObject }
  /** It stays as it is. */
  | { readonly type: 'refused'; readonly why: string }
  | { readonly type: 'undue' }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

export interface RecreateRequest {
  readonly resource: ApiResource;
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly application: string;
  readonly recreate: RecreatePolicy;
  readonly isDue: (live: KubeObject) => boolean;
}

const attempts = 5;

/**
 * Deletes an object whose replacement the API server would take, and no other: it is tried under another name first. The
 * very version that was judged is deleted. A crash after it loses nothing: what Git wants is not there then, and is made.
 */
export async function recreateObject(kube: KubePort, request: RecreateRequest): Promise<RecreateResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await recreateOnce(kube, request);
    if (result.type !== 'failed' || result.failure.status !== 409 || attempt === attempts) return result;
  }
}

/** Whether the API server has judged what it was asked, and would say the same of the same again. */
export function isDecided({ status }: KubeFailure): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429;
}

async function recreateOnce(kube: KubePort, request: RecreateRequest): Promise<RecreateResult> {
  const { resource, ref, object, application, recreate } = request;
  const read = await readLive(kube, resource, ref);
  if (read.type === 'absent') return { type: 'deleted' };
  if (read.type === 'failed') return read;
  const live = read.object;
  if (live.metadata.deletionTimestamp !== undefined) return { type: 'leaving', live };
  if (recreate === 'never') return { type: 'refused', why: 'nobody allowed it' };
  const why = recreateObstacle(live, object, application);
  if (why !== undefined) return { type: 'refused', why };
  const trial = await kube.apply(resource, trialOf(object, live), { dryRun: true });
  if (trial.type === 'failed' && !isDecided(trial.failure)) return trial;
  if (trial.type === 'failed')
    return { type: 'refused', why: `the new one would be refused too: ${trial.failure.message}` };
  if (!request.isDue(live)) return { type: 'undue' };
  const { uid = '', resourceVersion } = live.metadata;
  const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  const answer = await kube.delete(resource, ref, preconditions, { propagation: recreate });
  if (answer.type === 'failed') return answer;
  const after = await readLive(kube, resource, ref);
  if (after.type === 'failed') return after;
  const isGone = after.type === 'absent' || after.object.metadata.uid !== uid;
  return isGone ? { type: 'deleted' } : { type: 'leaving', live: after.object };
}
