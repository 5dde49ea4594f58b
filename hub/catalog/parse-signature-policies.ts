import { isGlob } from '../../core/glob.ts';
import { isJsonObject } from '../../core/json.ts';
import type { SignaturePolicy } from './documents.ts';
import {
  addProblem,
  checkFields,
  choiceField,
  type Fields,
  objectField,
  objectList,
  requiredString,
  stringList,
} from './fields.ts';

/** `signatureKeys` and `sourceIntegrity` of a project: of what was signed by whom its sources are taken. */
export function readSignaturePolicies(spec: Fields): readonly SignaturePolicy[] {
  const keys = (objectList(spec, 'signatureKeys') ?? []).map((fields) => {
    checkFields(fields, { read: ['keyID'] });
    const key = requiredString(
      fields,
      'keyID',
      'Write the id of a GPG key, the fingerprint of an SSH key, or a signer',
    );
    checkKey(fields, 'keyID', key);
    return key;
  });
  const policies = readIntegrity(spec);
  if (keys.length === 0) return policies;
  if (policies.length > 0) {
    addProblem(spec, 'sourceIntegrity', {
      code: 'wrong-value',
      message: 'signatureKeys and sourceIntegrity both say who may sign, which Argo CD refuses too',
      remedy: 'Remove signatureKeys: a policy with repos: ["*"], mode: head and these keys says the same',
    });
  }
  return [{ repos: ['*'], mode: 'head', keys, field: 'spec.signatureKeys' }];
}

function readIntegrity(spec: Fields): readonly SignaturePolicy[] {
  const integrity = objectField(spec, 'sourceIntegrity');
  if (integrity === undefined) return [];
  checkFields(integrity, { read: ['git'] });
  const git = objectField(integrity, 'git');
  if (git === undefined) return [];
  checkFields(git, { read: ['policies'] });
  return (objectList(git, 'policies') ?? []).map((fields) => readPolicy(fields));
}

function readPolicy(fields: Fields): SignaturePolicy {
  checkFields(fields, { read: ['repos', 'gpg'] });
  const repos = readRepos(fields);
  const field = `${fields.path}`;
  const gpg = objectField(fields, 'gpg');
  if (gpg === undefined) {
    addProblem(fields, 'gpg', {
      code: 'missing-field',
      message: 'The policy says nothing of how its repositories are signed',
      remedy: 'Add gpg: {mode: head, keys: […]}, or mode: none',
    });
    return { repos, mode: 'head', keys: [], field };
  }
  checkFields(gpg, { read: ['mode', 'keys'] });
  const mode = readMode(gpg);
  const keys = stringList(gpg, 'keys') ?? [];
  for (const [index, key] of keys.entries()) checkKey(gpg, `keys[${index}]`, key);
  if (mode !== 'none' && keys.length === 0) {
    addProblem(gpg, 'keys', {
      code: 'missing-field',
      message: 'The policy allows nobody, so that nothing of these repositories could be taken',
      remedy: 'List the keys, or write mode: none',
    });
  }
  return { repos, mode, keys, field };
}

function readMode(gpg: Fields): SignaturePolicy['mode'] {
  const mode = choiceField(gpg, 'mode', ['none', 'head', 'strict']);
  if (mode === 'none') return mode;
  if (mode === 'strict') {
    addProblem(gpg, 'mode', {
      code: 'unsupported-field',
      message:
        "The mode strict isn't supported: it wants the signatures of the whole history, which isn't fetched",
      remedy: 'Write mode: head, and let the Git server refuse commits that are not signed',
    });
  } else if (gpg.values['mode'] === undefined) {
    requiredString(gpg, 'mode', 'Write mode: head, or mode: none');
  }
  return 'head';
}

/** As texts, or as `{url}`, which Argo CD's resource has. */
function readRepos(fields: Fields): readonly string[] {
  const listed = fields.values['repos'];
  const isObjects = Array.isArray(listed) && listed.some((each) => isJsonObject(each));
  const repos = isObjects
    ? (objectList(fields, 'repos') ?? []).map((each) => {
        checkFields(each, { read: ['url'] });
        return requiredString(each, 'url', 'Write the URL, or a pattern');
      })
    : (stringList(fields, 'repos') ?? []);
  repos.forEach((pattern, index) => {
    if (pattern !== '!*' && isGlob(pattern.replace(/^!/, ''), 'name')) return;
    addProblem(fields, `repos[${index}]`, {
      code: 'wrong-pattern',
      message: `${JSON.stringify(pattern)} isn't a pattern of repositories`,
      remedy: 'Write an URL, a pattern such as "https://git.example.com/team/*", or "*" for all',
    });
  });
  if (repos.length > 0) return repos;
  addProblem(fields, 'repos', {
    code: 'missing-field',
    message: 'The policy is for no repository',
    remedy: 'Write repos: ["*"] for all of them',
  });
  return repos;
}

/** The id of a GPG key as it is shown, its whole fingerprint, that of an SSH key, or the name of a signer. */
function checkKey(fields: Fields, name: string, key: string): void {
  if (key === '' || !/^[0-9A-Fa-f]+$/.test(key)) return;
  if (/^([0-9A-Fa-f]{16}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/.test(key)) return;
  addProblem(fields, name, {
    code: 'wrong-value',
    message: `${key} is no id of a GPG key: those have 16 hexadecimal digits, fingerprints 40`,
    remedy: 'Write what gpg --list-keys --keyid-format long shows; shorter ids can be imitated',
  });
}
