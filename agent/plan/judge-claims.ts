import { stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';

/** Who keeps a cluster as desired. One agent does: two would undo each other's work and prune each other's objects. */
export interface ClusterClaim {
  /** The agent's own namespace, where the claim lies. */
  readonly namespace: string;
  /** The name that the hub knows the cluster by. */
  readonly cluster: string;
  /** SHA-256 of the hub's CA certificate: which hub. */
  readonly authority: string;
  /** Made once for each state folder: which installation. */
  readonly agent: string;
}

export const claimLabel = 'fairlead.dev/claim';
export const claimName = 'fairlead-claim';

export type ClaimVerdict =
  /** Nobody has claimed the cluster. */
  | { readonly type: 'free' }
  | { readonly type: 'ours'; readonly live: KubeObject }
  | { readonly type: 'taken'; readonly problem: string };

/**
 * Whose the cluster is, by every claim in it. A claim is ours where it was made from this state folder, or for the
 * same cluster of the same hub: an agent that lost its folder goes on. Of two claims made at the same time the older
 * one counts, else the one whose namespace comes first. The result doesn't depend on the order of the claims.
 */
export function judgeClaims(claim: ClusterClaim, live: readonly KubeObject[]): ClaimVerdict {
  const ours = live.find((object) => isOurs(claim, object));
  const rivals = live.filter((object) => object !== ours && object.metadata.deletionTimestamp === undefined);
  const first = [...rivals, ...(ours === undefined ? [] : [ours])].sort(compareClaims)[0];
  if (first === undefined) return { type: 'free' };
  if (first === ours) return { type: 'ours', live: ours };
  return { type: 'taken', problem: problemOf(first) };
}

function isOurs(claim: ClusterClaim, live: KubeObject): boolean {
  if (live.metadata.namespace !== claim.namespace) return false;
  const read = (name: string): string | undefined => stringAt(live, 'data', name);
  if (read('agent') === claim.agent) return true;
  return read('cluster') === claim.cluster && read('authority') === claim.authority;
}

function compareClaims(left: KubeObject, right: KubeObject): number {
  const key = ({ metadata }: KubeObject): string =>
    `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}`;
  return key(left) < key(right) ? -1 : 1;
}

function problemOf(claim: KubeObject): string {
  const { namespace = '' } = claim.metadata;
  const cluster = stringAt(claim, 'data', 'cluster') ?? 'another name';
  return (
    `this cluster is kept by another agent, enrolled as ${cluster}, of namespace ${namespace}: nothing is applied. ` +
    'Stop this agent if its kubeconfig or token is the wrong one; if the other agent is gone for good, ' +
    `run kubectl delete configmap ${claimName} --namespace ${namespace}`
  );
}
