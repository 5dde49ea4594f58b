import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterClaim, claimName, judgeClaims } from '../../../agent/plan/judge-claims.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

const claim: ClusterClaim = {
  namespace: 'fairlead-system',
  cluster: 'prod',
  authority: 'ca-1',
  agent: 'a-1',
};

function live(change: Partial<ClusterClaim> & { at?: string; deleted?: true } = {}): KubeObject {
  const { namespace, cluster, authority, agent } = { ...claim, ...change };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: claimName,
      namespace,
      creationTimestamp: change.at ?? '2026-11-01T10:00:00Z',
      ...(change.deleted ? { deletionTimestamp: '2026-11-01T11:00:00Z' } : {}),
    },
    data: { cluster, authority, agent },
  };
}

describe('the claim of a cluster', () => {
  it('is free where nobody has made one, or the only one is going', () => {
    expect(judgeClaims(claim, [])).toEqual({ type: 'free' });
    expect(judgeClaims(claim, [live({ namespace: 'other', agent: 'a-2', deleted: true })])).toEqual({
      type: 'free',
    });
  });

  it.each([
    ['of this very folder', {}],
    ['of this folder before it was enrolled elsewhere', { cluster: 'staging', authority: 'ca-2' }],
    ['of an agent of the same cluster and hub that lost its folder', { agent: 'a-2' }],
  ])('is ours where it is %s', (_, change) => {
    expect(judgeClaims(claim, [live(change)]).type).toBe('ours');
  });

  it.each([
    ['another cluster of the same hub', { agent: 'a-2', cluster: 'staging' }],
    ['the same name at another hub', { agent: 'a-2', authority: 'ca-2' }],
    ['an agent in another namespace', { agent: 'a-2', namespace: 'fairlead-demo-system' }],
    ['this folder in another namespace', { namespace: 'elsewhere' }],
  ])('is taken where it is of %s, and says whose it is and how to end it', (_, change) => {
    const { namespace, cluster } = { ...claim, ...change };
    const verdict = judgeClaims(claim, [live(change)]);
    expect(verdict.type).toBe('taken');
    const problem = verdict.type === 'taken' ? verdict.problem : '';
    expect(problem).toContain(`enrolled as ${cluster}, of namespace ${namespace}`);
    expect(problem).toContain(`kubectl delete configmap fairlead-claim --namespace ${namespace}`);
  });

  it('gives one cluster to one of several that claimed it, whatever the order they are listed in', () => {
    const rivals = fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 })
      .chain((namespaces) =>
        fc.tuple(
          ...namespaces.map((namespace) =>
            fc.constantFrom('2026-11-01T10:00:00Z', '2026-11-01T10:00:01Z').map((at) => ({ namespace, at })),
          ),
        ),
      );
    fc.assert(
      fc.property(rivals, (list) => {
        const claims = list.map(({ namespace, at }) => live({ namespace, agent: namespace, at }));
        const verdicts = (order: readonly KubeObject[]) =>
          list.map(({ namespace }) => judgeClaims({ ...claim, namespace, agent: namespace }, order).type);
        expect(verdicts(claims).filter((type) => type === 'ours')).toHaveLength(1);
        expect(verdicts(claims.toReversed())).toEqual(verdicts(claims));
      }),
    );
  });
});
