import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';
import { clusterText, fleetText, projectText } from './catalog-texts.ts';

function parse(text: string, path = 'fleet/a.yaml') {
  const { documents, problems } = parseFile(path, 'oid', text, 'fleet');
  return { document: documents[0], problems: problems.map(formatProblem) };
}

describe('Fleet', () => {
  it('names environments in the order of promotion, with their limits', () => {
    expect(parse(fleetText)).toMatchObject({
      problems: [],
      document: {
        kind: 'Fleet',
        environments: [
          { name: 'dev' },
          { name: 'staging', mode: 'heal' },
          { name: 'prod', mode: 'sync', deleteLimits: { freeObjects: 2, maxShare: 0.1 } },
        ],
        deleteLimits: { freeObjects: 10, maxShare: 0.5 },
      },
    });
  });

  it.each([
    [
      'mode: heal',
      'mode: heel',
      'fleet/a.yaml:7: mode can\'t be "heel" (spec.environments[1].mode). Did you mean heal?',
    ],
    ['maxShare: 0.1', 'maxShare: 10', 'maxShare must be a number from 0 to 1'],
    ['name: staging', 'name: dev', 'The environment dev is declared twice'],
    ['  environments', '  enviroments', 'Did you mean environments?'],
    ['mode: heal', 'imagePolicy: digests', 'imagePolicy can\'t be "digests"'],
    ['mode: heal', 'protected: yes please', 'protected must be true or false'],
    ['spec:', "spec:\n  movingTags: ['[a']", '"[a" isn\'t a valid pattern'],
  ])('%s → %s is a problem', (from, to, text) => {
    expect(parse(fleetText.replace(from, to)).problems[0]).toContain(text);
  });
});

describe('Cluster', () => {
  it('has an environment, and addresses without a trailing slash', () => {
    const text = clusterText('dev', 'dev', '  servers: [https://kubernetes.default.svc/]\n  mode: observe\n');
    expect(parse(text)).toMatchObject({
      problems: [],
      document: {
        name: 'dev',
        environment: 'dev',
        servers: ['https://kubernetes.default.svc'],
        mode: 'observe',
      },
    });
  });

  it.each([
    [clusterText('dev').replace('environment', 'enviroment'), 'Did you mean environment?'],
    [clusterText('dev', 'dev', '  servers: [kubernetes]\n'), "isn't the address of an API server"],
    [clusterText('dev').replace('kind: Cluster', 'kind: Clutser'), 'Did you mean Cluster?'],
  ])('%j is a problem', (text, problem) => {
    expect(parse(text).problems.join()).toContain(problem);
  });
});

describe('AppProject', () => {
  it('tells an absent namespace whitelist from an empty one', () => {
    expect(parse(projectText('p')).document).not.toHaveProperty('namespaceResourceWhitelist');
    expect(parse(projectText('p', '  namespaceResourceWhitelist: []\n')).document).toHaveProperty(
      'namespaceResourceWhitelist',
      [],
    );
  });

  it('reads its rules, and leaves roles to access', () => {
    const spec = `  destinations: [{server: https://a, namespace: b}, {name: '!prod', namespace: '*'}]
  clusterResourceWhitelist: [{group: '*', kind: Namespace, name: pay-*}]
  namespaceResourceBlacklist: [{group: '', kind: ResourceQuota}]
  roles: [{name: x}]
  orphanedResources: {ignore: [{kind: ConfigMap, name: 'auto-*'}, {group: '*'}]}
`;
    expect(parse(projectText('p', spec))).toMatchObject({
      problems: [],
      document: {
        destinations: [
          { server: 'https://a', namespace: 'b' },
          { name: '!prod', namespace: '*' },
        ],
        clusterResourceWhitelist: [{ group: '*', kind: 'Namespace', name: 'pay-*' }],
        namespaceResourceBlacklist: [{ group: '', kind: 'ResourceQuota' }],
        orphanedResources: {
          warn: true,
          ignore: [{ group: '', kind: 'ConfigMap', name: 'auto-*' }, { group: '*' }],
        },
      },
    });
    expect(parse(projectText('p')).document).not.toHaveProperty('orphanedResources');
  });

  it.each([
    ['  permitOnlyProjectScopedClusters: yes please\n', 'must be true or false'],
    ['  orphanedResources: {ignore: [{name: "a[b"}]}\n', "isn't a valid pattern"],
    ['  orphanedResources: {warning: true}\n', 'warning'],
    ["  destinations: [{name: '!*'}]\n", "'!*' denies everything"],
    ["  destinations: [{name: 'a[b'}]\n", "isn't a valid pattern"],
    ['  clusterResourceWhiteList: []\n', 'Did you mean clusterResourceWhitelist?'],
    ['  namespaceResourceWhitelist: [{group: a, kind: b, name: c}]\n', 'no field name'],
  ])('%j is a problem at line 6', (spec, text) => {
    expect(parse(projectText('p', spec)).problems[0]).toContain('fleet/a.yaml:6');
    expect(parse(projectText('p', spec)).problems[0]).toContain(text);
  });
});

it('a project says what its images have to be pinned to in an annotation', () => {
  const text = (policy: string) =>
    projectText('p').replace(
      'metadata: {name: p}',
      `metadata:\n  name: p\n  annotations:\n    fairlead.dev/image-policy: ${policy}`,
    );
  expect(parse(text('digest')).document).toMatchObject({ imagePolicy: 'digest' });
  expect(parse(text('digests')).problems[0]).toContain(
    'fleet/a.yaml:6: The annotation fairlead.dev/image-policy can\'t be "digests"',
  );
});

describe('administrative kinds', () => {
  it.each([fleetText, clusterText('dev'), projectText('p')])(
    'count only below the protected path: %#',
    (text) => {
      expect(parse(text, 'fleet/deep/a.yaml').problems).toEqual([]);
      for (const path of ['applications/a.yaml', 'fleet.yaml', 'fleets/a.yaml', 'x/fleet/a.yaml']) {
        expect(parse(text, path).problems[0]).toContain('counts only below fleet/');
        expect(parse(text, path).document).toBeUndefined();
      }
    },
  );
});
