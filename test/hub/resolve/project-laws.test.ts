import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject, Manifest } from '../../../core/kube-object.ts';
import { buildCatalog } from '../../../hub/catalog/build-catalog.ts';
import type { KindRule, ProjectDocument } from '../../../hub/catalog/documents.ts';
import { checkRendered } from '../../../hub/resolve/check-rendered.ts';
import { judgeDestination, judgeKind, judgeSource } from '../../../hub/resolve/project-rules.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import {
  applicationText,
  clusterText,
  fleetText,
  foldTexts,
  goodTexts,
  projectText,
} from '../catalog/catalog-texts.ts';

const runs = { numRuns: 300 };

const repositories = [
  'https://git.example.com/a/x',
  'https://git.example.com/b/y.git',
  'git@git.example.com:a/x',
];
const repositoryPattern = fc.constantFrom(
  '*',
  '**',
  'https://git.example.com/*/x',
  'https://git.example.com/**',
  'git@git.example.com:a/*',
  '[',
  ...repositories,
);
const namePattern = fc.constantFrom('*', 'dev', 'prod', 'p*', '?ev', '{dev,prod}', 'web', 'we[a-c]', '');
const target = fc.constantFrom(
  { cluster: 'dev', servers: ['https://dev'] },
  { cluster: 'prod', servers: ['https://prod', 'https://prod2'] },
  { cluster: 'edge', servers: [] },
);
const namespace = fc.constantFrom('web', 'kube-system', 'prod', '');
const serverPattern = fc.constantFrom('*', 'https://*', 'https://prod?', 'https://dev');
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const allowance = fc.record({
  server: optional(serverPattern),
  name: optional(namePattern),
  namespace: optional(namePattern),
});
const denial = fc
  .tuple(
    allowance,
    fc.constantFrom('server', 'name', 'namespace'),
    fc.constantFrom('dev', 'p*', 'https://prod*', 'kube-*', 'web'),
  )
  .map(([entry, field, pattern]) => ({ ...entry, [field]: `!${pattern}` }));
type Entry = ProjectDocument['destinations'][number];
const clean = (entry: object): Entry =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as Entry;
const kindRule = fc.record({
  group: fc.constantFrom('', '*', 'apps', 'rbac*'),
  kind: fc.constantFrom('*', 'Secret', 'Deploy*', 'ClusterRole'),
});
const kinds = [
  { group: '', kind: 'Secret', name: 'a' },
  { group: 'apps', kind: 'Deployment', name: 'a' },
  { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'a' },
];

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

/** Both lists with one entry more or less at any place. */
function inserted<T>(list: readonly T[], at: number, entry: T): readonly T[] {
  const place = at % (list.length + 1);
  return [...list.slice(0, place), entry, ...list.slice(place)];
}

describe('laws of project rules', () => {
  it('one more denied repository never permits more, beside an allowance', () => {
    fc.assert(
      fc.property(
        fc.array(repositoryPattern),
        fc.array(repositoryPattern),
        repositoryPattern,
        fc.nat(),
        fc.constantFrom(...repositories),
        (allow, deny, more, at, url) => {
          const before = ['https://nowhere', ...allow, ...deny.map((pattern) => `!${pattern}`)];
          const after = inserted(before, at, `!${more}`);
          if (judgeSource(project({ sourceRepos: before }), url).type === 'denied')
            expect(judgeSource(project({ sourceRepos: after }), url).type).toBe('denied');
        },
      ),
      runs,
    );
  });

  it('one allowed repository less never permits more, while an allowance is left', () => {
    fc.assert(
      fc.property(
        fc.array(repositoryPattern),
        fc.array(repositoryPattern),
        repositoryPattern,
        fc.nat(),
        fc.constantFrom(...repositories),
        (allow, deny, more, at, url) => {
          const after = ['https://nowhere', ...allow, ...deny.map((pattern) => `!${pattern}`)];
          const before = inserted(after, at, more);
          if (judgeSource(project({ sourceRepos: before }), url).type === 'denied')
            expect(judgeSource(project({ sourceRepos: after }), url).type).toBe('denied');
        },
      ),
      runs,
    );
  });

  it('one more denied destination, or one allowed less, never permits more, while an allowance is left', () => {
    fc.assert(
      fc.property(
        fc.array(allowance),
        fc.array(denial),
        fc.oneof(allowance, denial),
        fc.nat(),
        target,
        namespace,
        (allow, deny, one, at, on, into) => {
          const base = [{ name: 'nowhere', namespace: 'nowhere' }, ...allow.map(clean), ...deny.map(clean)];
          const entry = clean(one);
          const isDenial = Object.values(entry).some((pattern) => pattern.startsWith('!'));
          const longer = inserted(base, at, entry);
          const [before, after] = isDenial ? [base, longer] : [longer, base];
          if (judgeDestination(project({ destinations: before }), on, into).type === 'denied')
            expect(judgeDestination(project({ destinations: after }), on, into).type).toBe('denied');
        },
      ),
      runs,
    );
  });

  it('one more denied kind, or one allowed less, never permits more', () => {
    const lists = [
      'clusterResourceWhitelist',
      'clusterResourceBlacklist',
      'namespaceResourceWhitelist',
      'namespaceResourceBlacklist',
    ] as const;
    fc.assert(
      fc.property(
        fc.tuple(...lists.map(() => fc.array(kindRule, { maxLength: 3 }))),
        fc.constantFrom(...lists),
        kindRule,
        fc.nat(),
        fc.constantFrom(...kinds),
        fc.constantFrom('cluster' as const, 'namespaced' as const),
        (rules, list, rule, at, kind, scope) => {
          const base = Object.fromEntries(lists.map((name, index) => [name, rules[index] ?? []])) as Record<
            string,
            readonly KindRule[]
          >;
          const longer = { ...base, [list]: inserted(base[list] ?? [], at, rule) };
          const [before, after] = list.endsWith('Blacklist') ? [base, longer] : [longer, base];
          if (judgeKind(project(before), kind, scope).type === 'denied')
            expect(judgeKind(project(after), kind, scope).type).toBe('denied');
        },
      ),
      runs,
    );
  });

  it('the order of the entries changes no verdict', () => {
    const entries = fc.array(fc.oneof(allowance, denial).map(clean), { maxLength: 6 });
    const shuffled = <T>(items: fc.Arbitrary<readonly T[]>) =>
      items.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
      );
    const patterns = fc.array(
      fc
        .tuple(repositoryPattern, fc.boolean())
        .map(([pattern, denies]) => (denies ? `!${pattern}` : pattern)),
    );
    fc.assert(
      fc.property(
        shuffled(entries),
        shuffled(patterns),
        target,
        namespace,
        fc.constantFrom(...repositories),
        (destinations, sources, on, into, url) => {
          const [one, other] = [0, 1].map((index) =>
            project({ destinations: destinations[index] ?? [], sourceRepos: sources[index] ?? [] }),
          );
          expect(judgeDestination(one!, on, into).type).toBe(judgeDestination(other!, on, into).type);
          expect(judgeSource(one!, url).type).toBe(judgeSource(other!, url).type);
        },
      ),
      runs,
    );
  });
});

