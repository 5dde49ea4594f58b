import type { Guard } from '../../core/guard.ts';
import type { PrunePlan } from './plan-prune.ts';

/**
 * Holds a deletion that is larger than the guard allows: nothing of it goes, whoever confirmed it, since neither hub
 * nor Git nor a person at the hub can widen the guard.
 */
export function limitPrune({ maxPrune }: Guard, application: string, plan: PrunePlan): PrunePlan {
  if (maxPrune === undefined || plan.remove.length <= maxPrune) return plan;
  const held = plan.remove.map(({ ref }) => ({ ref, reason: 'brake' as const }));
  return {
    remove: [],
    kept: [...plan.kept, ...held],
    offers: plan.offers,
    gates: [
      {
        kind: 'guard',
        reason:
          `${plan.remove.length} objects of ${application} would be deleted at once, and this agent was installed to ` +
          `delete at most ${maxPrune} of an application`,
        remedy: 'Delete them from Git in smaller steps, or raise guard.maxPrune of the agent',
      },
      ...plan.gates,
    ],
  };
}
