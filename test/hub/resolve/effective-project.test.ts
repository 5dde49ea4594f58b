import { describe, expect, it } from 'vitest';
import { formatLocation, formatProblem } from '../../../core/problem.ts';
import { buildCatalog } from '../../../hub/catalog/build-catalog.ts';
import { effectiveProject } from '../../../hub/resolve/effective-project.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import {
  applicationText,
  catalogOf,
  clusterText,
  fleetText,
  foldTexts,
  goodTexts,
  projectText,
} from '../catalog/catalog-texts.ts';

const inheriting = `${fleetText}  globalProjects:
    - projectName: base
      labelSelector: {matchLabels: {team: pay}}
`;

/** A project with a label, and with rules of its own. */
function labelled(name: string, labels: string, spec = ''): string {
  return projectText(name, spec).replace(`{name: ${name}}`, `{name: ${name}, labels: {${labels}}}`);
}

/** The gate of the application, or `true`. */
function verdict(texts: Readonly<Record<string, string>>): { reason: string; at: string } | true {
  const { assignments, refusals } = resolve(
    catalogOf({ ...goodTexts, 'fleet/fleet.yaml': inheriting, ...texts }),
  );
  const refusal = refusals.find(({ name }) => name === 'payments-dev');
  if (refusal === undefined && assignments.some(({ name }) => name === 'payments-dev')) return true;
  if (refusal === undefined) throw new Error('neither assigned nor refused');
  const { reason, location } = refusal.gate;
  return { reason, at: location === undefined ? '' : formatLocation(location) };
}

const own = labelled('platform', 'team: pay');

