import { expect, it } from 'vitest';
import { allChildKinds, knownChildKinds } from '../../../agent/plan/child-kinds.ts';
import { childRecord } from '../../../agent/plan/child-record.ts';
import { indexResources } from '../../../agent/plan/resource-index.ts';
import type { ApiResource } from '../../../agent/ports.ts';

function served(path: string, more: Partial<ApiResource> = {}): ApiResource {
  const [group = '', kind = ''] = path.split('/');
  const base = { group, version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: true };
  return { ...base, verbs: ['get', 'list'], ...more };
}

const replicaSets = served('apps/ReplicaSet');
const pods = served('/Pod');
const index = indexResources(
  {
    kubernetesVersion: '',
    unknownGroups: new Set(),
    resources: [
      served('apps/Deployment'),
      replicaSets,
      pods,
      served('/Secret'),
      served('/Event'),
      served('/Node', { namespaced: false }),
      served('/TokenReview', { verbs: ['create'] }),
      served('metrics.k8s.io/PodMetrics'),
      served('example.dev/Database'),
      served('example.dev/Backup'),
    ],
  },
  [],
);

function names(kinds: ReturnType<typeof knownChildKinds>): readonly string[] {
  return kinds.map(({ resource, form }) => `${resource.kind} ${form}`).sort();
}

it('looks only for what the kinds of an application make', () => {
  expect(names(knownChildKinds([{ group: '', kind: 'ConfigMap' }], index))).toEqual([]);
  expect(names(knownChildKinds([{ group: 'apps', kind: 'Deployment' }], index))).toEqual([
    'Pod whole',
    'ReplicaSet whole',
  ]);
});

it('looks for workloads and kinds of its own group below somebody’s own kind', () => {
  expect(names(knownChildKinds([{ group: 'example.dev', kind: 'Database' }], index))).toEqual([
    'Backup whole',
    'Database whole',
    'Deployment whole',
    'Pod whole',
    'ReplicaSet whole',
    'Secret metadata',
  ]);
});

it('takes every kind that can be listed in a namespace where all are asked for, but events and figures', () => {
  expect(names(allChildKinds(index))).toEqual([
    'Backup metadata',
    'Database metadata',
    'Deployment whole',
    'Pod whole',
    'ReplicaSet whole',
    'Secret metadata',
  ]);
});

it('keeps of a pod what a person looks for', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'u1', controller: true };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1-a',
      namespace: 'shop',
      uid: 'u2',
      creationTimestamp: '2026-11-01T00:00:00Z',
      ownerReferences: [{ uid: 'other' }, owner],
    },
    spec: {
      containers: [
        { name: 'app', image: 'web:1' },
        { name: 'proxy', image: 'proxy:2' },
      ],
    },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [
        { name: 'app', ready: true, restartCount: 2 },
        { name: 'proxy', ready: false, restartCount: 3 },
      ],
    },
  };
  expect(childRecord(pods, pod, 'whole', new Date(0))).toMatchObject({
    uid: 'u2',
    owners: ['u1', 'other'],
    images: ['web:1', 'proxy:2'],
    containers: ['app', 'proxy'],
    restarts: 5,
    ready: '1/2',
    isIdle: false,
  });
  const unowned = { ...pod, metadata: { name: 'alone', uid: 'u3' } };
  expect(childRecord(pods, unowned, 'whole', new Date(0))).toBeUndefined();
});

it('takes a replica set without pods for an old revision, not one that just begins', () => {
  const metadata = { name: 'web-1', namespace: 'shop', uid: 'u', ownerReferences: [{ uid: 'o' }] };
  const set = (replicas: number) => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata,
    spec: { replicas },
  });
  expect(childRecord(replicaSets, set(0), 'whole', new Date(0))?.isIdle).toBe(true);
  expect(childRecord(replicaSets, set(1), 'whole', new Date(0))?.isIdle).toBe(false);
});
