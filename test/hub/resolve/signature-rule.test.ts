import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../core/problem.ts';
import {
  judgeSignature,
  type SignatureVerdict,
  signatureRuleOf,
} from '../../../hub/resolve/signature-rule.ts';
import { catalogOf, fleetText, goodTexts, projectText } from '../catalog/catalog-texts.ts';

const sshKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEQjL6+pGNovHpMSNhT1D/kps8qrJp1Ebb+Orkh+EhwI';
const fleetWith = (signers: string) => `${fleetText}  signers:\n${signers}`;
const signed: SignatureVerdict = {
  type: 'signed',
  signer: 'alice',
  fingerprints: ['B8ABB95B73E7C0C0A39A510BC59F9DD138089D00', '00000000000000000000000000000000AAAAAAAA'],
};
const commit = { id: '1234567890abcdef', repoURL: 'https://git.example.com/team/app' };

function ruleOf(spec: string, repoURL = commit.repoURL) {
  const catalog = catalogOf({
    ...goodTexts,
    'fleet/projects/platform.yaml': projectText('platform', `  destinations: []\n${spec}`),
  });
  expect(catalog.problems.filter(({ code }) => code !== 'unknown-signer')).toEqual([]);
  return signatureRuleOf(catalog.projects.get('platform')!, [], repoURL);
}

function isTaken(spec: string, verdict = signed): boolean {
  const rule = ruleOf(spec);
  if (rule === undefined) throw new Error('no rule');
  return judgeSignature(rule, verdict, commit) === undefined;
}

describe('who may sign', () => {
  it.each<[string, string, boolean]>([
    ['the id of the key that signed', 'C59F9DD138089D00', true],
    ['its id in small letters', 'c59f9dd138089d00', true],
    ['its fingerprint', 'B8ABB95B73E7C0C0A39A510BC59F9DD138089D00', true],
    ['the fingerprint of its primary key', '00000000000000000000000000000000AAAAAAAA', true],
    ['the name of its signer', 'alice', true],
    ['another id', 'C59F9DD138089D01', false],
    ['another name', 'bob', false],
    ['a fingerprint of an SSH key', 'SHA256:abc', false],
  ])('%s', (_what, key, expected) => {
    expect(isTaken(`  signatureKeys: [{keyID: "${key}"}]\n`)).toBe(expected);
  });

  it('one of several keys is enough', () => {
    expect(isTaken('  signatureKeys: [{keyID: bob}, {keyID: alice}]\n')).toBe(true);
  });

  it('an SSH key is meant by its whole fingerprint, and never by the end of one', () => {
    const ssh: SignatureVerdict = {
      type: 'signed',
      signer: 'bob',
      fingerprints: ['SHA256:abcC59F9DD138089D00'],
    };
    expect(isTaken('  signatureKeys: [{keyID: "SHA256:abcC59F9DD138089D00"}]\n', ssh)).toBe(true);
    expect(isTaken('  signatureKeys: [{keyID: C59F9DD138089D00}]\n', ssh)).toBe(false);
  });
});

describe('policies', () => {
  const policies = (...entries: readonly string[]) =>
    `  sourceIntegrity:\n    git:\n      policies:\n${entries.map((entry) => `        - ${entry}\n`).join('')}`;
  const head = (repos: string, key = 'alice') => `{repos: ${repos}, gpg: {mode: head, keys: [${key}]}}`;
  it.each<[string, string, readonly string[] | undefined]>([
    ['an empty list of keys asks for nothing', '  signatureKeys: []\n', undefined],
    ['signatureKeys are for every repository', '  signatureKeys: [{keyID: alice}]\n', ['alice']],
    ['* is for every repository', policies(head('["*"]')), ['alice']],
    ['* crosses slashes', policies(head('["https://git.example.com/*"]')), ['alice']],
    [
      'repositories may be written with url',
      policies(head('[{url: "https://git.example.com/team/app.git"}]')),
      ['alice'],
    ],
    [
      'another repository is not asked for a signature',
      policies(head('["https://git.example.com/other"]')),
      undefined,
    ],
    ['! takes a repository out', policies(head('["*", "!https://git.example.com/team/*"]')), undefined],
    [
      'the first policy that names a repository counts',
      policies(head('["https://git.example.com/team/*"]', 'bob'), head('["*"]')),
      ['bob'],
    ],
    [
      'none takes a repository out of those that follow',
      policies('{repos: ["*/team/*"], gpg: {mode: none}}', head('["*"]')),
      undefined,
    ],
  ])('%s', (_sentence, spec, keys) => {
    expect(ruleOf(spec)?.keys).toEqual(keys);
  });

  it.each([
    ['  signatureKeys: [{keyID: 1234ABCD}]\n', '1234ABCD is no id of a GPG key'],
    ['  signatureKeys: [{keyId: x}]\n', 'Did you mean keyID?'],
    [`  signatureKeys: [{keyID: alice}]\n${policies(head('["*"]'))}`, 'both say who may sign'],
    [policies('{repos: ["*"], gpg: {mode: strict, keys: [alice]}}'), "The mode strict isn't supported"],
    [policies('{repos: ["*"], gpg: {mode: head}}'), 'The policy allows nobody'],
    [policies('{repos: ["*"], gpg: {keys: [alice]}}'), 'The field mode is missing'],
    [policies('{repos: ["*"]}'), 'says nothing of how its repositories are signed'],
    [policies('{gpg: {mode: none}}'), 'The policy is for no repository'],
    [policies('{repos: ["a[b"], gpg: {mode: none}}'), "isn't a pattern of repositories"],
    ['  sourceIntegrity: {helm: {}}\n', 'no field helm'],
  ])('%j is a problem at its line', (spec, text) => {
    const catalog = catalogOf({
      ...goodTexts,
      'fleet/projects/platform.yaml': projectText('platform', `  destinations: []\n${spec}`),
    });
    expect(catalog.problems.map(formatProblem).join('\n')).toMatch(/^fleet\/projects\/platform\.yaml:\d+: /m);
    expect(catalog.problems.map(formatProblem).join('\n')).toContain(text);
  });
});

