import { array, assert, constantFrom, nat, property, record, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAccess } from '../../../hub/access/access.ts';
import { decide } from '../../../hub/access/decide.ts';
import { describeVerdict } from '../../../hub/access/describe.ts';
import { applicationObject, clusterObjects } from '../../../hub/access/objects.ts';
import type { Subject } from '../../../hub/access/subject.ts';
import { buildCatalog } from '../../../hub/catalog/build-catalog.ts';
import type { CatalogFile } from '../../../hub/catalog/catalog.ts';
import type { ClusterDocument } from '../../../hub/catalog/documents.ts';
import { foldTexts, goodTexts, projectText } from '../catalog/catalog-texts.ts';

function policyText(lines: readonly string[], defaultRole = '', name = 'people'): string {
  const role = defaultRole === '' ? '' : `  defaultRole: ${defaultRole}\n`;
  const text = lines.map((line) => `    ${line}`).join('\n');
  return `apiVersion: fairlead.dev/v1alpha1\nkind: AccessPolicy\nmetadata: {name: ${name}}\nspec:\n${role}  policy: |\n${text}\n`;
}

function accessOf(texts: Readonly<Record<string, string>>) {
  return readAccess(buildCatalog(foldTexts({ ...goodTexts, ...texts })));
}

function clusterOf(name: string): ClusterDocument {
  const found = buildCatalog(foldTexts(goodTexts)).clusters.get(name);
  if (found === undefined) throw new Error(name);
  return found;
}

function person(name: string, ...groups: readonly string[]): Subject {
  return { type: 'person', name, groups };
}

/** `alice/team sync applications payments/web`. */
function ask(lines: readonly string[], question: string, defaultRole?: string) {
  const access = accessOf({ 'fleet/access.yaml': policyText(lines, defaultRole) });
  const [who = '', verb = '', resource = '', object = ''] = question.split(' ');
  const [name = '', ...groups] = who.split('+');
  return decide(access, person(name, ...groups), { verb, resource, objects: [object] });
}

const deployer = ['p, role:deployer, applications, sync, payments/*, allow', 'g, alice, role:deployer'];

