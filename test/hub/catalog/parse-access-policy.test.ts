import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import { buildCatalog } from '../../../hub/catalog/build-catalog.ts';
import { parseFile } from '../../../hub/catalog/parse-file.ts';
import { foldTexts, goodTexts, projectText } from './catalog-texts.ts';

function policyText(policy: string, rest = ''): string {
  const lines = policy.split('\n').map((line) => `    ${line}`.trimEnd());
  return `apiVersion: fairlead.dev/v1alpha1\nkind: AccessPolicy\nmetadata: {name: people}\nspec:\n${rest}  policy: |\n${lines.join('\n')}\n`;
}

function parse(text: string, path = 'fleet/access.yaml') {
  const { documents, problems } = parseFile(path, 'oid', text, 'fleet');
  return { document: documents[0], problems: problems.map(formatProblem) };
}

describe('AccessPolicy', () => {
  it('is read with the line of each of its lines', () => {
    const policy =
      '# who deploys\np, role:deployer, applications, sync, payments/*, allow\n\n  g, alice, role:deployer';
    expect(parse(policyText(policy, '  defaultRole: role:readonly\n'))).toMatchObject({
      problems: [],
      document: {
        kind: 'AccessPolicy',
        defaultRole: 'role:readonly',
        rules: [
          {
            subject: 'role:deployer',
            resource: 'applications',
            action: 'sync',
            object: 'payments/*',
            effect: 'allow',
            origin: {
              text: 'p, role:deployer, applications, sync, payments/*, allow',
              location: { file: 'fleet/access.yaml', line: 8 },
            },
          },
        ],
        bindings: [{ member: 'alice', role: 'role:deployer', origin: { location: { line: 10 } } }],
      },
    });
  });

  it('tells the line of its field where the text is no block', () => {
    const text = policyText('').replace(/ {2}policy.*$/s, '  policy: "g, a, role:x\\ng, b, role:x"\n');
    expect(parse(text)).toMatchObject({
      problems: [],
      document: { bindings: [{ origin: { location: { line: 5 } } }, { origin: { location: { line: 5 } } }] },
    });
  });

  it('takes values in quotation marks, as a CSV has them', () => {
    expect(
      parse(policyText('g, "Platform, on call", role:admin\ng, "say ""hi""", role:admin')),
    ).toMatchObject({
      problems: [],
      document: { bindings: [{ member: 'Platform, on call' }, { member: 'say "hi"' }] },
    });
  });

  it.each([
    ['p, a, applications, sync, x/*', /:6: A rule has 5 values after its p, and this one has 4/],
    ['p, a, applications, sync, x/*, allow, more', /has 6/],
    ['p, a, applications, sync, x/*, Allow', /The effect is allow or deny, not Allow/],
    ['p, a, application, sync, x/*, allow', /There is no resource application.*Did you mean applications\?/],
    ['p, a, applications, synk, x/*, deny', /There is no action synk.*Did you mean sync\?/],
    ['p, a, applications, get/apps/Deployment, x/*, deny', /There is no action get\/apps/],
    ['p, a, applications, delete, payments, deny', /payments names none of the applications.*payments\/\*/],
    ['p, a, applications, sync, x/[, allow', /isn't a valid pattern/],
    ['p, a , applications, sync, x/*, allow', /"a " ends with a space/],
    ['p, , applications, sync, x/*, allow', /A value is empty/],
    ['p, a, applications, sync, x/*,', /A value is empty/],
    ['q, a, b', /A line begins with p or g, not with q/],
    ['g, a', /A binding has 2 values after its g, and this one has 1/],
    ['g, a, b, c', /has 3/],
    ['g, "a, b', /A quotation mark stands alone/],
    ['g, a"b, role:x', /A quotation mark stands alone/],
  ])('has a problem at the line of %j', (line, sentence) => {
    const { document, problems } = parse(policyText(line));
    expect(document).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(sentence)]);
  });

  it.each([
    'p, a, *, *, *, allow',
    'p, a, applications, action/apps/Deployment/restart, x/web, allow',
    'p, a, applications, update/*, x/*, deny',
    'p, a, applications, *, *, allow',
    'p, a, clusters, get, https://kubernetes.default.svc, allow',
    'p, a, app*, s*, x/*, allow',
  ])('takes %j', (line) => {
    expect(parse(policyText(line)).problems).toEqual([]);
  });

  it.each([
    ['  defaultRole: readonly\n', /"readonly" isn't a role/],
    ['  matchMode: regex\n', /Regular expressions aren't supported/],
    ['  matchMode: exact\n', /matchMode can't be "exact"/],
    ['  policies: x\n', /There is no field policies here/],
  ])('refuses %j', (rest, sentence) => {
    expect(parse(policyText('g, a, role:b', rest)).problems).toEqual([expect.stringMatching(sentence)]);
  });

  it('counts only below the protected path', () => {
    expect(parse(policyText('g, a, role:admin'), 'apps/access.yaml').problems).toEqual([
      expect.stringMatching(/AccessPolicy counts only below fleet\//),
    ]);
  });

  it('stays as it was where it becomes unreadable, and is nothing where it never was readable', () => {
    const good = { ...goodTexts, 'fleet/access.yaml': policyText('p, a, clusters, get, *, deny') };
    const before = foldTexts(good);
    const broken = { ...good, 'fleet/access.yaml': policyText('p, a, clusters, get, *, deni') };
    expect(buildCatalog(foldTexts(broken, before)).accessPolicies[0]?.rules).toMatchObject([
      { effect: 'deny' },
    ]);
    expect(buildCatalog(foldTexts(broken)).accessPolicies).toEqual([]);
  });

  it('counts twice where two files declare one name, so that no denial is lost', () => {
    const texts = {
      ...goodTexts,
      'fleet/a.yaml': policyText('p, a, clusters, get, *, allow'),
      'fleet/b.yaml': policyText('p, a, clusters, get, *, deny'),
    };
    const { accessPolicies, problems } = buildCatalog(foldTexts(texts));
    expect(accessPolicies.flatMap(({ rules }) => rules.map(({ effect }) => effect))).toEqual([
      'allow',
      'deny',
    ]);
    expect(problems.map(({ message }) => message)).toEqual([
      'AccessPolicy people is declared 2 times, at fleet/a.yaml:1 and fleet/b.yaml:1; all of them count',
    ]);
  });

  it('gives no default role where two of them name different ones', () => {
    const texts = {
      ...goodTexts,
      'fleet/a.yaml': policyText('g, a, role:b', '  defaultRole: role:readonly\n'),
      'fleet/b.yaml': policyText('g, a, role:b', '  defaultRole: role:admin\n').replace('people', 'more'),
    };
    const { accessPolicies, problems } = buildCatalog(foldTexts(texts));
    expect(accessPolicies.map(({ defaultRole }) => defaultRole)).toEqual([undefined, undefined]);
    expect(problems.map(formatProblem)).toEqual([
      expect.stringMatching(
        /role:readonly at fleet\/a.yaml:5 and role:admin at fleet\/b.yaml:5, so nobody has any/,
      ),
    ]);
  });
});

describe('roles of a project', () => {
  function roles(text: string) {
    return parse(projectText('payments', `  roles:\n${text}`), 'fleet/projects/payments.yaml');
  }

  it('are read with their policies and groups, each at its line', () => {
    const text = `    - name: deployer
      description: May deploy
      groups: [payments-team]
      policies:
        - p, proj:payments:deployer, applications, sync, payments/*, allow
      jwtTokens: [{iat: 1}]
`;
    expect(roles(text)).toMatchObject({
      problems: [],
      document: {
        roles: [
          {
            name: 'deployer',
            rules: [
              { subject: 'proj:payments:deployer', object: 'payments/*', origin: { location: { line: 11 } } },
              { resource: 'projects', action: 'get', object: 'payments', effect: 'allow' },
            ],
            bindings: [
              { member: 'payments-team', role: 'proj:payments:deployer', origin: { location: { line: 9 } } },
            ],
          },
        ],
      },
    });
  });

  it.each([
    ['p, proj:shop:deployer, applications, sync, payments/*, allow', /its subject is proj:payments:deployer/],
    ['p, proj:payments:other, applications, sync, payments/*, allow', /its subject is/],
    ['p, role:admin, applications, sync, payments/*, allow', /its subject is/],
    ['p, proj:payments:deployer, applications, sync, shop/*, allow', /its object is payments\/NAME/],
    ['p, proj:payments:deployer, applications, sync, payments-2/*, allow', /its object is/],
    ['p, proj:payments:deployer, applications, sync, "*", allow', /its object is/],
    ['p, proj:payments:deployer, applications, sync, "payments/{a,b}", allow', /its object is/],
    ['p, proj:payments:deployer, applications, sync, payments/a/b/c, allow', /its object is/],
    ['p, proj:payments:deployer, projects, update, payments/x, allow', /its resource is one of/],
    ['p, proj:payments:deployer, "*", get, payments/*, allow', /its resource is one of/],
    ['g, alice, proj:payments:deployer', /has only lines that begin with p/],
    ['', /has only lines that begin with p/],
  ])('speak of their own project only: %j', (line, sentence) => {
    const text = `    - name: deployer\n      policies: ['${line}']\n`;
    expect(roles(text).problems).toEqual([expect.stringMatching(sentence)]);
  });

  it('have names of their own', () => {
    expect(roles('    - {name: a}\n    - {name: a}\n    - {name: "a b"}\n').problems).toEqual([
      expect.stringMatching(/:8: The role a is there twice, first at fleet\/projects\/payments.yaml:7/),
      expect.stringMatching(/:9: "a b" can't be the name of a role/),
    ]);
  });
});
