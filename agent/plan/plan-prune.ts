import { isConfirmedKind } from '../../core/confirmed-kind.ts';
import type { DeleteLimits } from '../../core/desired.ts';
import type { Gate } from '../../core/gate.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import { compareRefs } from './order.ts';
import {
  type Confirmed,
  type ExactObject,
  emptyGate,
  kindGate,
  type PruneGate,
  shareGate,
} from './prune-gates.ts';
import type { Protection } from './prune-protection.ts';

/** An object of the application's inventory that its desired set doesn't have. */
export interface PruneCandidate {
  readonly ref: ObjectRef;
  /** Of the live object; undefined where it could not be read. */
  readonly uid: string | undefined;
  /** Uids that we know of objects of ours by this name; none where nothing is remembered. */
  readonly knownUids: readonly string[];
  /** The strongest that it asked for when it was applied last, or asks for live. */
  readonly protection: Protection;
  /** Whether its group answers discovery. */
  readonly group: 'known' | 'unknown';
  /** What would be lost or broken with it, in a sentence; confirming it doesn't help. */
  readonly inUse?: string;
}

export interface PruneFacts {
  readonly application: string;
  readonly candidates: readonly PruneCandidate[];
  /** Objects in the desired set. */
  readonly desiredCount: number;
  /** `application`: the whole of it was removed from Git on purpose, so an empty set is what was asked for. */
  readonly scope: 'objects' | 'application';
  readonly allowEmpty: boolean;
  readonly deleteLimits: DeleteLimits;
  /** The agent's own namespace. */
  readonly agentNamespace: string;
  /** What a person confirmed. */
  readonly confirmed: Confirmed;
}

export interface PrunePlan {
  /** In this order. */
  readonly remove: readonly ExactObject[];
  readonly kept: readonly KeptObject[];
  /** What waits for somebody. */
  readonly gates: readonly Gate[];
  /** Those of the gates that a person can open, with what exactly they stand for. */
  readonly offers: readonly PruneOffer[];
}

export interface PruneOffer {
  readonly id: string;
  readonly objects: readonly ExactObject[];
}

export interface KeptObject {
  readonly ref: ObjectRef;
  readonly reason:
    | 'protected'
    | 'system'
    | 'unknown-group'
    | 'unread'
    | 'replaced'
    | 'in-use'
    | 'left'
    | 'needs-confirmation'
    | 'brake';
}

/**
 * What may go, and what holds the rest (guarantee 2). It decides about candidates only, which come from the
 * inventory: nothing else can be named. Whoever carries it out reads each object again before deleting it.
 */
export function planPrune(facts: PruneFacts): PrunePlan {
  const kept: KeptObject[] = [];
  const asked: ExactObject[] = [];
  const unasked: ExactObject[] = [];
  const confirmed: ExactObject[] = [];
  for (const candidate of facts.candidates) {
    const { ref, uid } = candidate;
    const reason = reasonToKeep(candidate, facts.agentNamespace);
    if (reason !== undefined || uid === undefined) kept.push({ ref, reason: reason ?? 'unread' });
    else if (facts.confirmed.get(formatRef(ref)) === uid) confirmed.push({ ref, uid });
    else if (candidate.protection === 'confirm') asked.push({ ref, uid });
    else if (!isConfirmedKind(ref)) unasked.push({ ref, uid });
    // With its whole application gone it is left, and nobody needs to be asked.
    else if (facts.scope === 'application') kept.push({ ref, reason: 'left' });
    else asked.push({ ref, uid });
  }
  const gates: PruneGate[] = [];
  const held = facts.scope === 'objects' ? brake(facts, unasked) : undefined;
  const hold = (objects: readonly ExactObject[], reason: KeptObject['reason'], gate: PruneGate): void => {
    kept.push(...objects.map(({ ref }) => ({ ref, reason })));
    gates.push(gate);
  };
  if (held !== undefined) hold(unasked, 'brake', held);
  if (asked.length > 0) hold(asked, 'needs-confirmation', kindGate(facts.application, asked));
  const going = [...confirmed, ...(held === undefined ? unasked : [])];
  const inhabited = going.flatMap(({ ref }) => {
    const inside = isNamespace(ref) ? kept.filter((object) => object.ref.namespace === ref.name) : [];
    return inside.length === 0 ? [] : [{ ref, inUse: inhabitedReason(ref, inside) }];
  });
  const stays = new Set(inhabited.map(({ ref }) => ref));
  kept.push(...inhabited.map(({ ref }) => ({ ref, reason: 'in-use' as const })));
  return {
    remove: going
      .filter(({ ref }) => !stays.has(ref))
      .sort((left, right) => compareRefs(right.ref, left.ref)),
    kept,
    gates:
      facts.scope === 'application' ? gates : [...gates, ...inUseGates([...facts.candidates, ...inhabited])],
    offers: gates.map(({ id }) => ({ id, objects: id === held?.id ? unasked : asked })),
  };
}

function reasonToKeep(candidate: PruneCandidate, agentNamespace: string): KeptObject['reason'] | undefined {
  const { ref, uid, knownUids } = candidate;
  if (isSystemObject(ref, agentNamespace)) return 'system';
  if (candidate.protection === 'keep') return 'protected';
  if (candidate.group === 'unknown') return 'unknown-group';
  if (uid === undefined) return 'unread';
  if (knownUids.length > 0 && !knownUids.includes(uid)) return 'replaced';
  return candidate.inUse === undefined ? undefined : 'in-use';
}

/** Namespaces that a cluster or this agent can't do without. */
function isSystemObject(ref: ObjectRef, agentNamespace: string): boolean {
  if (!isNamespace(ref)) return false;
  return ref.name === 'default' || ref.name.startsWith('kube-') || ref.name === agentNamespace;
}

/** Counted over what nobody confirmed: what was confirmed makes nothing else go. */
function brake(facts: PruneFacts, removable: readonly ExactObject[]): PruneGate | undefined {
  const { application, desiredCount, deleteLimits } = facts;
  if (removable.length === 0) return undefined;
  if (desiredCount === 0) return facts.allowEmpty ? undefined : emptyGate(application, removable);
  const isConfirmed = ({ ref, uid }: PruneCandidate) => facts.confirmed.get(formatRef(ref)) === uid;
  const total = desiredCount + facts.candidates.filter((candidate) => !isConfirmed(candidate)).length;
  const { freeObjects, maxShare } = deleteLimits;
  if (total < freeObjects || removable.length / total <= maxShare) return undefined;
  return shareGate(application, removable, { total, maxShare });
}

/** Deleting a namespace deletes what is in it, also what is kept for a reason of its own. */
function inhabitedReason(namespace: ObjectRef, inside: readonly KeptObject[]): string {
  const first = inside[0] === undefined ? '' : displayRef(inside[0].ref);
  const more = inside.length === 1 ? '' : ` and ${inside.length - 1} more`;
  return `${displayRef(namespace)} left Git and stays, since ${first}${more} in it ${inside.length === 1 ? 'stays' : 'stay'}`;
}

function isNamespace({ group, kind }: ObjectRef): boolean {
  return group === '' && kind === 'Namespace';
}

function inUseGates(candidates: readonly Pick<PruneCandidate, 'inUse'>[]): readonly Gate[] {
  return candidates.flatMap(({ inUse }) =>
    inUse === undefined
      ? []
      : [
          {
            kind: 'brake' as const,
            reason: inUse,
            remedy: 'Bring its manifest back, or delete what uses it first: it is asked about then',
          },
        ],
  );
}
