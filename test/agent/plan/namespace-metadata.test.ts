import { describe, expect, it } from 'vitest';
import { isMetadataOnly, namespaceManifest } from '../../../agent/plan/namespace-metadata.ts';
import { prepareApplication, withoutMarks } from '../../../agent/plan/prepare-application.ts';
import { indexResources } from '../../../agent/plan/resource-index.ts';
import { planTakeOver } from '../../../agent/plan/take-over.ts';
import { manifestsDigest } from '../../../core/desired.ts';
import { openGuard } from '../../../core/guard.ts';
import { wantedApplication } from '../../support/engine-rig.ts';

const index = indexResources(
  {
    kubernetesVersion: '',
    resources: [
      { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false, verbs: [] },
    ],
    unknownGroups: new Set(),
  },
  [],
);
const metadata = { labels: { env: 'dev' }, annotations: { note: 'shop' } };
const options = { namespace: 'shop', createNamespace: true, namespaceMetadata: metadata };
const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', labels: { mine: 'yes' } },
};

const prepare = (desired: ReturnType<typeof wantedApplication>) =>
  prepareApplication(desired, index, (text) => `seal:${text}`, openGuard);

describe('the metadata of a namespace', () => {
  it('is an object of its application that is never deleted, and takes nothing over from others', () => {
    const found = prepare(wantedApplication('a', [config], options)).objects.get('/Namespace:/shop');
    expect(withoutMarks(found!.object)).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', ...metadata },
    });
    expect(isMetadataOnly(found!.object)).toBe(true);
    expect(found!.protections).toEqual({ prune: 'keep', remove: 'keep' });
    const fieldsV1 = { 'f:metadata': { 'f:labels': { 'f:team': {} } } };
    const entry = { manager: 'kubectl-create', operation: 'Update', apiVersion: 'v1', fieldsV1 };
    const live = { ...namespace, metadata: { name: 'shop', labels: { team: 'x' }, managedFields: [entry] } };
    const how = { as: 'adopt', isAtBaseline: false, isServed: () => true, versions: 'as-served' } as const;
    expect(planTakeOver(live, { ...how, desired: found!.object })).toBeUndefined();
    expect(planTakeOver(live, { ...how, desired: namespace })).toBeDefined();
  });

  it('gives way to a Namespace among the manifests, and needs CreateNamespace', () => {
    expect(namespaceManifest(wantedApplication('a', [config, namespace], options))).toBeUndefined();
    expect(
      namespaceManifest(wantedApplication('a', [config], { ...options, createNamespace: false })),
    ).toBeUndefined();
    expect(
      namespaceManifest(wantedApplication('a', [config], { namespace: 'shop', createNamespace: true })),
    ).toBeUndefined();
  });

  it('is part of what a sync is due for', () => {
    const digestOf = (more: object) =>
      manifestsDigest(wantedApplication('a', [config], { ...options, ...more }));
    expect(digestOf({})).toBe(digestOf({ windows: [] }));
    expect(digestOf({})).not.toBe(digestOf({ namespaceMetadata: { ...metadata, labels: { env: 'prod' } } }));
  });
});
