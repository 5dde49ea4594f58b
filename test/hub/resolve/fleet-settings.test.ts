import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../core/digest.ts';
import type { KubeObject, Manifest } from '../../../core/kube-object.ts';
import { formatProblem } from '../../../core/problem.ts';
import { isExcludedKind } from '../../../core/resource-filter.ts';
import { desiredOf, inputsDigest } from '../../../hub/desired/desired-application.ts';
import { resourceRulesByCluster } from '../../../hub/resolve/fleet-settings.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import { catalogOf, fleetText, goodTexts } from '../catalog/catalog-texts.ts';

function catalogWith(settings: string) {
  return catalogOf({ ...goodTexts, 'fleet/fleet.yaml': `${fleetText}${settings}` });
}

function isExcluded(settings: string, kind: string, group = '', cluster = 'dev'): boolean {
  const catalog = catalogWith(settings);
  expect(catalog.problems).toEqual([]);
  return isExcludedKind(resourceRulesByCluster(catalog).get(cluster), { group, kind });
}

describe('resourceExclusions and resourceInclusions', () => {
  const endpoints = "  resourceExclusions: [{apiGroups: [''], kinds: [Endpoints]}]\n";
  const onlyApps = '  resourceInclusions: [{apiGroups: [apps], kinds: ["*"]}]\n';
  it.each<[string, Parameters<typeof isExcluded>, boolean]>([
    ['without settings a kind counts', ['', 'ConfigMap'], false],
    ['without settings events never do', ['', 'Event'], true],
    ['nor those of their own group', ['', 'Event', 'events.k8s.io'], true],
    ['nor Leases', ['', 'Lease', 'coordination.k8s.io'], true],
    ['nor anything of metrics.k8s.io', ['', 'PodMetrics', 'metrics.k8s.io'], true],
    ['an excluded kind does not count', [endpoints, 'Endpoints'], true],
    ['other kinds of its group do', [endpoints, 'ConfigMap'], false],
    ['the same kind of another group does', [endpoints, 'Endpoints', 'x.example.com'], false],
    [
      'patterns match groups',
      [
        '  resourceExclusions: [{apiGroups: ["*.cilium.io"], kinds: ["*"]}]\n',
        'CiliumIdentity',
        'v2.cilium.io',
      ],
      true,
    ],
    [
      'an entry without kinds is for every kind',
      ['  resourceExclusions: [{apiGroups: [cilium.io]}]\n', 'CiliumEndpoint', 'cilium.io'],
      true,
    ],
    [
      'an entry without groups is for every group',
      ['  resourceExclusions: [{kinds: [Thing]}]\n', 'Thing', 'x.example.com'],
      true,
    ],
    ['kinds are compared with their case', ['  resourceExclusions: [{kinds: [thing]}]\n', 'Thing'], false],
    [
      'an entry for other clusters says nothing',
      ['  resourceExclusions: [{kinds: [Thing], clusters: [prod]}]\n', 'Thing'],
      false,
    ],
    [
      'an entry for a cluster by its name does',
      ['  resourceExclusions: [{kinds: [Thing], clusters: ["d?v"]}]\n', 'Thing'],
      true,
    ],
    [
      'an entry for a cluster by its address does',
      [
        '  resourceExclusions: [{kinds: [Thing], clusters: ["https://kubernetes*"]}]\n',
        'Thing',
        '',
        'staging',
      ],
      true,
    ],
    ['an included kind counts', [onlyApps, 'Deployment', 'apps'], false],
    ['beside inclusions no other does', [onlyApps, 'ConfigMap'], true],
    [
      'an exclusion wins over an inclusion',
      [`${onlyApps}  resourceExclusions: [{kinds: [Deployment]}]\n`, 'Deployment', 'apps'],
      true,
    ],
    [
      'inclusions of other clusters leave a cluster all kinds',
      ['  resourceInclusions: [{kinds: [Thing], clusters: [prod]}]\n', 'ConfigMap'],
      false,
    ],
    [
      'inclusions cannot bring Leases back',
      ['  resourceInclusions: [{kinds: [Lease]}]\n', 'Lease', 'coordination.k8s.io'],
      true,
    ],
  ])('%s', (_sentence, given, expected) => {
    expect(isExcluded(...given)).toBe(expected);
  });

  it.each([
    ['  resourceExclusions: [{}]\n', 'fleet/fleet.yaml:9: The entry names nothing'],
    ['  resourceExclusions: [{kinds: ["Pod*"]}]\n', '"Pod*" is no kind, and kinds take no patterns but "*"'],
    ['  resourceInclusions: [{apiGroups: ["a[b"]}]\n', "isn't a valid pattern"],
    ['  resourceExclusions: [{clusters: ["a[b"]}]\n', "isn't a valid pattern"],
    ['  resourceExclusions: [{apiGroup: [a]}]\n', 'Did you mean apiGroups?'],
    ['  globalProjects: [{labelSelector: {}}]\n', 'The field projectName is missing'],
    [
      '  globalProjects: [{projectName: a, labelSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}}]\n',
      'Did you mean In?',
    ],
    [
      '  globalProjects: [{projectName: a, labelSelector: {matchExpressions: [{key: a, operator: In}]}}]\n',
      'In needs values',
    ],
    [
      '  globalProjects: [{projectName: a, labelSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}]\n',
      'Exists has no values',
    ],
    ['  ignoreDifferences: [{kind: Deployment, jsonPointers: [spec]}]\n', 'is no JSON pointer'],
    ['  ignoreDifferences: [{kind: Deployment}]\n', 'says of no field that it is ignored'],
  ])('%j is a problem at its line', (settings, text) => {
    const problems = catalogWith(settings).problems.map(formatProblem);
    expect(problems.find((problem) => problem.startsWith('fleet/fleet.yaml:9: '))).toContain(text);
  });
});

describe('ignoreDifferences of the fleet', () => {
  const manifest = (apiVersion: string, kind: string): Manifest => ({
    object: { apiVersion, kind, metadata: { name: 'a' } } as KubeObject,
    origin: { file: 'a.yaml', line: 1 },
  });
  const rule = '  ignoreDifferences: [{group: apps, kind: "*", jsonPointers: [/spec/replicas]}]\n';
  function assignmentWith(settings: string) {
    const [assignment] = resolve(catalogWith(settings)).assignments;
    if (assignment === undefined) throw new Error('not assigned');
    return assignment;
  }

  it('hold for every application that has objects of the kind, beside its own', () => {
    const desired = desiredOf(assignmentWith(rule), [manifest('apps/v1', 'Deployment')]);
    expect(desired.ignoreDifferences).toMatchObject([
      { group: 'apps', kind: '*', jsonPointers: ['/spec/replicas'] },
    ]);
  });

  it('are not sent to applications that have none, so that a new rule sends nothing again', () => {
    const manifests = [manifest('v1', 'ConfigMap')];
    expect(desiredOf(assignmentWith(rule), manifests)).toEqual(desiredOf(assignmentWith(''), manifests));
  });

  it('a rule that changes is looked at again', () => {
    const [one, other] = ['', rule].map((settings) =>
      inputsDigest(assignmentWith(settings), 'key' as Digest, [], undefined),
    );
    expect(one).not.toBe(other);
  });
});
