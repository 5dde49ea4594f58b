import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { ownerOf } from '../../core/tracking.ts';
import { isPruneProtected } from '../plan/prune-protection.ts';
import { planRelease } from '../plan/release-fields.ts';
import type { ApiResource, KubeFailure, KubePort } from '../ports.ts';
import { readLive } from './inspect-object.ts';

export type DeleteResult =
  /** It isn't there any more, or is no longer ours: the inventory can forget it. */
  | { readonly type: 'gone' }
  /** Accepted; the watch tells when it is gone. */
  | { readonly type: 'deleting' }
  | { readonly type: 'kept'; readonly reason: 'protected' }
  /** Git has it again. */
  | { readonly type: 'undue' }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

interface OwnedObject {
  readonly resource: ApiResource;
  readonly ref: ObjectRef;
  readonly application: string;
  /** The uid that we applied, where it is known: another one is another object. */
  readonly uid?: string;
  /** Asked again after the object was read: Git may have brought it back meanwhile, or a person holds it. */
  readonly isDue: (live: KubeObject) => boolean;
}

const attempts = 5;

/**
 * Deletes an object after reading it again: it must be ours by its own valid mark, the one that we applied, and
 * unprotected. The very version that was read is deleted: whoever marks or protects it meanwhile keeps it.
 */
export async function deleteObject(kube: KubePort, owned: OwnedObject): Promise<DeleteResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await deleteOnce(kube, owned);
    if (result.type !== 'failed' || result.failure.status !== 409 || attempt === attempts) return result;
  }
}

async function deleteOnce(kube: KubePort, owned: OwnedObject): Promise<DeleteResult> {
  const read = await readLive(kube, owned.resource, owned.ref);
  if (read.type === 'absent') return { type: 'gone' };
  if (read.type === 'failed') return read;
  const { metadata } = read.object;
  if (ownerOf(read.object, owned.ref) !== owned.application) return { type: 'gone' };
  if (metadata.deletionTimestamp !== undefined) return { type: 'deleting' };
  if (isKept(read.object, owned.uid)) return { type: 'kept', reason: 'protected' };
  if (!owned.isDue(read.object)) return { type: 'undue' };
  const { uid = '', resourceVersion } = metadata;
  const answer = await kube.delete(owned.resource, owned.ref, {
    uid,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
  return answer.type === 'ok' ? { type: 'deleting' } : answer;
}

function isKept(live: KubeObject, uid: string | undefined): boolean {
  if (isPruneProtected(live) || (live.metadata.ownerReferences ?? []).length > 0) return true;
  return uid !== undefined && uid !== live.metadata.uid;
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
