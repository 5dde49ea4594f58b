import { describe, expect, it } from 'vitest';
import type { KindRule, ProjectDocument } from '../../../hub/catalog/documents.ts';
import { judgeDestination, judgeKind, judgeSource } from '../../../hub/resolve/project-rules.ts';

function project(rules: Partial<ProjectDocument>): ProjectDocument {
  return {
    kind: 'AppProject',
    name: 'p',
    description: '',
    sourceRepos: [],
    destinations: [],
    clusterResourceWhitelist: [],
    clusterResourceBlacklist: [],
    namespaceResourceBlacklist: [],
    location: { file: 'fleet/p.yaml', line: 1 },
    fieldLines: new Map(),
    ...rules,
  };
}

/** `true`, or the field that denies. */
function answer(verdict: ReturnType<typeof judgeSource>): true | string {
  return verdict.type === 'allowed' ? true : verdict.field;
}

describe('sourceRepos', () => {
  const url = 'https://git.example.com/team/app.git';
  it.each<[readonly string[], true | string]>([
    [[], 'spec.sourceRepos'],
    [['*'], true],
    [['https://git.example.com/team/app'], true],
    [['https://GIT.example.com/Team/App.git'], true],
    [['https://git.example.com/*'], 'spec.sourceRepos'],
    [['https://git.example.com/**'], true],
    [['https://git.example.com/*/*'], true],
    [['https://*.example.com/team/app'], true],
    [['git@git.example.com:team/app.git'], 'spec.sourceRepos'],
    [['*', '!https://git.example.com/team/*'], 'spec.sourceRepos[1]'],
    [['!https://git.example.com/team/*', '*'], 'spec.sourceRepos[0]'],
    [['!https://git.example.com/other/*'], true],
    [['!https://git.example.com/other/*', 'https://elsewhere.example.com/*'], true],
    [['https://git.example.com/team/[app'], 'spec.sourceRepos'],
  ])('%j gives %j', (sourceRepos, expected) => {
    expect(answer(judgeSource(project({ sourceRepos }), url))).toBe(expected);
  });
});

describe('destinations', () => {
  const prod = { cluster: 'prod', servers: ['https://10.0.0.1:6443', 'https://prod.example.com'] };
  const bare = { cluster: 'edge', servers: [] };
  it.each<[ProjectDocument['destinations'], typeof prod | typeof bare, string, true | string]>([
    [[], prod, 'web', 'spec.destinations'],
    [[{ name: 'prod', namespace: 'web' }], prod, 'web', true],
    [[{ name: 'prod', namespace: 'web' }], prod, 'webs', 'spec.destinations'],
    [[{ name: 'prod' }], prod, 'web', 'spec.destinations'],
    [[{ namespace: 'web' }], prod, 'web', 'spec.destinations'],
    [[{ server: 'https://prod.example.com', namespace: '*' }], prod, 'web', true],
    [[{ server: 'https://prod.example.com/', namespace: '*' }], prod, 'web', true],
    [[{ server: 'https://*', namespace: 'w?b' }], prod, 'web', true],
    [[{ name: 'dev', server: 'https://10.0.0.1:6443', namespace: 'web' }], prod, 'web', true],
    [[{ server: '*', namespace: '*' }], bare, 'web', true],
    [[{ server: 'https://*', namespace: '*' }], bare, 'web', 'spec.destinations'],
    [[{ name: 'dev', namespace: '*' }], bare, 'web', 'spec.destinations'],
    // A denial of the namespace holds on the clusters that the entry names.
    [
      [
        { server: '*', namespace: '*' },
        { server: '*', namespace: '!kube-*' },
      ],
      prod,
      'kube-system',
      'spec.destinations[1].namespace',
    ],
    [[{ server: '*', namespace: '!kube-*' }], prod, 'web', true],
    [
      [
        { name: '*', namespace: '*' },
        { name: 'dev', namespace: '!kube-*' },
      ],
      prod,
      'kube-system',
      true,
    ],
    // A denial of the cluster holds whatever the namespace: Argo CD's quirk.
    [
      [
        { name: '*', namespace: '*' },
        { name: '!prod', namespace: 'other' },
      ],
      prod,
      'web',
      'spec.destinations[1].name',
    ],
    [
      [
        { name: '*', namespace: '*' },
        { server: '!https://prod*', namespace: '*' },
      ],
      prod,
      'web',
      'spec.destinations[1].server',
    ],
    [[{ name: '!dev', namespace: '*' }], prod, 'web', true],
    [[{ server: '!https://dev*', namespace: '*' }], bare, 'web', true],
  ])('%j for %j, namespace %s', (destinations, target, namespace, expected) => {
    expect(answer(judgeDestination(project({ destinations }), target, namespace))).toBe(expected);
  });
});

describe('kinds', () => {
  const role = { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'pay-reader' };
  const any: readonly KindRule[] = [{ group: '*', kind: '*' }];
  it.each<[Partial<ProjectDocument>, true | string]>([
    [{}, 'spec.clusterResourceWhitelist'],
    [{ clusterResourceWhitelist: any }, true],
    [{ clusterResourceWhitelist: [{ group: 'rbac*', kind: 'ClusterRole' }] }, true],
    [{ clusterResourceWhitelist: [{ group: '', kind: 'ClusterRole' }] }, 'spec.clusterResourceWhitelist'],
    [{ clusterResourceWhitelist: [{ group: '*', kind: 'clusterrole' }] }, 'spec.clusterResourceWhitelist'],
    [{ clusterResourceWhitelist: [{ group: '*', kind: '*', name: 'pay-*' }] }, true],
    [
      { clusterResourceWhitelist: [{ group: '*', kind: '*', name: 'shop-*' }] },
      'spec.clusterResourceWhitelist',
    ],
    [
      {
        clusterResourceWhitelist: any,
        clusterResourceBlacklist: [
          { group: 'x', kind: 'y' },
          { group: '*', kind: 'ClusterRole*' },
        ],
      },
      'spec.clusterResourceBlacklist[1]',
    ],
    [{ namespaceResourceWhitelist: any }, 'spec.clusterResourceWhitelist'],
  ])('cluster-scoped, %j', (rules, expected) => {
    expect(answer(judgeKind(project(rules), role, 'cluster'))).toBe(expected);
  });

  const secret = { group: '', kind: 'Secret', name: 'a' };
  it.each<[Partial<ProjectDocument>, true | string]>([
    [{}, true],
    [{ namespaceResourceWhitelist: [] }, 'spec.namespaceResourceWhitelist'],
    [{ namespaceResourceWhitelist: [{ group: '', kind: 'Secret' }] }, true],
    [{ namespaceResourceWhitelist: [{ group: 'apps', kind: '*' }] }, 'spec.namespaceResourceWhitelist'],
    [{ namespaceResourceBlacklist: [{ group: '', kind: 'Sec*' }] }, 'spec.namespaceResourceBlacklist[0]'],
    [{ clusterResourceBlacklist: any }, true],
  ])('namespaced, %j', (rules, expected) => {
    expect(answer(judgeKind(project(rules), secret, 'namespaced'))).toBe(expected);
  });
});
