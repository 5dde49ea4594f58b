import { describe, expect, it } from 'vitest';
import { collectionPath, objectPath, resourceName } from '../../../agent/kube/paths.ts';

const deployments = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true };
const clusterRoles = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  namespaced: false,
};
const configMaps = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };

describe('paths', () => {
  it('name collections in one namespace and in all', () => {
    expect(collectionPath(deployments, 'web')).toBe('/apis/apps/v1/namespaces/web/deployments');
    expect(collectionPath(deployments, '')).toBe('/apis/apps/v1/deployments');
    expect(collectionPath(configMaps, 'web')).toBe('/api/v1/namespaces/web/configmaps');
  });

  it('ignore a namespace that a cluster-scoped object happens to have', () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/a';
    expect(objectPath(clusterRoles, 'web', 'a')).toBe(path);
  });

  it('keep the case of names and escape what has a meaning in a path', () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3AMixed%2FCase%3F';
    expect(objectPath(clusterRoles, '', 'system:Mixed/Case?')).toBe(path);
  });

  it('do not exist for a name or namespace that would make them another path', () => {
    for (const step of ['', '.', '..']) {
      expect(objectPath(configMaps, 'web', step)).toBeUndefined();
      expect(objectPath(configMaps, step, 'a')).toBeUndefined();
    }
    expect(objectPath(clusterRoles, '', 'a')).toBeDefined();
  });
});

describe('the name of a resource', () => {
  it('carries its group, except for the core group', () => {
    expect(resourceName(deployments)).toBe('deployments.apps');
    expect(resourceName(configMaps)).toBe('configmaps');
  });
});
