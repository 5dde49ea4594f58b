import type { HeldApplication } from '../../core/desired.ts';
import { type Guard, guardProblem, openGuard } from '../../core/guard.ts';
import type { DesiredSet } from '../ports.ts';
import { inventoryName } from './inventory.ts';
import { claimName } from './judge-claims.ts';

/** `KubeFailure.reason` of a request that the guard kept from being sent. */
export const guardReason = 'OutsideGuard';

/** Whether a ConfigMap of the agent's own namespace is one that the agent keeps for itself, by its name. */
export function isOwnConfigMap(name: string): boolean {
  return name === claimName || name.startsWith(inventoryName);
}

/** Why a person's wish to write is refused. */
export const observeOnlyProblem =
  'this agent was installed to observe only: it writes nothing. Install it with profile cluster or namespaced first';

/** Why a log isn't read. */
export const noLogsProblem =
  'this agent was installed to show no logs: live.logs is false in the values of its chart';

/** What Git wants, as far as the guard lets the agent go: without writes everything is only observed. */
export function restrictDesired(guard: Guard, desired: DesiredSet): DesiredSet {
  if (guard === openGuard) return desired;
  const applications = [...desired.applications].map(
    ([name, entry]) => [name, { ...entry, desired: restrict(guard, entry.desired) }] as const,
  );
  return { ...desired, applications: new Map(applications) };
}

function restrict(guard: Guard, desired: HeldApplication): HeldApplication {
  if (guard.writes === 'never') return { ...desired, mode: 'observe', prune: false, createNamespace: false };
  // Where the agent may make none, those that it may use are there already.
  const namespace = { group: '', kind: 'Namespace', namespace: '', name: desired.namespace };
  const createNamespace = desired.createNamespace && guardProblem(guard, namespace) === undefined;
  return { ...desired, createNamespace };
}
