import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChildRecord } from '../../../agent/plan/child-record.ts';
import {
  buildTree,
  descendants,
  descentOf,
  type RootObject,
  type TreeLimits,
} from '../../../agent/plan/resource-tree.ts';
import type { ResourceTree } from '../../../core/live-view.ts';

const limits: TreeLimits = { nodes: 1000, childrenOfOne: 100, idle: 'counted' };

function root(kind: string, name: string, more: Partial<RootObject> = {}): RootObject {
  const ref = { group: kind === 'Pod' ? '' : 'apps', kind, namespace: 'shop', name };
  return { ref, presence: 'live', uid: `uid-${name}`, ...more };
}

function child(kind: string, name: string, owner: string, more: Partial<ChildRecord> = {}): ChildRecord {
  const ref = { group: kind === 'Pod' ? '' : 'apps', kind, namespace: 'shop', name };
  return { ref, uid: `uid-${name}`, owners: [`uid-${owner}`], createdAt: '', isIdle: false, ...more };
}

function lines(nodes: ResourceTree['nodes']): readonly string[] {
  return nodes.map(({ depth, ref, more, idle }) => {
    const left = [
      ...(more === undefined ? [] : [`${more} more`]),
      ...(idle === undefined ? [] : [`${idle} idle`]),
    ];
    return `${'  '.repeat(depth)}${ref.kind} ${ref.name}${left.length === 0 ? '' : ` (${left.join(', ')})`}`;
  });
}

it('follows owner references by uid, down to the pods', () => {
  const descent = descentOf(
    [root('Deployment', 'web'), root('Deployment', 'api')],
    [
      child('Pod', 'web-1-a', 'web-1'),
      child('ReplicaSet', 'web-1', 'web'),
      child('ReplicaSet', 'api-1', 'api'),
      child('Pod', 'other', 'somebody-elses'),
    ],
  );
  expect(lines(buildTree(descent, limits).nodes)).toEqual([
    'Deployment api',
    '  ReplicaSet api-1',
    'Deployment web',
    '  ReplicaSet web-1',
    '    Pod web-1-a',
  ]);
});

it('shows what needs a look first, and counts old revisions', () => {
  const degraded = { status: 'Degraded', message: 'no image' } as const;
  const descent = descentOf(
    [root('Deployment', 'web')],
    [
      child('ReplicaSet', 'old', 'web', { isIdle: true }),
      child('ReplicaSet', 'new', 'web'),
      child('Pod', 'a', 'new', { health: { status: 'Healthy', message: '' } }),
      child('Pod', 'b', 'new', { health: degraded }),
    ],
  );
  const tree = buildTree(descent, limits);
  expect(lines(tree.nodes)).toEqual([
    'Deployment web (1 idle)',
    '  ReplicaSet new',
    '    Pod b',
    '    Pod a',
  ]);
  const whole = buildTree(descent, { ...limits, idle: 'shown' });
  expect(lines(whole.nodes)).toContain('  ReplicaSet old');
});

it('says where it left something out', () => {
  const pods = Array.from({ length: 5 }, (_, index) => child('Pod', `p${index}`, 'set'));
  const descent = descentOf([root('ReplicaSet', 'set'), root('ReplicaSet', 'other')], pods);
  expect(lines(buildTree(descent, { ...limits, childrenOfOne: 2 }).nodes)).toEqual([
    'ReplicaSet other',
    'ReplicaSet set (3 more)',
    '  Pod p0',
    '  Pod p1',
  ]);
  const small = buildTree(descent, { ...limits, nodes: 1 });
  expect(small).toMatchObject({ nodes: [{ ref: { name: 'other' } }], more: 1 });
});

it('shows nothing below an object that another application marked, or that is missing', () => {
  const descent = descentOf(
    [
      root('Deployment', 'theirs', { ownedBy: 'apps/other' }),
      { ...root('Deployment', 'gone'), uid: undefined, presence: 'missing' } as unknown as RootObject,
    ],
    [child('ReplicaSet', 'theirs-1', 'theirs'), child('ReplicaSet', 'gone-1', 'gone')],
  );
  expect(lines(buildTree(descent, limits).nodes)).toEqual(['Deployment gone', 'Deployment theirs']);
  expect(descendants(descent, ['uid-gone'])).toEqual([]);
});

it('shows an object of the application at its own place only', () => {
  const descent = descentOf(
    [root('Operator', 'op'), root('Deployment', 'web')],
    [child('Deployment', 'web', 'op'), child('ReplicaSet', 'web-1', 'web')],
  );
  expect(lines(buildTree(descent, limits).nodes)).toEqual([
    'Deployment web',
    '  ReplicaSet web-1',
    'Operator op',
  ]);
});

it('shows each object at most once and ends, whoever owns whom', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const record = fc
    .record({ name, owners: fc.array(name, { minLength: 1, maxLength: 3 }), isIdle: fc.boolean() })
    .map(({ name: own, owners, isIdle }) =>
      child('Pod', own, 'x', { owners: owners.map((each) => `uid-${each}`), isIdle }),
    );
  const records = fc.uniqueArray(record, { selector: ({ uid }) => uid });
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 4 }), (children, childrenOfOne) => {
      const descent = descentOf([root('Deployment', 'a')], children);
      const { nodes } = buildTree(descent, { ...limits, childrenOfOne });
      const names = nodes.map(({ ref }) => `${ref.kind}/${ref.name}`);
      expect(new Set(names).size).toBe(names.length);
      const turned = buildTree(descentOf([root('Deployment', 'a')], children.toReversed()), {
        ...limits,
        childrenOfOne,
      });
      expect(turned).toEqual({ nodes, more: 0 });
    }),
    { numRuns: 300 },
  );
});