describe('global projects', () => {
  it('their denials hold for the projects that they select, and are named where they stand', () => {
    const base = projectText('base', "  destinations: [{name: '*', namespace: '!pay*'}]\n");
    expect(verdict({ 'fleet/projects/platform.yaml': own, 'fleet/projects/base.yaml': base })).toEqual({
      reason: "project platform doesn't allow namespace payments on cluster dev (!pay*)",
      at: 'fleet/projects/base.yaml:6',
    });
  });

  it('their allowances are added to those of the project', () => {
    const texts = {
      'fleet/projects/platform.yaml': labelled('platform', 'team: pay', '  destinations: []\n'),
      'fleet/projects/base.yaml': projectText('base'),
    };
    expect(verdict(texts)).toBe(true);
    expect(verdict({ ...texts, 'fleet/fleet.yaml': fleetText })).not.toBe(true);
  });

  it('say nothing to projects that they do not select', () => {
    const base = projectText('base', "  destinations: [{name: '*', namespace: '!pay*'}]\n");
    const texts = { 'fleet/projects/base.yaml': base };
    expect(verdict({ ...texts, 'fleet/projects/platform.yaml': projectText('platform') })).toBe(true);
    expect(verdict({ ...texts, 'fleet/projects/platform.yaml': labelled('platform', 'team: shop') })).toBe(
      true,
    );
  });

  it.each([
    ['no selector selects every project', '', 'a: b', true],
    [
      'In selects the values that it lists',
      'labelSelector: {matchExpressions: [{key: team, operator: In, values: [shop, pay]}]}',
      'team: pay',
      true,
    ],
    [
      'In does not select other values',
      'labelSelector: {matchExpressions: [{key: team, operator: In, values: [shop]}]}',
      'team: pay',
      false,
    ],
    [
      'NotIn selects a project without the label',
      'labelSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [gold]}]}',
      'team: pay',
      true,
    ],
    [
      'NotIn does not select the values that it lists',
      'labelSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [gold]}]}',
      'tier: gold',
      false,
    ],
    [
      'Exists selects any value',
      'labelSelector: {matchExpressions: [{key: team, operator: Exists}]}',
      'team: x',
      true,
    ],
    [
      'DoesNotExist does not',
      'labelSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}',
      'team: x',
      false,
    ],
    [
      'all of a selector has to hold',
      'labelSelector: {matchLabels: {team: pay}, matchExpressions: [{key: tier, operator: Exists}]}',
      'team: pay',
      false,
    ],
  ])('%s', (_sentence, selector, labels, isSelected) => {
    const fleet = `${fleetText}  globalProjects:\n    - projectName: base\n${selector === '' ? '' : `      ${selector}\n`}`;
    const catalog = catalogOf({
      ...goodTexts,
      'fleet/fleet.yaml': fleet,
      'fleet/projects/platform.yaml': labelled('platform', labels),
      'fleet/projects/base.yaml': projectText('base', '  clusterResourceWhitelist: [{kind: Namespace}]\n'),
    });
    expect(catalog.problems).toEqual([]);
    const found = effectiveProject(catalog, catalog.projects.get('platform')!);
    expect(found.type === 'found' && found.project.clusterResourceWhitelist.length === 1).toBe(isSelected);
  });

  it.each([
    [
      'an absent namespaced whitelist has only the inherited kinds',
      '',
      '[{kind: Secret}]',
      [{ group: '', kind: 'Secret' }],
    ],
    ['an empty one that is inherited allows none', '', '[]', []],
    [
      'two are joined',
      '[{kind: ConfigMap}]',
      '[{kind: Secret}]',
      [
        { group: '', kind: 'ConfigMap' },
        { group: '', kind: 'Secret' },
      ],
    ],
    [
      'an absent one that is inherited changes nothing',
      '[{kind: ConfigMap}]',
      '',
      [{ group: '', kind: 'ConfigMap' }],
    ],
    ['two absent ones allow every kind', '', '', undefined],
  ])('%s', (_sentence, mine, inherited, expected) => {
    const list = (text: string) => (text === '' ? '' : `  namespaceResourceWhitelist: ${text}\n`);
    const catalog = catalogOf({
      ...goodTexts,
      'fleet/fleet.yaml': inheriting,
      'fleet/projects/platform.yaml': labelled('platform', 'team: pay', `  destinations: []\n${list(mine)}`),
      'fleet/projects/base.yaml': projectText('base', `  destinations: []\n${list(inherited)}`),
    });
    const found = effectiveProject(catalog, catalog.projects.get('platform')!);
    expect(found.type === 'found' && found.project.namespaceResourceWhitelist).toEqual(expected);
  });

  it('pass on windows and kinds, and neither roles, mode nor image policy', () => {
    const base = projectText(
      'base',
      `  destinations: []
  syncWindows: [{kind: deny, schedule: '0 22 * * *', duration: 1h, applications: ['*']}]
  namespaceResourceBlacklist: [{kind: Secret}]
  clusterResourceBlacklist: [{kind: Node}]
`,
    ).replace(
      '{name: base}',
      '{name: base, annotations: {fairlead.dev/mode: observe, fairlead.dev/image-policy: digest}}',
    );
    const catalog = catalogOf({
      ...goodTexts,
      'fleet/fleet.yaml': inheriting,
      'fleet/projects/platform.yaml': own,
      'fleet/projects/base.yaml': base,
    });
    const found = effectiveProject(catalog, catalog.projects.get('platform')!);
    expect(found).toMatchObject({
      project: {
        name: 'platform',
        syncWindows: [{ kind: 'deny' }],
        namespaceResourceBlacklist: [{ kind: 'Secret' }],
        clusterResourceBlacklist: [{ kind: 'Node' }],
      },
    });
    expect(found).not.toHaveProperty('project.mode');
    expect(found).not.toHaveProperty('project.imagePolicy');
  });

  it('are never inherited from by themselves, nor from one another', () => {
    const fleet = `${fleetText}  globalProjects: [{projectName: base}, {projectName: platform}]\n`;
    const catalog = catalogOf({
      ...goodTexts,
      'fleet/fleet.yaml': fleet,
      'fleet/projects/base.yaml': projectText('base', '  clusterResourceWhitelist: [{kind: Node}]\n'),
    });
    const found = effectiveProject(catalog, catalog.projects.get('base')!);
    expect(found.type === 'found' && found.project.clusterResourceWhitelist).toHaveLength(1);
    expect(found.type === 'found' && found.project.sourceRepos).toHaveLength(2);
  });

  it('one that is missing is a problem, and refuses: what it denies is not known', () => {
    const texts = { ...goodTexts, 'fleet/fleet.yaml': inheriting, 'fleet/projects/platform.yaml': own };
    expect(catalogOf(texts).problems.map(formatProblem)[0]).toContain(
      'fleet/fleet.yaml:10: There is no AppProject called base, so applications of the projects that would inherit from it are refused',
    );
    expect(verdict(texts)).toMatchObject({
      reason:
        "project platform inherits from project base, which doesn't exist, so what that one denies isn't known",
      at: 'fleet/fleet.yaml:10',
    });
  });

  it('one that cannot be read freezes the applications of the projects that inherit from it, and no others', () => {
    const before = {
      ...goodTexts,
      'fleet/fleet.yaml': inheriting,
      'fleet/projects/platform.yaml': own,
      'fleet/projects/base.yaml': projectText('base'),
      'fleet/projects/shop.yaml': projectText('shop'),
      'applications/shop.yaml': applicationText('shop', 'dev', '', 'shop'),
    };
    const broken = { ...before, 'fleet/projects/base.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: [\n' };
    expect([...buildCatalog(foldTexts(broken, foldTexts(before))).frozen.keys()]).toEqual([
      'argocd/payments-dev',
    ]);
  });

  it('the same documents give the same assignment, so that nothing is decided twice', () => {
    const texts = {
      ...goodTexts,
      'fleet/fleet.yaml': inheriting,
      'fleet/projects/platform.yaml': own,
      'fleet/projects/base.yaml': projectText('base'),
    };
    const files = foldTexts(texts);
    expect(resolve(buildCatalog(files)).assignments[0]).toBe(resolve(buildCatalog(files)).assignments[0]);
  });
});

