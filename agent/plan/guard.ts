import type { DesiredApplication } from '../../core/desired.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';
import type { DesiredSet } from '../ports.ts';
import { inventoryName } from './inventory.ts';
import { claimName } from './judge-claims.ts';

/** The agent's own allow-list, set at its installation: neither hub nor Git can widen it. */
export interface Guard {
  /** Only objects in these; `undefined`: every namespace, and what stands in none. */
  readonly namespaces: ReadonlySet<string> | undefined;
  /** `never`: nothing is written to the cluster, not even an inventory, and nothing is dry-run. */
  readonly writes: 'allowed' | 'never';
}

/** No limits but the rights that the API server grants. */
export const openGuard: Guard = { namespaces: undefined, writes: 'allowed' };

/** `KubeFailure.reason` of a request that the guard kept from being sent. */
export const guardReason = 'OutsideGuard';

/** Why an object may not be touched, and what to do; `undefined` where it may. */
export function guardProblem({ namespaces }: Guard, ref: ObjectRef): string | undefined {
  if (namespaces === undefined || namespaces.has(ref.namespace)) return undefined;
  const allowed = [...namespaces].sort().join(', ');
  if (ref.namespace === '') {
    return (
      `${displayRef(ref)} stands in no namespace, and this agent was installed for the namespaces ${allowed} only. ` +
      'Remove it from Git, or install the agent with profile cluster'
    );
  }
  return (
    `${displayRef(ref)} is outside of the namespaces that this agent was installed for (${allowed}). ` +
    `Move it, or add ${ref.namespace} to the agent's namespaces`
  );
}

/** Whether a ConfigMap of the agent's own namespace is one that the agent keeps for itself, by its name. */
export function isOwnConfigMap(name: string): boolean {
  return name === claimName || name.startsWith(inventoryName);
}

/** Why a person's wish to write is refused. */
export const observeOnlyProblem =
  'this agent was installed to observe only: it writes nothing. Install it with profile cluster or namespaced first';

/** What Git wants, as far as the guard lets the agent go: without writes everything is only observed. */
export function restrictDesired(guard: Guard, desired: DesiredSet): DesiredSet {
  if (guard.namespaces === undefined && guard.writes === 'allowed') return desired;
  const applications = [...desired.applications].map(
    ([name, entry]) => [name, { ...entry, desired: restrict(guard, entry.desired) }] as const,
  );
  return { ...desired, applications: new Map(applications) };
}

function restrict(guard: Guard, desired: DesiredApplication): DesiredApplication {
  if (guard.writes === 'never') return { ...desired, mode: 'observe', prune: false, createNamespace: false };
  // A namespace stands in none itself: those that the agent may use are there already.
  return { ...desired, createNamespace: false };
}
