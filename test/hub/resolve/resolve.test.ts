import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLocation } from '../../../core/problem.ts';
import { buildCatalog } from '../../../hub/catalog/build-catalog.ts';
import type { CatalogFile } from '../../../hub/catalog/catalog.ts';
import type { Refusal } from '../../../hub/resolve/assignment.ts';
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

const healing =
  '  syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}\n';

function resolved(texts: Readonly<Record<string, string>>) {
  return resolve(catalogOf({ ...goodTexts, ...texts }));
}

function refusal(texts: Readonly<Record<string, string>>): Refusal {
  const [first] = resolved(texts).refusals;
  if (first === undefined) throw new Error('nothing was refused');
  return first;
}

describe('resolve', () => {
  it('assigns an application to the cluster that it names', () => {
    const { assignments, refusals } = resolved({ 'a.yaml': applicationText('web', 'prod', healing) });
    expect(refusals).toEqual([]);
    expect(assignments.find(({ name }) => name === 'web')).toMatchObject({
      application: 'argocd/web',
      cluster: 'prod',
      environment: 'prod',
      namespace: 'payments',
      mode: 'sync',
      prune: true,
      createNamespace: true,
      deleteLimits: { freeObjects: 2, maxShare: 0.1 },
      project: { name: 'platform' },
    });
  });

  it('finds a cluster by an address that its document declares', () => {
    const text = applicationText('web').replace('name: dev', 'server: https://kubernetes.default.svc');
    const { assignments } = resolved({ 'a.yaml': text });
    expect(assignments.find(({ name }) => name === 'web')).toMatchObject({
      cluster: 'staging',
      servers: ['https://kubernetes.default.svc'],
    });
  });

  it.each([
    ['', 'dev', {}, 'observe'],
    ['  syncPolicy: {automated: {}}\n', 'dev', {}, 'sync'],
    [healing, 'dev', {}, 'heal'],
    [healing, 'prod', {}, 'sync'],
    [
      healing,
      'dev',
      { 'fleet/clusters/dev.yaml': clusterText('dev', 'dev', '  mode: observe\n') },
      'observe',
    ],
    [healing, 'dev', { 'fleet/fleet.yaml': `${fleetText}  mode: sync\n` }, 'sync'],
    [healing, 'prod', { 'fleet/clusters/prod.yaml': clusterText('prod', 'prod', '  mode: heal\n') }, 'sync'],
  ])('the strictest mode wins: %j on %s with %j is %s', (spec, cluster, texts, mode) => {
    const { assignments } = resolved({ 'a.yaml': applicationText('web', cluster, spec), ...texts });
    expect(assignments.find(({ name }) => name === 'web')?.mode).toBe(mode);
  });
});

describe('modes', () => {
  const order = ['observe', 'sync', 'heal'] as const;
  const set = (name: string) =>
    fc.option(fc.constantFrom(...order), { nil: undefined }).map((mode) => [name, mode] as const);
  const layers = fc.tuple(...['fleet', 'environment', 'cluster', 'project', 'application'].map(set));
  type Layers = readonly (readonly [string, (typeof order)[number] | undefined])[];

  function modeOf(given: Layers): (typeof order)[number] {
    const { fleet, environment, cluster, project, application } = Object.fromEntries(given);
    const line = (mode: string | undefined, indent: string): string =>
      mode === undefined ? '' : `${indent}mode: ${mode}\n`;
    const automated = { observe: '', sync: '  syncPolicy: {automated: {}}\n', heal: healing };
    const texts = {
      'a.yaml': applicationText('web', 'dev', automated[application ?? 'heal']),
      'fleet/fleet.yaml':
        fleetText.replace('    - name: dev\n', `    - name: dev\n${line(environment, '      ')}`) +
        line(fleet, '  '),
      'fleet/clusters/dev.yaml': clusterText('dev', 'dev', line(cluster, '  ')),
      'fleet/projects/platform.yaml': projectText('platform').replace(
        'metadata: {name: platform}',
        `metadata: {name: platform${project === undefined ? '' : `, annotations: {fairlead.dev/mode: ${project}}`}}`,
      ),
    };
    const { assignments } = resolved(texts);
    return assignments.find(({ name }) => name === 'web')?.mode ?? 'heal';
  }

  it('are the strictest that any of fleet, environment, cluster, project and application says', () => {
    fc.assert(
      fc.property(layers, (given) => {
        const said = given.flatMap(([, mode]) => mode ?? []);
        expect(modeOf(given)).toBe(order.find((mode) => said.includes(mode)) ?? 'heal');
      }),
      { numRuns: 60 },
    );
  });

  it('are never loosened by one more that says something', () => {
    fc.assert(
      fc.property(layers, fc.nat(4), fc.constantFrom(...order), (given, index, mode) => {
        const less: Layers = given.map((layer, at) => (at === index ? [layer[0], undefined] : layer));
        const more: Layers = given.map((layer, at) => (at === index ? [layer[0], mode] : layer));
        expect(order.indexOf(modeOf(more))).toBeLessThanOrEqual(order.indexOf(modeOf(less)));
      }),
      { numRuns: 40 },
    );
  });

  it('of a project that are misspelt are a problem of its file', () => {
    const text = projectText('platform').replace(
      '{name: platform}',
      '{name: platform, annotations: {fairlead.dev/mode: watch}}',
    );
    const { problems } = catalogOf({ ...goodTexts, 'fleet/projects/platform.yaml': text });
    expect(problems.map(({ message }) => message)).toContain(
      'The annotation fairlead.dev/mode can\'t be "watch"',
    );
  });
});

