import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../core/glob.ts';
import type { Head } from '../../core/head.ts';
import { readAccess } from '../../hub/access/access.ts';
import { decide } from '../../hub/access/decide.ts';
import { buildCatalog } from '../../hub/catalog/build-catalog.ts';
import type { Catalog, CatalogFile } from '../../hub/catalog/catalog.ts';
import type { ProjectDocument } from '../../hub/catalog/documents.ts';
import { foldFiles } from '../../hub/catalog/fold-files.ts';
import { parseFile } from '../../hub/catalog/parse-file.ts';
import { assemble } from '../../hub/desired/assemble.ts';
import { seal } from '../../hub/desired/desired-application.ts';
import type { Outcome } from '../../hub/desired/outcome.ts';
import type { ApplicationRecord } from '../../hub/ports.ts';
import { readManifests } from '../../hub/render/read-manifests.ts';
import type { Assignment, Resolution } from '../../hub/resolve/assignment.ts';
import { judgeDestination, judgeKind, judgeSource } from '../../hub/resolve/project-rules.ts';
import { resolve } from '../../hub/resolve/resolve.ts';
import { applicationText, foldTexts, goodTexts, projectText } from './catalog/catalog-texts.ts';

/** 10,000 cases in all. A failure names its seed: add it to `seeds`, which are run again every time. */
const seeds = [20_261_126];

const fixtures = new URL('../fixtures/broken/', import.meta.url);
const broken = readdirSync(fixtures).map((name) =>
  readFileSync(new URL(name, fixtures), 'utf8').slice(0, 1_500),
);

const accessText = `apiVersion: fairlead.dev/v1alpha1
kind: AccessPolicy
metadata: {name: access}
spec:
  defaultRole: role:none
  policy: |
    p, role:dev, applications, *, platform/*, allow
    p, role:dev, applications, delete, platform/*, deny
    g, team-a, role:dev
`;

/** A fleet with allowances and denials of each kind; one application is refused, so that widening would show. */
const fleet: Readonly<Record<string, string>> = {
  ...goodTexts,
  'fleet/access.yaml': accessText,
  'fleet/projects/platform.yaml': projectText(
    'platform',
    `  destinations:
    - {name: dev, namespace: payments}
    - {name: staging, namespace: 'pay*'}
    - {name: '!prod', namespace: '*'}
  clusterResourceWhitelist: [{group: '', kind: Namespace}]
  namespaceResourceBlacklist: [{group: '', kind: Secret}]
`,
  ),
  'fleet/projects/other.yaml': projectText('other', '  destinations: []\n'),
  'applications/refused.yaml': applicationText('refused', 'prod'),
  'applications/two.yaml': `${applicationText('two-a')}---\n${applicationText('two-b', 'staging')}`,
  'applications/other.yaml': applicationText('other', 'dev', '', 'other'),
};

const tokens = [
  '\n',
  '  ',
  '\t',
  ': ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|',
  '>',
  '&a ',
  '*a',
  '<<: ',
  '!',
  '!!int ',
  '#',
  '%',
  '@',
  '`',
  '---\n',
  '...\n',
  '?',
  ',',
  'null',
  '~',
  'yes',
  '0777',
  '1e999',
  '.inf',
  '12345678901234567890',
  '*',
  '**',
  '[a-',
  '{a,b',
  '!prod',
  '\\',
  '\u0000',
  '\u2028',
  '\ufeff',
  '\ud800',
  '\r\n',
  'é',
  'kind: AppProject\n',
  'apiVersion: v1\n',
  'spec: {}\n',
  'metadata:\n',
  'destinations: [{name: "*", namespace: "*"}]\n',
  '__proto__: {a: 1}\n',
  'constructor: x\n',
];

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof({ weight: 3, arbitrary: fc.nat(6) }, fc.nat(200)),
  insert: fc.oneof(
    fc.constant(''),
    fc.constantFrom(...tokens),
    fc.array(fc.constantFrom(...tokens), { maxLength: 6 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 12, unit: 'binary' }),
  ),
});

function mutate(text: string, edits: readonly Edit[]): string {
  return edits.reduce((current, { at, remove, insert }) => {
    const place = Math.floor(at * current.length);
    return current.slice(0, place) + insert + current.slice(place + remove);
  }, text);
}

const edits = fc.array(edit, { minLength: 1, maxLength: 4 });

/** Runs a property by every seed that is kept. */
function check<Ts extends [unknown, ...unknown[]]>(numRuns: number, property: fc.IProperty<Ts>): void {
  for (const seed of seeds) fc.assert(property, { seed, numRuns: Math.ceil(numRuns / seeds.length) });
}

