import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isAutomaticKind,
  isIgnored,
  isOrphan,
  type OrphanCandidate,
  permitsKind,
} from '../../../agent/plan/orphans.ts';
import { formatRef, type ObjectRef } from '../../../core/object-ref.ts';
import { partOf, partOfLabel, trackingAnnotation, trackingId } from '../../../core/tracking.ts';

const nobody = { isKnown: () => false, statefulSets: new Set<string>() };
const owned = { ownerReferences: [{ kind: 'Deployment' }] };
const token = { annotations: { 'kubernetes.io/service-account.name': 'build' } };

function refOf(text: string, namespace = 'shop'): ObjectRef {
  const [groupKind = '', name = ''] = text.split(' ');
  const slash = groupKind.lastIndexOf('/');
  return { group: groupKind.slice(0, slash), kind: groupKind.slice(slash + 1), namespace, name };
}

const anyMetadata: fc.Arbitrary<OrphanCandidate['metadata']> = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('app', 'owner', partOfLabel), fc.string()),
    annotations: fc.dictionary(fc.constantFrom('note', trackingAnnotation), fc.string()),
    ownerReferences: fc.array(fc.record({ kind: fc.string() }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const anyRef = fc
  .tuple(
    fc.constantFrom('/ConfigMap', '/Secret', '/PersistentVolumeClaim', 'apps/Deployment', 'x.io/Cat'),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/),
  )
  .map(([kind, name]) => refOf(`${kind} ${name}`));

describe('an orphan', () => {
  it.each([
    ['/ConfigMap settings', {}],
    ['apps/Deployment web', {}],
    ['/Secret password', { labels: { owner: 'helm' } }],
    ['/Secret sh.helm.release.v1.web.v1', {}],
    ['/ServiceAccount builder', {}],
    ['/PersistentVolumeClaim data-db-x', {}],
    ['/PersistentVolumeClaim data-other-0', {}],
    ['/Pod debug', {}],
  ])('is %s with %j', (text, metadata) => {
    const facts = { ...nobody, statefulSets: new Set(['db']) };
    expect(isOrphan({ metadata }, refOf(text), facts)).toBe(true);
  });

  it.each<[string, OrphanCandidate['metadata']]>([
    ['apps/ReplicaSet web-1', owned],
    ['/ServiceAccount default', {}],
    ['/ConfigMap kube-root-ca.crt', {}],
    ['/ConfigMap openshift-service-ca.crt', {}],
    ['/Endpoints web', {}],
    ['discovery.k8s.io/EndpointSlice web-1', {}],
    ['coordination.k8s.io/Lease leader', {}],
    ['/Event web.1', {}],
    ['events.k8s.io/Event web.1', {}],
    ['apps/ControllerRevision db-1', {}],
    ['metrics.k8s.io/PodMetrics web-1', {}],
    ['/Secret sh.helm.release.v1.web.v1', { labels: { owner: 'helm' } }],
    ['/Secret build-token-x', token],
    ['/PersistentVolumeClaim data-db-0', {}],
    ['/PersistentVolumeClaim my-data-db-12', {}],
    ['/ConfigMap leaving', { deletionTimestamp: '2026-01-01T00:00:00Z' }],
    ['/ConfigMap ours', { labels: { [partOfLabel]: partOf('apps/shop') } }],
    ['batch/Job migrate', { annotations: { 'fairlead.dev/hook-run': 'r1' } }],
  ])('is not %s with %j', (text, metadata) => {
    const facts = { ...nobody, statefulSets: new Set(['db']) };
    expect(isOrphan({ metadata }, refOf(text), facts)).toBe(false);
  });

  it("is not the API server's own Service, but one of that name elsewhere", () => {
    expect(isOrphan({ metadata: {} }, refOf('/Service kubernetes', 'default'), nobody)).toBe(false);
    expect(isOrphan({ metadata: {} }, refOf('/Service kubernetes', 'shop'), nobody)).toBe(true);
  });

  it('is never what an application declares, has marked or has in its inventory, nor what another object owns', () => {
    fc.assert(
      fc.property(anyRef, anyMetadata, fc.array(anyRef), (ref, metadata, others) => {
        const known = new Set(others.map(formatRef));
        const facts = { ...nobody, isKnown: (each: ObjectRef) => known.has(formatRef(each)) };
        const mark = {
          labels: { ...metadata.labels, [partOfLabel]: partOf('apps/shop') },
          annotations: { ...metadata.annotations, [trackingAnnotation]: trackingId('apps/shop', ref) },
        };
        expect(isOrphan({ metadata: { ...metadata, ...mark } }, ref, facts)).toBe(false);
        expect(isOrphan({ metadata: { ...metadata, ...owned } }, ref, facts)).toBe(false);
        known.add(formatRef(ref));
        expect(isOrphan({ metadata }, ref, facts)).toBe(false);
      }),
    );
  });
});

describe('what a project asks', () => {
  it.each([
    [{ group: '', kind: 'ConfigMap', name: 'auto-*' }, true],
    [{ group: '', kind: 'ConfigMap', name: 'auto' }, false],
    [{ group: '', kind: 'Secret' }, false],
    [{ group: '' }, true],
    [{ group: '*', name: '*map' }, true],
    [{ group: 'apps' }, false],
    [{ group: '*', kind: 'Config*' }, true],
  ])('leaves ConfigMap auto-map out by %j: %s', (rule, isLeftOut) => {
    expect(isIgnored({ ignore: [rule], deny: [] }, refOf('/ConfigMap auto-map'))).toBe(isLeftOut);
  });

  it('has only the kinds that it permits', () => {
    const kind = { group: 'apps', kind: 'Deployment' };
    expect(permitsKind({ ignore: [], deny: [] }, kind)).toBe(true);
    expect(permitsKind({ ignore: [], deny: [], allow: [] }, kind)).toBe(false);
    expect(permitsKind({ ignore: [], deny: [], allow: [{ group: 'apps', kind: '*' }] }, kind)).toBe(true);
    expect(permitsKind({ ignore: [], deny: [{ group: '*', kind: 'Deploy*' }] }, kind)).toBe(false);
  });

  it('never lists kinds that the cluster alone makes', () => {
    expect(isAutomaticKind({ group: '', kind: 'Event' })).toBe(true);
    expect(isAutomaticKind({ group: 'x.io', kind: 'Event' })).toBe(false);
  });
});