describe('project-scoped clusters', () => {
  const scoped = clusterText('dev', 'dev', '  project: platform\n');
  const closed = projectText('platform', '  destinations: []\n');

  it('are destinations of their project with every namespace', () => {
    expect(verdict({ 'fleet/projects/platform.yaml': closed })).not.toBe(true);
    expect(verdict({ 'fleet/projects/platform.yaml': closed, 'fleet/clusters/dev.yaml': scoped })).toBe(true);
  });

  it('are no destinations of other projects by that', () => {
    const other = clusterText('dev', 'dev', '  project: shop\n');
    const texts = { 'fleet/projects/shop.yaml': projectText('shop'), 'fleet/clusters/dev.yaml': other };
    expect(verdict({ ...texts, 'fleet/projects/platform.yaml': closed })).not.toBe(true);
    expect(verdict(texts)).toBe(true);
  });

  it('are the only ones where the project permits no others', () => {
    const only = projectText(
      'platform',
      "  destinations: [{name: '*', namespace: '*'}]\n  permitOnlyProjectScopedClusters: true\n",
    );
    expect(verdict({ 'fleet/projects/platform.yaml': only })).toEqual({
      reason:
        'project platform permits only clusters that are scoped to it, and cluster dev is of no project',
      at: 'fleet/projects/platform.yaml:7',
    });
    expect(verdict({ 'fleet/projects/platform.yaml': only, 'fleet/clusters/dev.yaml': scoped })).toBe(true);
    const denied = only.replace("namespace: '*'}", "namespace: '!pay*'}");
    expect(verdict({ 'fleet/projects/platform.yaml': denied, 'fleet/clusters/dev.yaml': scoped })).not.toBe(
      true,
    );
  });

  it('one whose project is missing is a problem at its line', () => {
    const problems = catalogOf({
      ...goodTexts,
      'fleet/clusters/dev.yaml': clusterText('dev', 'dev', '  project: plattform\n'),
    }).problems;
    expect(problems.map(formatProblem)[0]).toContain(
      'fleet/clusters/dev.yaml:6: There is no AppProject called plattform, which cluster dev is scoped to',
    );
  });
});
