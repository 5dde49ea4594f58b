import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { ownerOf } from '../../core/tracking.ts';
import { describeDeletion } from '../plan/describe-deletion.ts';
import { planRelease } from '../plan/release-fields.ts';
import type { ApiResource, KubeFailure, KubePort } from '../ports.ts';
import { readLive } from './inspect-object.ts';

export type DeleteResult =
  /** It isn't there any more, or is no longer ours: the inventory can forget it. */
  | { readonly type: 'gone' }
  /** Accepted; the watch tells when it is gone. `held`: what keeps it, where something does. */
  | { readonly type: 'deleting'; readonly held?: string }
  | { readonly type: 'kept'; readonly reason: 'protected' | 'replaced' }
  /** Git has it again. */
  | { readonly type: 'undue' }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

export interface OwnedObject {
  readonly resource: ApiResource;
  readonly ref: ObjectRef;
  readonly application: string;
  /** Asked again after the object was read: Git may have brought it back meanwhile, or a person holds it. */
  readonly isDue: (live: KubeObject) => boolean;
}

export interface DueObject extends OwnedObject {
  /** The uid that was decided about: another one is another object. */
  readonly uid: string;
  /** How much protection it may ask for live and still be deleted. */
  readonly isProtected: (live: KubeObject) => boolean;
}

const attempts = 5;

/**
 * Deletes an object after reading it again: it must be ours by its own valid mark, the one that we applied, and
 * unprotected. The very version that was read is deleted: whoever marks or protects it meanwhile keeps it.
 */
export async function deleteObject(kube: KubePort, owned: DueObject): Promise<DeleteResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await deleteOnce(kube, owned);
    if (result.type !== 'failed' || result.failure.status !== 409 || attempt === attempts) return result;
  }
}

async function deleteOnce(kube: KubePort, owned: DueObject): Promise<DeleteResult> {
  const read = await readLive(kube, owned.resource, owned.ref);
  if (read.type === 'absent') return { type: 'gone' };
  if (read.type === 'failed') return read;
  const { metadata } = read.object;
  if (ownerOf(read.object, owned.ref) !== owned.application) return { type: 'gone' };
  if (metadata.deletionTimestamp !== undefined) return deleting(read.object, owned.ref);
  if (metadata.uid !== owned.uid) return { type: 'kept', reason: 'replaced' };
  if (owned.isProtected(read.object) || (metadata.ownerReferences ?? []).length > 0) {
    return { type: 'kept', reason: 'protected' };
  }
  if (!owned.isDue(read.object)) return { type: 'undue' };
  const { uid } = owned;
  const { resourceVersion } = metadata;
  const answer = await kube.delete(owned.resource, owned.ref, {
    uid,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
  return answer.type === 'ok' ? { type: 'deleting' } : answer;
}

function deleting(live: KubeObject, ref: ObjectRef): DeleteResult {
  const held = describeDeletion(live, ref);
  return { type: 'deleting', ...(held === undefined ? {} : { held }) };
}

/** Its own manager, so that the patch never looks like desired state. */
const releaseManager = 'fairlead-release';

/**
 * Leaves an object as it is, without our marks and without a claim of ours on its fields, so that whoever comes next may
 * take any of them away. Another owner's marks are not touched: the version that was read is patched, or none.
 */
export async function releaseObject(kube: KubePort, owned: OwnedObject): Promise<DeleteResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await releaseOnce(kube, owned);
    if (result.type !== 'failed' || result.failure.status !== 409 || attempt === attempts) return result;
  }
}

async function releaseOnce(kube: KubePort, owned: OwnedObject): Promise<DeleteResult> {
  const read = await readLive(kube, owned.resource, owned.ref);
  if (read.type === 'absent') return { type: 'gone' };
  if (read.type === 'failed') return read;
  if (ownerOf(read.object, owned.ref) !== owned.application) return { type: 'gone' };
  if (!owned.isDue(read.object)) return { type: 'undue' };
  const patch = planRelease(read.object);
  const answer = await kube.jsonPatch(owned.resource, owned.ref, patch, { manager: releaseManager });
  return answer.type === 'ok' ? { type: 'gone' } : answer;
}