describe('what is said of a commit that is not taken', () => {
  const rule = ruleOf('  signatureKeys: [{keyID: bob}, {keyID: C59F9DD138089D01}]\n');
  it.each<[string, SignatureVerdict, string]>([
    [
      'it is unsigned',
      { type: 'unsigned' },
      "commit 1234567890ab of https://git.example.com/team/app isn't signed, and project platform takes only what is signed by bob or C59F9DD138089D01",
    ],
    [
      'somebody else signed it',
      signed,
      'commit 1234567890ab of https://git.example.com/team/app is signed by alice (B8ABB95B73E7C0C0A39A510BC59F9DD138089D00), and project platform takes only',
    ],
    [
      'its signature is bad',
      { type: 'bad', reason: 'has a broken signature' },
      'app has a broken signature, and project',
    ],
    [
      'nobody can tell',
      { type: 'unverified', reason: 'no gpgv', remedy: 'install it' },
      "is signed as project platform wants it can't be told: no gpgv. install it",
    ],
  ])('%s', (_what, verdict, text) => {
    const problem = rule === undefined ? undefined : judgeSignature(rule, verdict, commit);
    expect(problem && formatProblem(problem)).toContain('fleet/projects/platform.yaml:7: ');
    expect(problem && formatProblem(problem)).toContain(text);
  });
});

describe('signers', () => {
  it.each([
    ['alice', undefined],
    ['alcie', 'fleet/projects/platform.yaml:6: No signer of the Fleet document has the key alcie'],
    ['SHA256:other', 'No signer of the Fleet document has the key SHA256:other'],
    ['C59F9DD138089D00', 'No signer of the Fleet document has the key C59F9DD138089D00'],
  ])('a project that allows %s, of which the fleet knows only alice with SSH: %s', (key, problem) => {
    const texts = {
      ...goodTexts,
      'fleet/fleet.yaml': fleetWith(`    - {name: alice, ssh: '${sshKey}'}\n`),
      'fleet/projects/platform.yaml': projectText('platform', `  signatureKeys: [{keyID: "${key}"}]\n`),
    };
    const [first] = catalogOf(texts).problems.map(formatProblem);
    if (problem === undefined) expect(first).toBeUndefined();
    else expect(first).toContain(problem);
  });

  it('may be lines of .pub and of allowed_signers files', () => {
    for (const line of [
      sshKey,
      `${sshKey} alice@example.com`,
      `alice@example.com namespaces="git" ${sshKey}`,
    ]) {
      const catalog = catalogOf({
        ...goodTexts,
        'fleet/fleet.yaml': fleetWith(`    - {name: alice, ssh: '${line}'}\n`),
      });
      expect(catalog.problems).toEqual([]);
      expect(catalog.fleet?.signers).toEqual([
        { name: 'alice', type: 'ssh', key: 'SHA256:ggHK1Ve0GPAUzeD2u6tYww5Ip/pLZvM59qIuLOvleLo' },
      ]);
    }
  });

  it.each([
    ['{name: a}', 'The signer a needs one key, gpg or ssh'],
    [`{name: a, ssh: '${sshKey}', gpg: x}`, 'needs one key'],
    ['{name: a, ssh: ssh-ed25519}', "isn't an SSH public key"],
    ['{name: a, gpg: AAAA}', "isn't one armored public key"],
    ['{name: a, gpg: "-----BEGIN PGP PRIVATE KEY BLOCK-----"}', 'This is a private key'],
    ['{name: a, ssh: "-----BEGIN OPENSSH PRIVATE KEY-----"}', 'This is a private key'],
    [
      `{name: a, ssh: 'a cert-authority ${sshKey}'}`,
      "The option cert-authority of the key of a isn't supported",
    ],
    [
      `{name: a, ssh: 'a namespaces="file" ${sshKey}'}`,
      "isn't supported, and leaving it out would allow more",
    ],
    [`{name: a, ssh: '${sshKey}'}, {name: a, ssh: '${sshKey}'}`, 'There are two signers called a'],
  ])('%s is a problem at its line', (entry, text) => {
    const catalog = catalogOf({ ...goodTexts, 'fleet/fleet.yaml': `${fleetText}  signers: [${entry}]\n` });
    const problems = catalog.problems.map(formatProblem);
    expect(problems.find((problem) => problem.startsWith('fleet/fleet.yaml:9: '))).toContain(text);
  });

  it('are not read outside the administrative path', () => {
    const catalog = catalogOf({
      ...goodTexts,
      'apps/fleet.yaml': fleetWith(`    - {name: alice, ssh: '${sshKey}'}\n`),
    });
    expect(catalog.fleet?.signers).toBeUndefined();
    expect(catalog.problems.map(formatProblem)[0]).toContain(
      'apps/fleet.yaml:2: Fleet counts only below fleet/',
    );
  });
});
