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
  it.each<[string, readonly string[], true | string]>([
    ['an empty list allows nothing', [], 'spec.sourceRepos'],
    ['* alone allows everything', ['*'], true],
    [
      'the suffix .git and the case of letters make no difference',
      ['https://git.example.com/team/app'],
      true,
    ],
    [
      'the case of letters of the repository makes none either',
      ['https://GIT.example.com/Team/App.git'],
      true,
    ],
    ['* stops at a slash', ['https://git.example.com/*'], 'spec.sourceRepos'],
    ['** crosses slashes', ['https://git.example.com/**'], true],
    ['* for each part of the path allows it', ['https://git.example.com/*/*'], true],
    ['* within a host allows hosts', ['https://*.example.com/team/app'], true],
    ['? stops at a slash too', ['https://git.example.com?team/app'], 'spec.sourceRepos'],
    ['braces are alternatives', ['https://git.example.com/{team,other}/app'], true],
    ['the address for SSH is another repository', ['git@git.example.com:team/app.git'], 'spec.sourceRepos'],
    ['a denial after the allowance wins', ['*', '!https://git.example.com/team/*'], 'spec.sourceRepos[1]'],
    [
      'a denial before the allowance wins too',
      ['!https://git.example.com/team/*', '*'],
      'spec.sourceRepos[0]',
    ],
    ['a denial with * stops at a slash as well', ['**', '!https://git.example.com/*'], true],
    [
      'a denial with ** crosses slashes as well',
      ['**', '!https://git.example.com/**'],
      'spec.sourceRepos[1]',
    ],
    ['denials alone allow the rest', ['!https://git.example.com/other/*'], true],
    ['denials alone deny what they hit', ['!https://git.example.com/*/app'], 'spec.sourceRepos[0]'],
    [
      'beside an allowance a denial that misses allows nothing',
      ['!https://git.example.com/other/*', 'https://elsewhere.example.com/*'],
      'spec.sourceRepos',
    ],
    ['a malformed pattern matches nothing', ['https://git.example.com/team/[app'], 'spec.sourceRepos'],
  ])('%s', (_sentence, sourceRepos, expected) => {
    expect(answer(judgeSource(project({ sourceRepos }), url))).toBe(expected);
  });
});

describe('destinations', () => {
  const prod = { cluster: 'prod', servers: ['https://10.0.0.1:6443', 'https://prod.example.com'] };
  const bare = { cluster: 'edge', servers: [] };
  const everything = { server: '*', namespace: '*' };
  it.each<[string, ProjectDocument['destinations'], typeof prod | typeof bare, string, true | string]>([
    ['an empty list allows nothing', [], prod, 'web', 'spec.destinations'],
    ['name and namespace allow together', [{ name: 'prod', namespace: 'web' }], prod, 'web', true],
    [
      'another namespace is not allowed',
      [{ name: 'prod', namespace: 'web' }],
      prod,
      'webs',
      'spec.destinations',
    ],
    ['without a namespace nothing is allowed', [{ name: 'prod' }], prod, 'web', 'spec.destinations'],
    ['without a cluster nothing is allowed', [{ namespace: 'web' }], prod, 'web', 'spec.destinations'],
    [
      'one of the addresses is enough',
      [{ server: 'https://prod.example.com', namespace: '*' }],
      prod,
      'web',
      true,
    ],
    [
      'a slash at the end of an address makes no difference',
      [{ server: 'https://prod.example.com/', namespace: '*' }],
      prod,
      'web',
      true,
    ],
    ['* in an address crosses slashes', [{ server: 'https:*', namespace: 'w?b' }], prod, 'web', true],
    ['? is one character', [{ server: '*', namespace: 'w?b' }], prod, 'weeb', 'spec.destinations'],
    [
      'server or name is enough',
      [{ name: 'dev', server: 'https://10.0.0.1:6443', namespace: 'web' }],
      prod,
      'web',
      true,
    ],
    ['a cluster without addresses is meant by *', [everything], bare, 'web', true],
    [
      'a cluster without addresses is not meant by https://*',
      [{ server: 'https://*', namespace: '*' }],
      bare,
      'web',
      'spec.destinations',
    ],
    ['another name is not allowed', [{ name: 'dev', namespace: '*' }], bare, 'web', 'spec.destinations'],
    [
      'a denied namespace is denied after an allowance',
      [everything, { server: '*', namespace: '!kube-*' }],
      prod,
      'kube-system',
      'spec.destinations[1].namespace',
    ],
    [
      'a denied namespace is denied before an allowance',
      [{ server: '*', namespace: '!kube-*' }, everything],
      prod,
      'kube-system',
      'spec.destinations[0].namespace',
    ],
    [
      'a denied namespace of a cluster by its name is denied',
      [everything, { name: 'prod', namespace: '!kube-*' }],
      prod,
      'kube-system',
      'spec.destinations[1].namespace',
    ],
    [
      'a denied namespace is denied only on the clusters of its entry',
      [
        { name: '*', namespace: '*' },
        { name: 'dev', namespace: '!kube-*' },
      ],
      prod,
      'kube-system',
      true,
    ],
    ['denials alone allow the rest', [{ server: '*', namespace: '!kube-*' }], prod, 'web', true],
    [
      'beside an allowance a denial that misses allows nothing',
      [
        { server: '*', namespace: '!kube-*' },
        { name: 'dev', namespace: 'web' },
      ],
      prod,
      'web',
      'spec.destinations',
    ],
    [
      'a denied name is denied whatever the namespace of its entry',
      [
        { name: '*', namespace: '*' },
        { name: '!prod', namespace: 'other' },
      ],
      prod,
      'web',
      'spec.destinations[1].name',
    ],
    [
      'a denied address is denied where the namespace of its entry matches',
      [
        { name: '*', namespace: '*' },
        { server: '!https://prod*', namespace: 'w*' },
      ],
      prod,
      'web',
      'spec.destinations[1].server',
    ],
    [
      'a denied address is not denied for other namespaces',
      [
        { name: '*', namespace: '*' },
        { server: '!https://prod*', namespace: 'other' },
      ],
      prod,
      'web',
      true,
    ],
    [
      'a denied address without a namespace is denied for all',
      [{ name: '*', namespace: '*' }, { server: '!https://prod*' }],
      prod,
      'web',
      'spec.destinations[1].server',
    ],
    [
      'one denied address of several denies the cluster',
      [everything, { server: '!https://10.*', namespace: '*' }],
      prod,
      'web',
      'spec.destinations[1].server',
    ],
    [
      'a denied name counts where the entry matches by its address',
      [{ server: '*', name: '!prod', namespace: '*' }],
      prod,
      'web',
      'spec.destinations[0].name',
    ],
    ['another name than the denied one is allowed', [{ name: '!dev', namespace: '*' }], prod, 'web', true],
    [
      'a cluster without addresses has none that could be denied',
      [{ server: '!https://dev*', namespace: '*' }],
      bare,
      'web',
      true,
    ],
  ])('%s', (_sentence, destinations, target, namespace, expected) => {
    expect(answer(judgeDestination(project({ destinations }), target, namespace))).toBe(expected);
  });
});

