import type { Gate } from '../../core/gate.ts';
import { type Guard, guardProblem } from '../../core/guard.ts';
import type { Manifest } from '../../core/kube-object.ts';
import type { Assignment } from './assignment.ts';
import { placedRef, scopeIn } from './object-scope.ts';

export type GuardVerdict =
  | { readonly type: 'allowed' }
  /** The rest is sent; the agent leaves these alone. */
  | { readonly type: 'partly'; readonly gate: Gate }
  /** Nothing of it could be touched, so nothing is sent. */
  | { readonly type: 'refused'; readonly gate: Gate };

/**
 * Holds what was rendered against what the destination's agent was installed for, so that its refusals are seen before
 * anything is sent. The agent enforces the same by itself. `guard` is what it reported; `undefined` before that.
 */
export function checkGuard(
  assignment: Assignment,
  manifests: readonly Manifest[],
  guard: Guard | undefined,
  clusterScopedKinds: readonly string[] | undefined,
): GuardVerdict {
  if (guard === undefined) return { type: 'allowed' };
  const scopeOf = scopeIn(manifests, clusterScopedKinds);
  const problems = manifests.flatMap((manifest) => {
    const unplaced = placedRef(manifest, 'unknown', '');
    const ref = placedRef(manifest, scopeOf(unplaced), assignment.namespace);
    const problem = guardProblem(guard, ref);
    return problem === undefined ? [] : [{ problem, origin: manifest.origin }];
  });
  const [first] = problems;
  if (first === undefined) return { type: 'allowed' };
  const others = problems.length === 1 ? '' : ` (${problems.length} of ${manifests.length} objects)`;
  const gate: Gate = {
    kind: 'guard',
    reason: `${first.problem}${others}`,
    location: first.origin,
    owner: `the agent of cluster ${assignment.cluster}`,
    remedy:
      'Change it in Git, or widen the limits in the values of the agent’s chart; neither hub nor Git can widen them',
  };
  return { type: problems.length === manifests.length ? 'refused' : 'partly', gate };
}