test('any text is read, or is problems with places in it: 4,000 cases', () => {
  const texts = [...Object.values(fleet), ...broken];
  check(
    4_000,
    fc.property(fc.constantFrom(...texts), edits, (text, changes) => {
      const mutated = mutate(text, changes);
      const lines = mutated.split(/\r\n?|\n/).length;
      const { documents, problems } = parseFile('fleet/a.yaml', 'oid', mutated, 'fleet');
      for (const { location, message, remedy } of problems) {
        expect(location?.file).toBe('fleet/a.yaml');
        expect(location?.line ?? 1).toBeLessThanOrEqual(lines);
        expect(location?.line ?? 1).toBeGreaterThan(0);
        expect(message.length).toBeGreaterThan(0);
        expect(remedy ?? '').not.toBe('');
      }
      if (problems.length > 0) expect(documents).toEqual([]);
      if (mutated.length > 1_000) return;
      const read = readManifests(mutated, ({ line }) => ({ file: 'a.yaml', line }));
      for (const { location } of read.problems) expect(location?.line).toBeLessThanOrEqual(lines);
    }),
  );
}, 60_000);

const before = foldTexts(fleet);
const catalogBefore = buildCatalog(before);
const resolutionBefore = resolve(catalogBefore);

test('what becomes unreadable permits nothing more and deletes nothing: 2,000 cases', () => {
  expect(resolutionBefore.assignments.length).toBeGreaterThan(2);
  expect(resolutionBefore.refusals.length).toBeGreaterThan(1);
  let unreadable = 0;
  check(
    2_000,
    fc.property(fc.constantFrom(...Object.keys(fleet)), edits, (path, changes) => {
      const after = foldFiles(
        before,
        before.map((file) =>
          file.path === path
            ? fileOf(path, mutate(fleet[path] ?? '', changes))
            : { path: file.path, oid: file.oid },
        ),
      );
      const file = after.find((each) => each.path === path);
      if (file === undefined || file.problems.length === 0) return;
      unreadable += 1;
      expect(file.documents).toEqual(documentsOf(before, path));
      const catalog = buildCatalog(after);
      expect(documentsIn(catalog)).toEqual(documentsIn(catalogBefore));
      expect(permitted(resolve(catalog))).toEqual(permitted(resolutionBefore));
      expect(readAccess(catalog).rules).toEqual(readAccess(catalogBefore).rules);
      expectNothingLost(catalog);
    }),
  );
  expect(unreadable).toBeGreaterThan(500);
}, 60_000);

function fileOf(path: string, text: string): { path: string; oid: string; text: string } {
  return { path, oid: text, text };
}

function documentsOf(files: readonly CatalogFile[], path: string): unknown {
  return files.find((file) => file.path === path)?.documents;
}

function documentsIn({ frozen: _frozen, problems: _problems, ...documents }: Catalog): unknown {
  return documents;
}

/** Who may run where, and who may not, by name. */
function permitted({ assignments, refusals }: Resolution): unknown {
  return {
    assignments: assignments.map(({ application, cluster }) => `${application} on ${cluster}`).sort(),
    refusals: refusals.map(({ application, gate }) => `${application}: ${gate.reason}`).sort(),
  };
}

/** The records of a pass that met this catalog, over those of the good one. */
function pass(
  catalog: Catalog,
  previous: ReadonlyMap<string, ApplicationRecord>,
  heads: ReadonlyMap<string, Head>,
): ReturnType<typeof assemble> {
  return assemble({
    previous,
    heads,
    outcomes: outcomesOf(catalog),
    clusters: new Set(catalog.clusters.keys()),
    finishedRemovals: new Set(),
    departures: new Map(),
    seal: (desired) => seal(new Uint8Array(32), desired),
  });
}

const content = {
  commit: { id: 'c', author: 'a', committedAt: '2026-11-01T10:00:00Z', subject: 's' },
  renderKey: 'k',
  inputs: 'i',
  digest: 'd',
  objectsDigest: 'o',
};

const first = pass(catalogBefore, new Map(), new Map());
const recordsBefore = new Map(first.applications.map((record) => [record.application, record]));

function expectNothingLost(catalog: Catalog): void {
  const next = pass(catalog, recordsBefore, first.heads);
  expect(next.removedApplications).toEqual([]);
  expect([...next.heads]).toEqual([]);
  expect([...next.blobs]).toEqual([]);
  for (const record of next.applications) {
    const { gates: _gates, problems: _problems, ...kept } = record;
    expect(recordsBefore.get(record.application)).toMatchObject(kept);
  }
}

