import type { DeleteLimits } from '../../core/desired.ts';
import type { Gate } from '../../core/gate.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';
import { compareRefs } from './order.ts';

/** An object of the application's inventory that its desired set doesn't have. */
export interface PruneCandidate {
  readonly ref: ObjectRef;
  /** It said so when it was applied last, or says so live. */
  readonly pruneProtected: boolean;
  /** Whether its group answers discovery. */
  readonly group: 'known' | 'unknown';
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
}

export type PrunePlan =
  /** In this order; `kept` stay, each with its reason; a gate says what waits for a person. */
  { readonly remove: readonly ObjectRef[]; readonly kept: readonly KeptObject[]; readonly gate?: Gate };

export interface KeptObject {
  readonly ref: ObjectRef;
  readonly reason: 'protected' | 'system' | 'unknown-group' | 'needs-confirmation' | 'brake';
}

const confirmedKinds: ReadonlySet<string> = new Set([
  '/Namespace',
  'apiextensions.k8s.io/CustomResourceDefinition',
  '/PersistentVolume',
  '/PersistentVolumeClaim',
]);

/**
 * What may go, and what holds the rest (guarantee 2). It decides about candidates only, which come from the
 * inventory: nothing else can be named. Whoever carries it out reads each object again before deleting it.
 */
export function planPrune(facts: PruneFacts): PrunePlan {
  const kept: KeptObject[] = [];
  const removable: ObjectRef[] = [];
  for (const candidate of facts.candidates) {
    const reason = reasonToKeep(candidate, facts.agentNamespace);
    if (reason === undefined) removable.push(candidate.ref);
    else kept.push({ ref: candidate.ref, reason });
  }
  const ordered = removable.sort((left, right) => compareRefs(right, left));
  const held = facts.scope === 'objects' ? brake(facts, ordered) : undefined;
  if (held !== undefined) {
    return {
      remove: [],
      kept: [...kept, ...ordered.map((ref) => ({ ref, reason: 'brake' as const }))],
      gate: held,
    };
  }
  const unconfirmed = kept.filter((object) => object.reason === 'needs-confirmation');
  if (unconfirmed.length === 0 || facts.scope === 'application') return { remove: ordered, kept };
  return { remove: ordered, kept, gate: confirmationGate(unconfirmed.map((object) => object.ref)) };
}

function reasonToKeep(candidate: PruneCandidate, agentNamespace: string): KeptObject['reason'] | undefined {
  const { ref } = candidate;
  const namespace = ref.kind === 'Namespace' && ref.group === '' ? ref.name : ref.namespace;
  if (isSystemNamespace(namespace) && ref.kind === 'Namespace') return 'system';
  if (namespace === agentNamespace && ref.kind === 'Namespace') return 'system';
  if (candidate.pruneProtected) return 'protected';
  if (candidate.group === 'unknown') return 'unknown-group';
  if (confirmedKinds.has(`${ref.group}/${ref.kind}`)) return 'needs-confirmation';
  return undefined;
}

function isSystemNamespace(name: string): boolean {
  return name === 'default' || name.startsWith('kube-');
}

function brake(facts: PruneFacts, removable: readonly ObjectRef[]): Gate | undefined {
  if (removable.length === 0) return undefined;
  if (facts.desiredCount === 0) {
    if (facts.allowEmpty) return undefined;
    return {
      kind: 'brake',
      reason: `${facts.application} has no object left in Git; ${listed(removable)} would be deleted`,
      remedy:
        'Bring the manifests back, or set spec.syncPolicy.automated.allowEmpty: true on the Application if all of it should go',
    };
  }
  const total = facts.desiredCount + facts.candidates.length;
  const share = removable.length / total;
  if (total < facts.deleteLimits.freeObjects || share <= facts.deleteLimits.maxShare) return undefined;
  const percent = Math.round(share * 100);
  const limit = Math.round(facts.deleteLimits.maxShare * 100);
  return {
    kind: 'brake',
    reason: `${removable.length} of ${total} objects of ${facts.application} (${percent} %, more than ${limit} %) would be deleted: ${listed(removable)}`,
    remedy:
      'Bring the manifests back, delete them from Git in smaller steps, or raise the delete limits in Fleet',
  };
}

function confirmationGate(refs: readonly ObjectRef[]): Gate {
  return {
    kind: 'brake',
    reason: `${listed(refs)} left Git, and kinds that hold the data or objects of others are never deleted unasked`,
    remedy:
      'Bring the manifests back, or delete what should go with kubectl: it is dropped from the inventory then',
  };
}

const listedAtMost = 10;

function listed(refs: readonly ObjectRef[]): string {
  const names = refs.slice(0, listedAtMost).map(displayRef);
  const more = refs.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