const table: readonly (readonly [string, readonly string[], string, 'allowed' | 'denied', string?])[] = [
  ['nothing is allowed that no line allows', [], 'alice get applications payments/web', 'denied'],
  ['a line allows what it names', deployer, 'alice sync applications payments/web', 'allowed'],
  ['no other verb', deployer, 'alice delete applications payments/web', 'denied'],
  ['no other resource', deployer, 'alice sync applicationsets payments/web', 'denied'],
  ['no other project', deployer, 'alice sync applications shop/web', 'denied'],
  ['nobody else', deployer, 'bob sync applications payments/web', 'denied'],
  ['names are compared as they are', deployer, 'Alice sync applications payments/web', 'denied'],
  ['* crosses /', deployer, 'alice sync applications payments/team-a/web', 'allowed'],
  ['a whole pattern has to match', deployer, 'alice sync applications x-payments/web', 'denied'],
  [
    'a denial beats an allowance that stands before it',
    [...deployer, 'p, alice, applications, sync, payments/web, deny'],
    'alice sync applications payments/web',
    'denied',
  ],
  [
    'a denial beats an allowance that stands after it',
    ['p, alice, applications, sync, payments/web, deny', ...deployer],
    'alice sync applications payments/web',
    'denied',
  ],
  [
    'a denial denies nothing else',
    ['p, alice, applications, sync, payments/web, deny', ...deployer],
    'alice sync applications payments/api',
    'allowed',
  ],
  [
    'a denial of a group counts for its members whatever they have themselves',
    ['p, interns, applications, sync, */*, deny', ...deployer],
    'alice+interns sync applications payments/web',
    'denied',
  ],
  [
    'a denial of a role counts for whoever has it',
    ['p, role:frozen, *, sync, *, deny', 'g, payments-team, role:frozen', ...deployer],
    'alice+payments-team sync applications payments/web',
    'denied',
  ],
  [
    'a group has what its role has',
    [...deployer, 'g, payments-team, role:deployer'],
    'bob+payments-team sync applications payments/web',
    'allowed',
  ],
  [
    'a group may have lines of its own',
    ['p, payments-team, logs, get, payments/*, allow'],
    'bob+payments-team get logs payments/web',
    'allowed',
  ],
  [
    'roles have roles',
    [...deployer, 'g, role:lead, role:deployer', 'g, bob, role:lead'],
    'bob sync applications payments/web',
    'allowed',
  ],
  [
    'roles that have each other end nothing',
    [...deployer, 'g, role:deployer, role:lead', 'g, role:lead, role:deployer', 'g, bob, role:lead'],
    'bob sync applications payments/web',
    'allowed',
  ],
  ['the default role is for everybody', [], 'bob get applications payments/web', 'allowed', 'role:readonly'],
  ['the default role allows no more', [], 'bob sync applications payments/web', 'denied', 'role:readonly'],
  [
    'what the default role allows nobody can be denied',
    ['p, bob, applications, get, */*, deny'],
    'bob get applications payments/web',
    'allowed',
    'role:readonly',
  ],
  [
    'a denial of the default role itself takes it away',
    ['p, role:readonly, applications, get, secret/*, deny'],
    'bob get applications secret/web',
    'denied',
    'role:readonly',
  ],
  [
    'a denial of the default role counts for it alone',
    [...deployer, 'p, role:guest, applications, sync, */*, deny'],
    'alice sync applications payments/web',
    'allowed',
    'role:guest',
  ],
  ['a default role without lines gives nothing', [], 'bob get applications x/y', 'denied', 'role:nobody'],
  ['role:readonly reads', ['g, bob, role:readonly'], 'bob get logs payments/web', 'allowed'],
  ['role:readonly changes nothing', ['g, bob, role:readonly'], 'bob update clusters prod', 'denied'],
  ['role:admin changes', ['g, bob, role:admin'], 'bob delete clusters prod', 'allowed'],
  ['role:admin reads', ['g, bob, role:admin'], 'bob get accounts x', 'allowed'],
  [
    'role:admin runs actions',
    ['g, bob, role:admin'],
    'bob action/apps/Deployment/restart applications a/b',
    'allowed',
  ],
  [
    'an action is no action of another kind',
    ['p, bob, applications, action/apps/Deployment/restart, */*, allow'],
    'bob action/apps/StatefulSet/restart applications a/b',
    'denied',
  ],
  [
    'update of an application is none of its objects',
    ['p, bob, applications, update, */*, allow'],
    'bob update/apps/Deployment/x/y applications a/b',
    'denied',
  ],
  ['a person called admin is nobody in particular', [], 'admin get applications payments/web', 'denied'],
  ['the empty name has nothing', [...deployer], ' sync applications payments/web', 'denied'],
  [
    '{a,b} are alternatives',
    ['p, bob, applications, "{get,sync}", "x/[ab]?", allow'],
    'bob sync applications x/b1',
    'allowed',
  ],
];