function outcomesOf(catalog: Catalog): readonly Outcome[] {
  const { assignments, refusals } = resolve(catalog);
  const frozen = [...catalog.frozen].map(
    ([application, problem]): Outcome => ({ type: 'frozen', application, problems: [problem] }),
  );
  const refused = refusals
    .filter(({ application }) => !catalog.frozen.has(application))
    .map(
      ({ application, cluster = '', gate }): Outcome => ({
        type: 'refused',
        gate,
        facts: factsOf(application, cluster),
      }),
    );
  const allowed = assignments
    .filter(({ application }) => !catalog.frozen.has(application))
    .map(
      (assignment): Outcome => ({ type: 'allowed', gates: [], facts: assignedFacts(assignment), content }),
    );
  return [...frozen, ...refused, ...allowed];
}

function factsOf(application: string, cluster: string): Extract<Outcome, { type: 'allowed' }>['facts'] {
  return {
    application,
    name: application,
    project: 'platform',
    cluster,
    environment: cluster,
    namespace: 'payments',
    mode: 'heal',
    repoURL: 'r',
    targetRevision: 'main',
    path: 'p',
    location: { file: 'f', line: 1 },
    deletesOnRemoval: true,
  };
}

function assignedFacts({ application, cluster }: Assignment): ReturnType<typeof factsOf> {
  return factsOf(application, cluster);
}

const pattern = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        '*',
        '**',
        '?',
        '[',
        ']',
        '{',
        '}',
        ',',
        '!',
        '\\',
        '/',
        '-',
        '^',
        'a',
        'b',
        'pay',
        'prod',
        'é',
        '',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
  fc.string({ maxLength: 20, unit: 'binary' }),
);
const subject = fc.oneof(
  pattern,
  fc.constantFrom('prod', 'dev', 'payments', 'https://git.example.com/a/b.git', 'a'.repeat(200)),
);

test('any pattern answers for any text, soon: 2,000 cases', () => {
  check(
    2_000,
    fc.property(pattern, subject, fc.constantFrom('repository', 'name', 'kind'), (glob, text, dialect) => {
      expect(typeof matchesGlob(glob, text, dialect)).toBe('boolean');
      const stars = `${'*a'.repeat(12)}${glob}`;
      expect(typeof matchesGlob(stars, 'a'.repeat(60), dialect)).toBe('boolean');
    }),
  );
}, 60_000);

const project: ProjectDocument = [...catalogBefore.projects.values()][0]!;
const rules = fc.array(fc.record({ group: pattern, kind: pattern }), { maxLength: 3 });
const entries = fc.array(fc.record({ name: pattern, namespace: pattern }), { maxLength: 3 });

test('a denial more never permits more, whatever its pattern: 1,000 cases', () => {
  check(
    1_000,
    fc.property(
      fc.record({
        sourceRepos: fc.array(pattern, { maxLength: 3 }),
        destinations: entries,
        allow: rules,
        deny: rules,
      }),
      fc.record({ pattern, kind: fc.record({ group: pattern, kind: pattern }) }),
      fc.record({ text: subject, cluster: subject, namespace: subject }),
      (lists, denial, { text, cluster, namespace }) => {
        const loose: ProjectDocument = {
          ...project,
          sourceRepos: ['**', ...lists.sourceRepos],
          destinations: lists.destinations,
          namespaceResourceWhitelist: lists.allow,
          namespaceResourceBlacklist: lists.deny,
        };
        const strict: ProjectDocument = {
          ...loose,
          sourceRepos: [...loose.sourceRepos, `!${denial.pattern}`],
          namespaceResourceBlacklist: [...lists.deny, denial.kind],
        };
        const object = { group: text, kind: cluster, name: namespace };
        const answers = (rule: ProjectDocument): readonly boolean[] => [
          judgeSource(rule, text).type === 'allowed',
          judgeDestination(rule, { cluster, servers: [text] }, namespace).type === 'allowed',
          judgeKind(rule, object, 'namespaced').type === 'allowed',
        ];
        const wide = answers(loose);
        for (const [index, isAllowed] of answers(strict).entries())
          expect(isAllowed && !wide[index]).toBe(false);
      },
    ),
  );
}, 60_000);

test('a mutated access policy gives an answer, and none where it can not be read: 1,000 cases', () => {
  const [access = ''] = [fleet['fleet/access.yaml']];
  check(
    1_000,
    fc.property(
      edits,
      fc.record({ verb: pattern, resource: pattern, object: subject, name: subject }),
      (changes, asked) => {
        const catalog = buildCatalog(foldTexts({ 'fleet/access.yaml': mutate(access, changes) }));
        const question = { verb: asked.verb, resource: asked.resource, objects: [asked.object] };
        const who = { type: 'person' as const, name: asked.name, groups: ['team-a'] };
        const verdict = decide(readAccess(catalog), who, question);
        if (catalog.accessPolicies.length === 0)
          expect(verdict).toEqual(decide(readAccess(undefined), who, question));
      },
    ),
  );
}, 60_000);
