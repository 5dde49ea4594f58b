import { expect, test } from 'vitest';
import { AppError, formatError } from '../../../core/error.ts';
import { parseCredentials } from '../../../hub/credentials/parse-credentials.ts';

function refusal(text: string): string {
  try {
    parseCredentials(text, 'list.yaml');
  } catch (error) {
    return formatError(AppError.from(error));
  }
  throw new Error('it was accepted');
}

test('an entry of each kind is read, with secrets as text, file or variable', () => {
  const entries = parseCredentials(
    `
- {urlPrefix: 'https://git.example.com/', username: ada, passwordFile: token, caFile: ca.pem}
- {name: hub, urlPrefix: 'https://github.com/acme/', githubAppID: 12, githubAppInstallationID: '34',
   githubAppPrivateKeyFile: app.pem, proxyEnv: PROXY, noProxy: [git.example.com, .internal]}
- {urlPrefix: 'git@github.com:acme', sshPrivateKeyFile: id, knownHosts: 'github.com ssh-ed25519 AAAA'}
- {urlPrefix: 'oci://registry.example.com', passwordEnv: REGISTRY}
- {urlPrefix: 'https://bitbucket.example.com/', bearerToken: t, clientCertificateFile: c, clientKeyFile: k}
- {urlPrefix: 'http://charts.example.com/', noProxy: 'a, b'}
`,
    'list.yaml',
  );
  expect(entries).toEqual([
    {
      name: 'https://git.example.com/',
      urlPrefix: 'https://git.example.com/',
      place: 'list.yaml:2',
      authentication: {
        type: 'password',
        username: { type: 'text', text: 'ada' },
        password: { type: 'file', path: 'token' },
      },
      ca: { type: 'file', path: 'ca.pem' },
    },
    {
      name: 'hub',
      urlPrefix: 'https://github.com/acme/',
      place: 'list.yaml:3',
      authentication: {
        type: 'github-app',
        appId: '12',
        installationId: '34',
        privateKey: { type: 'file', path: 'app.pem' },
        baseUrl: 'https://api.github.com',
      },
      proxy: { type: 'variable', name: 'PROXY' },
      noProxy: ['git.example.com', '.internal'],
    },
    {
      name: 'git@github.com:acme',
      urlPrefix: 'git@github.com:acme',
      place: 'list.yaml:5',
      authentication: { type: 'ssh', privateKey: { type: 'file', path: 'id' } },
      knownHosts: { type: 'text', text: 'github.com ssh-ed25519 AAAA' },
    },
    {
      name: 'oci://registry.example.com',
      urlPrefix: 'oci://registry.example.com',
      place: 'list.yaml:6',
      authentication: {
        type: 'password',
        username: { type: 'text', text: 'git' },
        password: { type: 'variable', name: 'REGISTRY' },
      },
    },
    {
      name: 'https://bitbucket.example.com/',
      urlPrefix: 'https://bitbucket.example.com/',
      place: 'list.yaml:7',
      authentication: { type: 'bearer', token: { type: 'text', text: 't' } },
      clientCertificate: { certificate: { type: 'file', path: 'c' }, key: { type: 'file', path: 'k' } },
    },
    {
      name: 'http://charts.example.com/',
      urlPrefix: 'http://charts.example.com/',
      place: 'list.yaml:8',
      authentication: { type: 'none' },
      noProxy: ['a', 'b'],
    },
  ]);
  expect(parseCredentials('', 'list.yaml')).toEqual([]);
  expect(parseCredentials('# none yet\n[]', 'list.yaml')).toEqual([]);
});

test.each([
  ['hunter2: x', 'list.yaml:1: this is no list'],
  ['- hunter2', 'list.yaml:1: this entry is no mapping'],
  ['- {urlPrefix: "https://a/", hunter2: x}', 'there is no field of this name; fields are name, urlPrefix'],
  ['- {urlPrefix: "https://a/", password: [hunter2]}', 'password must be a text'],
  ['- {urlPrefix: "https://a/", password: ""}', 'password must be a text'],
  ['- {password: hunter2}', 'urlPrefix is missing'],
  ['- {urlPrefix: hunter2}', 'urlPrefix must be an address of https, http, ssh, oci, or user@host:path'],
  ['- {urlPrefix: "git://hunter2/"}', 'urlPrefix must be an address'],
  ['- {urlPrefix: "https://ada:hunter2@a/"}', 'urlPrefix must not hold a password'],
  ['- {urlPrefix: "https://a/", username: hunter2}', 'username needs a password'],
  [
    '- {urlPrefix: "https://a/", password: hunter2, passwordFile: f}',
    'password, passwordFile and passwordEnv exclude each other',
  ],
  [
    '- {urlPrefix: "https://a/", password: hunter2, bearerToken: t}',
    'username and password, bearerToken and the githubApp fields exclude each other',
  ],
  ['- {urlPrefix: "https://a/", githubAppID: 1}', 'a GitHub App needs githubAppID'],
  [
    '- {urlPrefix: "https://a/", githubAppID: 1, githubAppInstallationID: hunter2, githubAppPrivateKeyFile: k}',
    'must be the numbers that GitHub shows',
  ],
  ['- {urlPrefix: "git@a:b", password: hunter2}', 'password has no use for ssh'],
  ['- {urlPrefix: "git@a:b", proxy: hunter2}', 'reach this host over https to go through a proxy'],
  ['- {urlPrefix: "https://a/", sshPrivateKeyFile: k}', 'sshPrivateKey is for ssh'],
  ['- {urlPrefix: "https://a/", clientKeyFile: k}', 'clientCertificate and clientKey need each other'],
  [
    '- {urlPrefix: "https://A/x/"}\n- {urlPrefix: "https://a/x.git", password: hunter2}',
    'list.yaml:2: its URL prefix is that of list.yaml:1 already',
  ],
  ['- {urlPrefix: "https://a/", password: "hunter2}', "the YAML can't be read here"],
])('%s is refused, and nothing of it is repeated', (text, expected) => {
  expect(refusal(text)).toContain(expected);
  expect(refusal(text)).toMatch(/^list\.yaml:\d: .*\. Write each entry as - \{urlPrefix:/);
  expect(refusal(text)).not.toContain('hunter2');
});