describe('refusals', () => {
  it.each<[string, Readonly<Record<string, string>>, { reason: string; at: string; cluster?: string }]>([
    [
      'an unknown cluster',
      { 'a.yaml': applicationText('web', 'test') },
      {
        reason:
          'there is no cluster called test; known clusters are: dev, prod, staging = https://kubernetes.default.svc',
        at: 'a.yaml:12',
      },
    ],
    [
      'an unknown address',
      { 'a.yaml': applicationText('web').replace('name: dev', 'server: https://dev') },
      { reason: 'there is no cluster with the server https://dev;', at: 'a.yaml:12' },
    ],
    [
      'an address that two clusters claim',
      {
        'a.yaml': applicationText('web').replace('name: dev', 'server: https://kubernetes.default.svc'),
        'fleet/clusters/dev.yaml': clusterText(
          'dev',
          'dev',
          '  servers: [https://kubernetes.default.svc/]\n',
        ),
      },
      {
        reason:
          'claimed by the clusters dev (fleet/clusters/dev.yaml:6) and staging (fleet/clusters/staging.yaml:6)',
        at: 'a.yaml:12',
      },
    ],
    [
      'an unknown project, none being implicit',
      { 'a.yaml': applicationText('web', 'dev', '', 'default') },
      {
        reason: 'there is no AppProject called default; known projects are: platform',
        at: 'a.yaml:6',
        cluster: 'dev',
      },
    ],
    [
      'another repository',
      { 'a.yaml': applicationText('web').replace('platform-config', 'other') },
      {
        reason: "project platform doesn't allow the repository https://git.example.com/platform/other.git",
        at: 'fleet/projects/platform.yaml:5',
        cluster: 'dev',
      },
    ],
    [
      'another namespace',
      { 'a.yaml': applicationText('web').replace('namespace: payments', 'namespace: kube-system') },
      {
        reason: "project platform doesn't allow namespace kube-system on cluster dev",
        at: 'fleet/projects/platform.yaml:6',
        cluster: 'dev',
      },
    ],
    [
      'a namespace that is denied',
      {
        'fleet/projects/platform.yaml': projectText(
          'platform',
          "  destinations:\n    - {name: '*', namespace: '*'}\n    - name: '*'\n      namespace: '!pay*'\n",
        ),
      },
      {
        reason: "project platform doesn't allow namespace payments on cluster dev (!pay*)",
        at: 'fleet/projects/platform.yaml:9',
        cluster: 'dev',
      },
    ],
    [
      'a cluster of an undeclared environment',
      { 'fleet/clusters/dev.yaml': clusterText('dev', 'test') },
      {
        reason: "the environment test of cluster dev isn't declared",
        at: 'fleet/clusters/dev.yaml:5',
        cluster: 'dev',
      },
    ],
    [
      'two Fleet documents',
      { 'fleet/more.yaml': fleetText },
      { reason: 'there is no single Fleet document', at: 'fleet/clusters/dev.yaml:5', cluster: 'dev' },
    ],
  ])('%s', (_what, texts, expected) => {
    const { gate, cluster } = refusal(texts);
    expect(gate.kind).toBe('refusal');
    expect(gate.reason).toContain(expected.reason);
    expect(gate.location && formatLocation(gate.location)).toBe(expected.at);
    expect(gate.remedy).not.toBe('');
    expect(cluster).toBe(expected.cluster);
  });
});

describe('laws of resolve', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const cluster = fc.constantFrom('dev', 'prod', 'nowhere');
  const spec = fc.constantFrom('', healing, '  typo: 1\n');
  const application = fc
    .tuple(name, cluster, spec, fc.constantFrom('platform', 'shop'))
    .map(([each, on, extra, project]) => applicationText(each, on, extra, project));
  const texts = fc
    .tuple(fc.array(application, { maxLength: 6 }), fc.boolean(), fc.boolean())
    .map(([applications, secondProject, secondFleet]) => ({
      ...goodTexts,
      ...(secondProject ? { 'fleet/projects/shop.yaml': projectText('shop') } : {}),
      ...(secondFleet ? { 'fleet/more.yaml': fleetText } : {}),
      ...Object.fromEntries(applications.map((text, index) => [`applications/${index}.yaml`, text])),
    }));

  it('the order of the documents changes nothing', () => {
    fc.assert(
      fc.property(
        texts.chain((all) => {
          const files = foldTexts(all);
          return fc.tuple(fc.constant(files), fc.shuffledSubarray([...files], { minLength: files.length }));
        }),
        ([files, shuffled]: readonly [readonly CatalogFile[], readonly CatalogFile[]]) => {
          const expected = buildCatalog(files);
          const catalog = buildCatalog(shuffled);
          expect(catalog).toEqual(expected);
          const backwards = {
            ...expected,
            applications: new Map([...expected.applications].reverse()),
            clusters: new Map([...expected.clusters].reverse()),
            projects: new Map([...expected.projects].reverse()),
          };
          expect(resolve(backwards)).toEqual(resolve(expected));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('each application is assigned or refused, never both', () => {
    fc.assert(
      fc.property(texts, (all) => {
        const catalog = catalogOf(all);
        const { assignments, refusals } = resolve(catalog);
        const decided = [...assignments, ...refusals].map(({ application: key }) => key).sort();
        expect(decided).toEqual([...catalog.applications.keys()].sort());
      }),
      { numRuns: 60 },
    );
  });
});
