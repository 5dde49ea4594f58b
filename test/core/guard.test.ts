import { describe, expect, it } from 'vitest';
import { describeGuard } from '../../core/describe-guard.ts';
import { formatDuration, parseDuration } from '../../core/duration.ts';
import { type Guard, guardProblem, openGuard } from '../../core/guard.ts';

function touch(guard: Partial<Guard>, group: string, kind: string, namespace: string, name = 'a'): boolean {
  return guardProblem({ ...openGuard, ...guard }, { group, kind, namespace, name }) === undefined;
}

describe('the guard', () => {
  it('reads namespaces as patterns that are matched whole', () => {
    const guard = { namespaces: ['team-*', 'shop'] };
    const allowed = ['team-', 'team-a', 'team-a-b', 'shop', 'shop-2', 'a-team-b', 'kube-system'].filter(
      (namespace) => touch(guard, '', 'ConfigMap', namespace),
    );
    expect(allowed).toEqual(['team-', 'team-a', 'team-a-b', 'shop']);
  });

  it('judges a Namespace by its name, and everything else without a namespace by the switch for it', () => {
    const guard = { namespaces: ['team-*'] };
    expect(touch(guard, '', 'Namespace', '', 'team-a')).toBe(true);
    expect(touch(guard, '', 'Namespace', '', 'kube-system')).toBe(false);
    expect(touch(guard, 'rbac.authorization.k8s.io', 'ClusterRole', '')).toBe(true);
    const narrow = { ...guard, clusterScoped: 'never' } as const;
    expect(touch(narrow, '', 'Namespace', '', 'team-a')).toBe(false);
    expect(touch(narrow, 'rbac.authorization.k8s.io', 'ClusterRole', '')).toBe(false);
    expect(touch({ clusterScoped: 'never' }, '', 'ConfigMap', 'kube-system')).toBe(true);
  });

  it.each([
    [['Secret'], '', 'Secret', true],
    [['Secret'], 'example.com', 'Secret', true],
    [['/Secret'], 'example.com', 'Secret', false],
    [['/Secret'], '', 'Secret', true],
    [['rbac.authorization.k8s.io/*'], 'rbac.authorization.k8s.io', 'Role', true],
    [['rbac.authorization.k8s.io/*'], '', 'Role', false],
    [['*.example.com/*'], 'a.example.com', 'Widget', true],
    [['*Binding'], 'rbac.authorization.k8s.io', 'RoleBinding', true],
  ] as const)('takes %j to name the kind %s/%s: %s', (patterns, group, kind, named) => {
    expect(touch({ kinds: { deny: patterns } }, group, kind, 'shop')).toBe(!named);
    expect(touch({ kinds: { allow: patterns, deny: [] } }, group, kind, 'shop')).toBe(named);
  });

  it('lets a denial win over an allowance, and an empty list of allowances allow nothing', () => {
    expect(touch({ kinds: { allow: ['*'], deny: ['Secret'] } }, '', 'Secret', 'shop')).toBe(false);
    expect(touch({ kinds: { allow: [], deny: [] } }, '', 'ConfigMap', 'shop')).toBe(false);
  });

  it('says which of its limits it was and how to go on', () => {
    const ref = { group: '', kind: 'Secret', namespace: 'shop', name: 'db' };
    expect(guardProblem({ ...openGuard, kinds: { deny: ['Secret'] } }, ref)).toBe(
      'Secret shop/db: this agent was installed to leave Secret alone (it denies Secret). ' +
        'Remove it from Git, or take Secret from the kinds that the agent denies',
    );
    expect(guardProblem({ ...openGuard, kinds: { allow: ['apps/*'], deny: [] } }, ref)).toBe(
      'Secret shop/db: this agent was installed for the kinds apps/* only, not for Secret. ' +
        'Remove it from Git, or add Secret to the kinds that the agent allows',
    );
  });

  it('is told in words, limit by limit', () => {
    expect(describeGuard(openGuard)).toEqual(['no limits of its own']);
    const guard: Guard = {
      namespaces: ['team-*'],
      clusterScoped: 'never',
      kinds: { allow: ['apps/*'], deny: ['Secret'] },
      writes: 'never',
      maxPrune: 20,
      maxHoldMs: 5_400_000,
    };
    expect(describeGuard({ ...openGuard, writes: 'never', dryRuns: 'allowed' })).toEqual([
      'observes only, by dry-runs',
    ]);
    expect(describeGuard(guard)).toEqual([
      'observes only, by reading',
      'namespaces team-*',
      'nothing outside of namespaces',
      'only apps/*',
      'never Secret',
      'deletes at most 20 objects of an application at once',
      'holds by kubectl up to 1h 30m',
    ]);
  });
});

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['0s', 0],
    ['', undefined],
    ['2', undefined],
    ['-1h', undefined],
    ['1.5h', undefined],
    ['2w', undefined],
  ] as const)('reads %j as %s ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    [90_000, '1m 30s'],
    [172_800_000, '2d'],
    [5_400_000, '1h 30m'],
    [0, '0s'],
  ] as const)('writes %s ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});
