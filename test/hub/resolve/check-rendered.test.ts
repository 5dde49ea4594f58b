import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import type { KubeObject, Manifest } from '../../../core/kube-object.ts';
import { formatLocation } from '../../../core/problem.ts';
import { checkRendered } from '../../../hub/resolve/check-rendered.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import { applicationText, catalogOf, goodTexts, projectText } from '../catalog/catalog-texts.ts';

function manifest(
  apiVersion: string,
  kind: string,
  name: string,
  namespace?: string,
  rest: JsonObject = {},
): Manifest {
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return {
    object: { apiVersion, kind, metadata, ...rest } as KubeObject,
    origin: { file: 'apps/a.yaml', line: 7 },
  };
}

const rules = `  destinations: [{name: dev, namespace: payments}, {name: dev, namespace: shared}]
  clusterResourceWhitelist:
    - {group: rbac.authorization.k8s.io, kind: ClusterRole, name: payments-*}
    - {group: stable.example.com, kind: Allowed}
  namespaceResourceBlacklist:
    - {group: '', kind: ResourceQuota}
`;

function check(
  manifests: readonly Manifest[],
  scopes: readonly string[] | 'unreported' = [],
  namespace = 'payments',
) {
  const catalog = catalogOf({
    ...goodTexts,
    'fleet/projects/platform.yaml': projectText('platform', rules),
    'applications/payments-dev.yaml': applicationText('payments-dev'),
  });
  const [assignment] = resolve(catalog).assignments;
  if (assignment === undefined) throw new Error('not assigned');
  return checkRendered({ ...assignment, namespace }, manifests, scopes === 'unreported' ? undefined : scopes);
}

const crd = (scope: string) =>
  manifest('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.stable.example.com', undefined, {
    spec: { group: 'stable.example.com', names: { kind: 'Widget' }, scope },
  });
const widget = manifest('stable.example.com/v1', 'Widget', 'w');

describe('checkRendered', () => {
  it('allows what the project allows', () => {
    const manifests = [
      manifest('v1', 'ConfigMap', 'a'),
      manifest('apps/v1', 'Deployment', 'a', 'shared'),
      manifest('rbac.authorization.k8s.io/v1', 'ClusterRole', 'payments-reader'),
      manifest('argoproj.io/v1alpha1', 'Rollout', 'a'),
    ];
    expect(check(manifests)).toBeUndefined();
  });

  it('refuses a namespace of another, naming object, place and rule', () => {
    const gate = check([manifest('v1', 'ConfigMap', 'a', 'kube-system')]);
    expect(gate?.reason).toBe(
      "project platform doesn't allow namespace kube-system on cluster dev: ConfigMap kube-system/a at apps/a.yaml:7",
    );
    expect(gate?.location && formatLocation(gate.location)).toBe('fleet/projects/platform.yaml:6');
  });

  it.each([
    [
      manifest('v1', 'Namespace', 'payments'),
      'the cluster-scoped kind Namespace (clusterResourceWhitelist)',
      7,
    ],
    [
      manifest('rbac.authorization.k8s.io/v1', 'ClusterRole', 'admin'),
      'the cluster-scoped kind rbac.authorization.k8s.io/ClusterRole (clusterResourceWhitelist)',
      7,
    ],
    [
      manifest('rbac.authorization.k8s.io/v1', 'ClusterRole', 'admin', 'payments'),
      'the cluster-scoped kind rbac.authorization.k8s.io/ClusterRole',
      7,
    ],
    [manifest('v1', 'ResourceQuota', 'a'), 'the kind ResourceQuota (namespaceResourceBlacklist)', 11],
  ])("refuses a kind that the project doesn't allow: %#", (object, text, line) => {
    const gate = check([object]);
    expect(gate?.reason).toContain(text);
    expect(gate?.location?.line).toBe(line);
  });

  it.each([
    manifest('argoproj.io/v1alpha1', 'AppProject', 'platform'),
    manifest('argoproj.io/v1alpha1', 'Application', 'x'),
    manifest('fairlead.dev/v1alpha1', 'Cluster', 'x'),
    manifest('fairlead.dev/v9', 'Anything', 'x'),
  ])('never takes rules from a source: %#', (object) => {
    expect(check([object])).toMatchObject({
      reason: expect.stringContaining("rendered from an application's source"),
      location: { file: 'apps/a.yaml', line: 7 },
    });
  });

  it('knows the scope of a custom kind from the cluster, or from the set itself', () => {
    expect(check([widget], ['stable.example.com/Widget'])?.reason).toContain('cluster-scoped kind');
    expect(check([widget], ['other.example.com/Widget'])).toBeUndefined();
    expect(check([widget, crd('Cluster')])?.reason).toContain(
      'cluster-scoped kind stable.example.com/Widget',
    );
    const definition = check([crd('Namespaced'), widget]);
    expect(definition?.reason).toContain('apiextensions.k8s.io/CustomResourceDefinition');
  });

  it('before the cluster has reported, a custom kind must be allowed either way', () => {
    expect(check([widget], 'unreported')?.reason).toContain("isn't known until cluster dev has reported");
    const allowed = manifest('stable.example.com/v1', 'Allowed', 'a');
    expect(check([allowed], 'unreported')).toBeUndefined();
    expect(
      check(
        [{ ...allowed, object: { ...allowed.object, metadata: { name: 'a', namespace: 'x' } } }],
        'unreported',
      )?.reason,
    ).toContain('namespace x');
    expect(check([manifest('v1', 'ConfigMap', 'a')], 'unreported')).toBeUndefined();
  });

  it('of two definitions of one kind, the cluster-scoped one counts, whichever stands first', () => {
    const other = { ...crd('Namespaced'), origin: { file: 'apps/a.yaml', line: 9 } };
    for (const both of [
      [crd('Cluster'), other],
      [other, crd('Cluster')],
    ]) {
      expect(check([widget, ...both])?.reason).toContain('cluster-scoped kind stable.example.com/Widget');
    }
  });

  it('a kind that a definition adds to a group of Kubernetes has the scope that the cluster reports', () => {
    const evil = manifest('batch/v9', 'Evil', 'e');
    expect(check([evil], ['batch/Evil'])?.reason).toContain('cluster-scoped kind batch/Evil');
    expect(check([evil], [])).toBeUndefined();
  });

  it('a cluster-scoped object is one with a namespace written on it too', () => {
    const role = manifest('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'payments-x', 'payments');
    expect(check([role])?.reason).toContain(
      'cluster-scoped kind rbac.authorization.k8s.io/ClusterRoleBinding',
    );
  });

  it('refuses an object without namespace where the destination has none either', () => {
    expect(check([manifest('v1', 'ConfigMap', 'a')], [], '')?.reason).toContain('names no namespace');
    expect(check([manifest('v1', 'ConfigMap', 'a', 'shared')], [], '')).toBeUndefined();
  });
});