describe('cluster-scoped kinds', () => {
  const role = { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'pay-reader' };
  const any: readonly KindRule[] = [{ group: '*', kind: '*' }];
  it.each<[string, Partial<ProjectDocument>, true | string]>([
    ['without a whitelist none is allowed', {}, 'spec.clusterResourceWhitelist'],
    [
      'with an empty whitelist none is allowed',
      { clusterResourceWhitelist: [] },
      'spec.clusterResourceWhitelist',
    ],
    ['a whitelist of * allows all', { clusterResourceWhitelist: any }, true],
    ['patterns match groups', { clusterResourceWhitelist: [{ group: 'rbac*', kind: 'ClusterRole' }] }, true],
    [
      'an empty group is the core group',
      { clusterResourceWhitelist: [{ group: '', kind: 'ClusterRole' }] },
      'spec.clusterResourceWhitelist',
    ],
    [
      'kinds are compared with their case',
      { clusterResourceWhitelist: [{ group: '*', kind: 'clusterrole' }] },
      'spec.clusterResourceWhitelist',
    ],
    [
      'a name that matches is allowed',
      { clusterResourceWhitelist: [{ group: '*', kind: '*', name: 'pay-*' }] },
      true,
    ],
    [
      'a name that does not match is not',
      { clusterResourceWhitelist: [{ group: '*', kind: '*', name: 'shop-*' }] },
      'spec.clusterResourceWhitelist',
    ],
    [
      'a blacklist wins over the whitelist',
      {
        clusterResourceWhitelist: any,
        clusterResourceBlacklist: [
          { group: 'x', kind: 'y' },
          { group: '*', kind: 'ClusterRole*' },
        ],
      },
      'spec.clusterResourceBlacklist[1]',
    ],
    [
      'a blacklist with another name does not',
      {
        clusterResourceWhitelist: any,
        clusterResourceBlacklist: [{ group: '*', kind: '*', name: 'shop-*' }],
      },
      true,
    ],
    [
      'a blacklist with its name does',
      { clusterResourceWhitelist: any, clusterResourceBlacklist: [{ group: '*', kind: '*', name: 'pay-*' }] },
      'spec.clusterResourceBlacklist[0]',
    ],
    [
      'lists of namespaced kinds say nothing',
      { namespaceResourceWhitelist: any },
      'spec.clusterResourceWhitelist',
    ],
  ])('%s', (_sentence, rules, expected) => {
    expect(answer(judgeKind(project(rules), role, 'cluster'))).toBe(expected);
  });
});

describe('namespaced kinds', () => {
  const any: readonly KindRule[] = [{ group: '*', kind: '*' }];
  const secret = { group: '', kind: 'Secret', name: 'a' };
  it.each<[string, Partial<ProjectDocument>, true | string]>([
    ['without a whitelist all are allowed', {}, true],
    [
      'with an empty whitelist none is',
      { namespaceResourceWhitelist: [] },
      'spec.namespaceResourceWhitelist',
    ],
    ['a listed kind is allowed', { namespaceResourceWhitelist: [{ group: '', kind: 'Secret' }] }, true],
    [
      'a kind that is not listed is not',
      { namespaceResourceWhitelist: [{ group: 'apps', kind: '*' }] },
      'spec.namespaceResourceWhitelist',
    ],
    [
      'a blacklist denies by a pattern',
      { namespaceResourceBlacklist: [{ group: '', kind: 'Sec*' }] },
      'spec.namespaceResourceBlacklist[0]',
    ],
    [
      'a blacklist wins over the whitelist',
      { namespaceResourceWhitelist: any, namespaceResourceBlacklist: [{ group: '', kind: 'Secret' }] },
      'spec.namespaceResourceBlacklist[0]',
    ],
    [
      'a blacklist of another group says nothing',
      { namespaceResourceBlacklist: [{ group: 'apps', kind: 'Secret' }] },
      true,
    ],
    ['lists of cluster-scoped kinds say nothing', { clusterResourceBlacklist: any }, true],
  ])('%s', (_sentence, rules, expected) => {
    expect(answer(judgeKind(project(rules), secret, 'namespaced'))).toBe(expected);
  });
});