describe('a decision', () => {
  for (const [sentence, lines, question, expected, defaultRole] of table) {
    it(sentence, () => {
      expect(ask(lines, question, defaultRole).type).toBe(expected);
    });
  }

  it('tells the line that allowed, and how one comes to it', () => {
    const lines = [...deployer, 'g, payments-team, role:deployer'];
    expect(ask(lines, 'bob+payments-team sync applications payments/web')).toEqual({
      type: 'allowed',
      by: {
        text: 'p, role:deployer, applications, sync, payments/*, allow',
        location: { file: 'fleet/access.yaml', line: 6 },
        via: ['bob', 'payments-team', 'role:deployer'],
      },
    });
  });

  it('tells the line that denied in its sentence', () => {
    const access = accessOf({
      'fleet/access.yaml': policyText([...deployer, 'p, alice, applications, sync, payments/web, deny']),
    });
    const question = { verb: 'sync', resource: 'applications', objects: ['payments/web'] };
    const alice = person('alice');
    expect(describeVerdict(access, alice, question, decide(access, alice, question))).toBe(
      'alice may not sync applications payments/web: fleet/access.yaml:8: p, alice, applications, sync, payments/web, deny',
    );
  });

  it('says that there is no AccessPolicy where there is none', () => {
    const access = readAccess(undefined);
    const question = { verb: 'get', resource: 'clusters', objects: ['prod'] };
    const verdict = decide(access, person('bob'), question);
    expect(describeVerdict(access, person('bob'), question, verdict)).toBe(
      'bob may not get clusters prod: nothing allows it, and the fleet has no AccessPolicy',
    );
  });

  it('lets the administrator do everything, whatever policies say', () => {
    const access = accessOf({ 'fleet/access.yaml': policyText(['p, admin, *, *, *, deny']) });
    const question = { verb: 'delete', resource: 'clusters', objects: ['prod'] };
    expect(decide(access, { type: 'administrator' }, question).type).toBe('allowed');
  });

  it('asks roles of projects, also where there is no AccessPolicy', () => {
    const roles =
      '  roles:\n    - name: deployer\n      groups: [payments-team]\n      policies: ["p, proj:payments:deployer, applications, sync, payments/*, allow"]\n';
    const access = accessOf({ 'fleet/projects/payments.yaml': projectText('payments', roles) });
    const question = (verb: string, resource: string, object: string) =>
      decide(access, person('bob', 'payments-team'), { verb, resource, objects: [object] }).type;
    expect(question('sync', 'applications', 'payments/web')).toBe('allowed');
    expect(question('get', 'projects', 'payments')).toBe('allowed');
    expect(question('get', 'projects', 'shop')).toBe('denied');
    expect(question('sync', 'applications', 'shop/web')).toBe('denied');
    const token = { verb: 'sync', resource: 'applications', objects: ['payments/web'] };
    expect(decide(access, person('proj:payments:deployer'), token).type).toBe('allowed');
  });

  it('takes a thing with several names by any of them', () => {
    const access = accessOf({
      'fleet/access.yaml': policyText([
        'p, bob, clusters, get, https://prod.example, allow',
        'p, eve, clusters, get, *, allow',
        'p, eve, clusters, get, https://prod.example, deny',
      ]),
    });
    const question = { verb: 'get', resource: 'clusters', objects: ['prod', 'https://prod.example'] };
    expect(decide(access, person('bob'), question).type).toBe('allowed');
    expect(decide(access, person('eve'), question).type).toBe('denied');
  });

  it('calls a cluster of a project by the project too', () => {
    const cluster = { ...clusterOf('prod'), servers: ['https://a'], project: 'payments' };
    expect(clusterObjects('prod', cluster)).toEqual([
      'prod',
      'https://a',
      'payments/prod',
      'payments/https://a',
    ]);
    expect(clusterObjects('gone', undefined)).toEqual(['gone']);
  });

  it.each([
    ['argocd/web', 'payments/web'],
    ['team-a/web', 'payments/team-a/web'],
  ])('calls the application %s %s', (key, object) => {
    expect(applicationObject(key, 'payments')).toBe(object);
  });
});

const names = constantFrom('alice', 'bob', 'team', 'role:a', 'role:b', 'role:readonly');
const rule = record({
  subject: names,
  resource: constantFrom('applications', 'clusters', '*'),
  action: constantFrom('get', 'sync', '*'),
  object: constantFrom('p/web', 'p/*', '*/*', 'q/*', '*'),
}).map(({ subject, resource, action, object }) => `p, ${subject}, ${resource}, ${action}, ${object}`);
const allowance = rule.map((text) => `${text}, allow`);
const denial = rule.map((text) => `${text}, deny`);
const binding = record({ member: names, role: names }).map(({ member, role }) => `g, ${member}, ${role}`);
const policies = record({
  lines: array(
    constantFrom(0, 1, 2).chain((kind) => [allowance, denial, binding][kind] ?? binding),
    {
      maxLength: 8,
    },
  ),
  defaultRole: constantFrom('', 'role:readonly', 'role:a'),
});

