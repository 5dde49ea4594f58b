import { type Digest, digest } from '../../core/digest.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { Arrival } from '../ports.ts';
import { sealContent, sealReplicas, type WriteFact } from './admission-fact.ts';
import { isOlder } from './judge-live.ts';

/**
 * Who wrote one object since it last was as it should be. A write is somebody's only where it is exactly one write after the version
 * that was known, and where all who asked for what it made of that version are one user (engine reference §2.5): whoever could have
 * failed counts, and a wrong person would be worse than none.
 */
export interface WriteTrail {
  readonly uid: string;
  /** The newest version that was followed. */
  readonly version: string;
  /** It stays the same while only status moves. */
  readonly mark: string;
  /** Oldest first; `undefined` for nobody that is known. */
  readonly writes: readonly { readonly version: string; readonly user: string | undefined }[];
  /** Who began its deletion; whoever writes or deletes after that changes nothing about it. */
  readonly deletion?: { readonly user: string | undefined };
  /** The watch lost sight of it: what comes next may be any number of writes later. */
  readonly isLost?: true;
}

export interface TrailEvent {
  readonly object: KubeObject;
  readonly how: Arrival | 'deleted';
}

type Seal = (text: string) => Digest;

/** More than these are told as nobody's. */
const mostWrites = 32;

/** After one more event; `facts` are those of its object. One that isn't newer changes nothing. */
export function followTrail(
  trail: WriteTrail | undefined,
  { object, how }: TrailEvent,
  facts: readonly WriteFact[],
  seal: Seal,
): WriteTrail | undefined {
  const { uid = '', resourceVersion: version = '' } = object.metadata;
  if (how === 'deleted') return trail === undefined ? undefined : { ...trail, isLost: true };
  const mark = markOf(object);
  const isGoing = object.metadata.deletionTimestamp !== undefined;
  if (trail?.uid !== uid) {
    const deletion = isGoing ? { deletion: { user: undefined } } : {};
    return { uid, version, mark, writes: [{ version, user: undefined }], ...deletion };
  }
  if (!isOlder(trail.version, version)) return trail;
  const { isLost, ...known } = trail;
  if (known.mark === mark && isLost === undefined) return { ...known, version };
  const isNext = how === 'written' && isLost === undefined;
  const begins = isGoing && known.deletion === undefined;
  const asked = isNext ? facts.filter(({ before }) => before === known.version) : [];
  const user = onlyUser(
    begins ? asked.filter(isDeletion) : asked.filter((fact) => makes(fact, object, seal)),
  );
  const writes = [...known.writes, { version, user }];
  return {
    ...known,
    version,
    mark,
    writes: writes.length > mostWrites ? [{ version, user: undefined }] : writes,
    ...(begins ? { deletion: { user } } : {}),
  };
}

/** At what we left: what was written up to it is of no interest. */
export function leaveTrail(trail: WriteTrail | undefined, object: KubeObject): WriteTrail {
  const { uid = '', resourceVersion: version = '' } = object.metadata;
  const isFollowed = trail?.uid === uid && !isOlder(trail.version, version);
  if (isFollowed) return { ...trail, writes: after(trail, version) };
  return { uid, version, mark: markOf(object), writes: [] };
}

/** It was found to be as it should be at this version. */
export function restTrail(trail: WriteTrail | undefined, version: string): WriteTrail | undefined {
  return trail === undefined ? undefined : { ...trail, writes: after(trail, version) };
}

/** The one user of all writes up to this version. */
export function changerOf(trail: WriteTrail, version: string | undefined): string | undefined {
  if (version === undefined || isOlder(trail.version, version)) return undefined;
  return onlyUser(trail.writes.filter((write) => !isOlder(version, write.version)));
}

/** Who deleted it, once it is gone: who began it, or who deleted the last version that was known. */
export function deleterOf(trail: WriteTrail, facts: readonly WriteFact[]): string | undefined {
  if (trail.deletion !== undefined) return trail.deletion.user;
  return onlyUser(facts.filter((fact) => isDeletion(fact) && fact.before === trail.version));
}

function after({ writes }: WriteTrail, version: string): WriteTrail['writes'] {
  return writes.filter((write) => isOlder(version, write.version));
}

function isDeletion({ operation }: WriteFact): boolean {
  return operation === 'delete';
}

/** Whether this is what the write would have made of it. */
function makes(fact: WriteFact, object: KubeObject, seal: Seal): boolean {
  if (fact.replicas !== undefined) return fact.replicas === sealReplicas(object, seal);
  return fact.after !== undefined && fact.after === sealContent(object, seal);
}

function onlyUser(asked: readonly { readonly user: string | undefined }[]): string | undefined {
  const users = new Set(asked.map(({ user }) => user));
  return users.size === 1 ? [...users][0] : undefined;
}

/** Kinds without a generation (ConfigMap, Secret, RBAC) tell nothing of what moved: each version of theirs is a write. */
function markOf({ metadata }: KubeObject): string {
  const { generation, labels, annotations, finalizers, ownerReferences, deletionTimestamp } = metadata;
  if (generation === undefined) return metadata.resourceVersion ?? '';
  const moving = [generation, labels, annotations, finalizers, ownerReferences, deletionTimestamp];
  return digest(JSON.stringify(moving));
}