describe('the administrative path', () => {
  const administrative = [
    projectText(
      'platform',
      "  destinations: [{name: '*', namespace: '*'}]\n  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n",
    ),
    projectText('shop'),
    clusterText('dev', 'prod'),
    clusterText('new', 'dev', '  project: platform\n'),
    fleetText.replace('mode: heal', 'mode: observe'),
    `${fleetText}  globalProjects: [{projectName: platform}]\n`,
    'apiVersion: fairlead.dev/v1alpha1\nkind: AccessPolicy\nmetadata: {name: x}\nspec: {}\n',
  ];
  const foreign = [
    applicationText('other', 'prod'),
    applicationText('other', 'prod', '', 'shop'),
    applicationText('other', 'dev', '', 'shop'),
    'apiVersion: argoproj.io/v1alpha1\nkind: [\n',
    'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: payments}\nspec: {project: 1}\n',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n',
  ];
  const path = fc.constantFrom(
    'applications/x.yaml',
    'a.yaml',
    'fleets/x.yaml',
    'applications/fleet/x.yaml',
    'fleet.yaml',
  );

  it('no document outside it changes a verdict about another application', () => {
    const { assignments, refusals } = resolve(buildCatalog(foldTexts(goodTexts)));
    fc.assert(
      fc.property(
        fc.dictionary(
          path,
          fc.array(fc.constantFrom(...administrative, ...foreign), { minLength: 1, maxLength: 3 }),
        ),
        (added) => {
          const texts = Object.entries(added).map(
            ([at, documents]) => [at, documents.join('---\n')] as const,
          );
          const catalog = buildCatalog(foldTexts({ ...goodTexts, ...Object.fromEntries(texts) }));
          const now = resolve(catalog);
          const withoutOther = <T extends { readonly name: string }>(all: readonly T[]) =>
            all.filter(({ name }) => name !== 'other');
          expect(withoutOther(now.assignments)).toEqual(assignments);
          expect(withoutOther(now.refusals)).toEqual(refusals);
          expect(catalog.frozen.has('argocd/payments-dev')).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('laws of rendered objects', () => {
  const [assignment] = resolve(buildCatalog(foldTexts(goodTexts))).assignments;
  const object = fc
    .record({
      kind: fc.constantFrom(
        ['v1', 'ConfigMap'],
        ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
        ['v1', 'Namespace'],
        ['x.example.com/v1', 'Thing'],
        ['apps/v1', 'Deployment'],
      ),
      namespace: optional(fc.constantFrom('payments', 'kube-system')),
    })
    .map(
      ({ kind: [apiVersion = '', kind = ''], namespace: into }): Manifest => ({
        object: {
          apiVersion,
          kind,
          metadata: { name: 'a', ...(into === undefined ? {} : { namespace: into }) },
        } as KubeObject,
        origin: { file: 'a.yaml', line: 1 },
      }),
    );
  const reported = fc.constantFrom(undefined, [], ['x.example.com/Thing']);

  it('a set is allowed exactly where each of its objects is, whatever stands beside it', () => {
    if (assignment === undefined) throw new Error('not assigned');
    fc.assert(
      fc.property(fc.array(object, { maxLength: 6 }), reported, (manifests, scopes) => {
        const each = manifests.map((manifest) => checkRendered(assignment, [manifest], scopes) === undefined);
        expect(checkRendered(assignment, manifests, scopes) === undefined).toBe(each.every(Boolean));
      }),
      runs,
    );
  });

  it('nothing passes that is outside the namespaces of the project, or cluster-scoped without being listed', () => {
    if (assignment === undefined) throw new Error('not assigned');
    fc.assert(
      fc.property(fc.array(object, { maxLength: 6 }), reported, (manifests, scopes) => {
        if (checkRendered(assignment, manifests, scopes) !== undefined) return;
        for (const { object: each } of manifests) {
          expect(['ConfigMap', 'Deployment', 'Thing']).toContain(each.kind);
          expect(['payments', undefined]).toContain(each.metadata.namespace);
          if (each.kind === 'Thing') expect(scopes).toEqual([]);
        }
      }),
      runs,
    );
  });
});