const questions = ['get', 'sync'].flatMap((verb) =>
  ['applications p/web', 'applications q/web', 'clusters prod'].flatMap((what) =>
    [person('alice'), person('bob', 'team'), person('eve')].map((subject) => {
      const [resource = '', object = ''] = what.split(' ');
      return { subject, verb, resource, objects: [object] };
    }),
  ),
);

/** What is allowed, of all questions. */
function allowedBy(files: readonly CatalogFile[]): readonly number[] {
  const access = readAccess(buildCatalog(files));
  return questions.flatMap(({ subject, ...question }, index) =>
    decide(access, subject, question).type === 'allowed' ? [index] : [],
  );
}

function allowedIn(lines: readonly string[], defaultRole: string): readonly number[] {
  return allowedBy(foldTexts({ 'fleet/a.yaml': policyText(lines, defaultRole) }));
}

describe('policies', () => {
  it('never permit more by one more denial', () => {
    assert(
      property(policies, denial, nat(), ({ lines, defaultRole }, added, place) => {
        const at = place % (lines.length + 1);
        const before = allowedIn(lines, defaultRole);
        const after = allowedIn([...lines.slice(0, at), added, ...lines.slice(at)], defaultRole);
        expect(before).toEqual(expect.arrayContaining([...after]));
      }),
    );
  });

  it('never permit more by one allowance less', () => {
    assert(
      property(policies, nat(), ({ lines, defaultRole }, place) => {
        const allowances = lines.filter((line) => line.endsWith('allow'));
        const gone = allowances[place % Math.max(1, allowances.length)];
        const at = gone === undefined ? -1 : lines.indexOf(gone);
        const after = allowedIn(at < 0 ? lines : lines.toSpliced(at, 1), defaultRole);
        expect(allowedIn(lines, defaultRole)).toEqual(expect.arrayContaining([...after]));
      }),
    );
  });

  it('say the same in any order of lines and documents', () => {
    assert(
      property(
        policies.chain(({ lines, defaultRole }) =>
          shuffledSubarray([...lines], { minLength: lines.length }).map((shuffled) => ({
            lines,
            shuffled,
            defaultRole,
          })),
        ),
        nat(),
        ({ lines, shuffled, defaultRole }, place) => {
          const at = place % (lines.length + 1);
          const [first, second] = [shuffled.slice(0, at), shuffled.slice(at)];
          const texts = {
            'fleet/a.yaml': policyText(first, defaultRole, 'one'),
            'fleet/b.yaml': policyText(second, '', 'two'),
          };
          const files = foldTexts(texts);
          const expected = allowedIn(lines, defaultRole);
          expect(allowedBy(files)).toEqual(expected);
          expect(allowedBy(files.toReversed())).toEqual(expected);
        },
      ),
    );
  });

  it('never permit more where a document becomes unreadable, or a new one is unreadable', () => {
    assert(
      property(policies, policies, ({ lines, defaultRole }, { lines: more }) => {
        const texts = {
          'fleet/a.yaml': policyText(lines, defaultRole),
          'fleet/b.yaml': policyText(more, '', 'two'),
        };
        const before = foldTexts(texts);
        const expected = allowedBy(before);
        const slip = [...more, 'p, alice, applications, sync'];
        expect(
          allowedBy(foldTexts({ ...texts, 'fleet/b.yaml': policyText(slip, '', 'two') }, before)),
        ).toEqual(expected);
        const added = { ...texts, 'fleet/c.yaml': policyText(slip, 'role:admin', 'three') };
        expect(allowedBy(foldTexts(added, before))).toEqual(expected);
        expect(allowedBy(foldTexts(added))).toEqual(expected);
      }),
    );
  });
});
