import { expect, it } from 'vitest';
import { limitPrune } from '../../../agent/plan/limit-prune.ts';
import type { PrunePlan } from '../../../agent/plan/plan-prune.ts';
import { openGuard } from '../../../core/guard.ts';

const exact = (name: string) => ({
  ref: { group: '', kind: 'ConfigMap', namespace: 'shop', name },
  uid: name,
});
const plan: PrunePlan = {
  remove: [exact('a'), exact('b'), exact('c')],
  kept: [],
  gates: [],
  offers: [],
};

it('lets a deletion pass that is as large as the guard allows', () => {
  expect(limitPrune(openGuard, 'apps/web', plan)).toBe(plan);
  expect(limitPrune({ ...openGuard, maxPrune: 3 }, 'apps/web', plan)).toBe(plan);
});

it('holds all of a deletion that is larger than the guard allows, and says by how much', () => {
  const held = limitPrune({ ...openGuard, maxPrune: 2 }, 'apps/web', plan);
  expect(held.remove).toEqual([]);
  expect(held.kept.map((kept) => kept.ref.name)).toEqual(['a', 'b', 'c']);
  expect(held.gates).toEqual([
    {
      kind: 'guard',
      reason:
        '3 objects of apps/web would be deleted at once, and this agent was installed to delete at most 2 of an application',
      remedy: 'Delete them from Git in smaller steps, or raise guard.maxPrune of the agent',
    },
  ]);
});
