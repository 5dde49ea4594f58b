import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PruneCandidate, type PruneFacts, planPrune } from '../../../agent/plan/plan-prune.ts';
import { defaultDeleteLimits } from '../../../core/desired.ts';
import { formatRef } from '../../../core/object-ref.ts';

function candidate(kind: string, name: string, more: Partial<PruneCandidate> = {}): PruneCandidate {
  const namespace = kind === 'Namespace' ? '' : 'shop';
  const ref = { group: '', kind, namespace, name };
  return { ref, uid: `uid-${name}`, knownUids: [], protection: 'none', group: 'known', ...more };
}

function factsOf(candidates: readonly PruneCandidate[], more: Partial<PruneFacts> = {}): PruneFacts {
  return {
    application: 'apps/shop',
    candidates,
    desiredCount: 5,
    scope: 'objects',
    allowEmpty: false,
    deleteLimits: defaultDeleteLimits,
    agentNamespace: 'fairlead',
    confirmed: new Map(),
    ...more,
  };
}

function many(count: number): readonly PruneCandidate[] {
  return Array.from({ length: count }, (_, index) => candidate('ConfigMap', `c${index}`));
}

describe('planPrune', () => {
  it('never names an object that is not in the inventory, and names each at most once', () => {
    const anyCandidate = fc
      .record({
        kind: fc.constantFrom('ConfigMap', 'Namespace', 'PersistentVolumeClaim', 'Secret'),
        name: fc.constantFrom('a', 'b', 'kube-system', 'default', 'fairlead'),
        protection: fc.constantFrom('none' as const, 'confirm' as const, 'keep' as const),
        group: fc.constantFrom('known' as const, 'unknown' as const),
      })
      .map(({ kind, name, ...more }) => candidate(kind, name, more));
    const anyFacts = fc.record({
      candidates: fc.uniqueArray(anyCandidate, { selector: ({ ref }) => formatRef(ref) }),
      desiredCount: fc.nat(20),
      allowEmpty: fc.boolean(),
      scope: fc.constantFrom('objects' as const, 'application' as const),
    });
    fc.assert(
      fc.property(anyFacts, ({ candidates, ...more }) => {
        const plan = planPrune(factsOf(candidates, more));
        const all = [...plan.remove, ...plan.kept].map(({ ref }) => formatRef(ref)).sort();
        expect(all).toEqual(candidates.map(({ ref }) => formatRef(ref)).sort());
        for (const { ref } of plan.remove) {
          const found = candidates.find((one) => formatRef(one.ref) === formatRef(ref));
          expect(found?.protection).toBe('none');
          expect(found?.group).toBe('known');
          expect(['Namespace', 'PersistentVolumeClaim']).not.toContain(ref.kind);
        }
      }),
    );
  });

  it.each([
    ['a protected object', candidate('Secret', 'a', { protection: 'keep' }), 'protected'],
    [
      'an object of a group that does not answer',
      candidate('Secret', 'a', { group: 'unknown' }),
      'unknown-group',
    ],
    ['a namespace', candidate('Namespace', 'shop'), 'needs-confirmation'],
    ['a volume claim', candidate('PersistentVolumeClaim', 'a'), 'needs-confirmation'],
    ['kube-system', candidate('Namespace', 'kube-system'), 'system'],
    ["the agent's own namespace", candidate('Namespace', 'fairlead'), 'system'],
  ])('keeps %s', (_what, one, reason) => {
    expect(planPrune(factsOf([one]))).toMatchObject({ remove: [], kept: [{ ref: one.ref, reason }] });
  });

  it('keeps a namespace, confirmed or not, as long as anything in it is kept', () => {
    const namespace = candidate('Namespace', 'shop');
    const inside = candidate('PersistentVolumeClaim', 'data', { protection: 'keep' });
    const confirmed = new Map([[formatRef(namespace.ref), namespace.uid ?? '']]);
    const plan = planPrune(factsOf([namespace, inside], { confirmed }));
    expect(plan.remove).toEqual([]);
    expect(plan.kept).toContainEqual({ ref: namespace.ref, reason: 'in-use' });
    expect(plan.gates).toMatchObject([
      {
        kind: 'brake',
        reason: 'Namespace shop left Git and stays, since PersistentVolumeClaim shop/data in it stays',
      },
    ]);
    expect(planPrune(factsOf([namespace], { confirmed })).remove).toMatchObject([{ ref: namespace.ref }]);
  });

  it('holds everything back when nothing would be left, unless that is allowed', () => {
    const held = planPrune(factsOf(many(2), { desiredCount: 0 }));
    expect(held.remove).toEqual([]);
    expect(held.gates).toMatchObject([
      { kind: 'brake', reason: expect.stringContaining('ConfigMap shop/c0') },
    ]);
    expect(planPrune(factsOf(many(2), { desiredCount: 0, allowEmpty: true })).remove).toHaveLength(2);
    expect(planPrune(factsOf(many(2), { desiredCount: 0, scope: 'application' })).remove).toHaveLength(2);
  });

  it.each([
    // candidates, desired, removed
    [5, 5, 5], // half of ten is not more than half
    [6, 4, 0],
    [5, 4, 5], // nine objects are below the free number
    [8, 1, 8],
    [9, 1, 0],
  ])('deletes %i of them beside %i desired: %i', (candidates, desiredCount, removed) => {
    const plan = planPrune(factsOf(many(candidates), { desiredCount }));
    expect(plan.remove).toHaveLength(removed);
    expect(plan.gates.length === 0).toBe(removed > 0);
  });

  it('deletes interceptors first and foundations last', () => {
    const webhook = candidate('ValidatingWebhookConfiguration', 'w');
    const hooked = { ...webhook, ref: { ...webhook.ref, group: 'admissionregistration.k8s.io' } };
    const workload = candidate('Deployment', 'd');
    const deployed = { ...workload, ref: { ...workload.ref, group: 'apps' } };
    const plan = planPrune(factsOf([candidate('ConfigMap', 'c'), hooked, deployed]));
    expect(plan.remove.map(({ ref }) => ref.kind)).toEqual([
      'ValidatingWebhookConfiguration',
      'Deployment',
      'ConfigMap',
    ]);
  });
});
