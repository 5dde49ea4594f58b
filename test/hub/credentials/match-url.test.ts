import { expect, test } from 'vitest';
import { comparableUrl, findCredential, isExempt } from '../../../hub/credentials/match-url.ts';

test.each([
  ['https://Git.Example.com:443/team/a.git/', 'https://git.example.com/team/a'],
  ['https://ada:secret@git.example.com/a', 'https://git.example.com/a'],
  ['https://git.example.com/team/../other/a', 'https://git.example.com/other/a'],
  ['https://git.example.com/team/%2e%2e/other/a?x=1#y', 'https://git.example.com/other/a'],
  ['https://git.example.com:8443/a', 'https://git.example.com:8443/a'],
  ['git@GitHub.com:acme/a.git', 'ssh://github.com/acme/a'],
  ['ssh://git@github.com:22/acme/a', 'ssh://github.com/acme/a'],
  ['ssh://git@github.com:2222/acme/a', 'ssh://github.com:2222/acme/a'],
  ['oci://Registry.example.com/charts/', 'oci://registry.example.com/charts'],
  ['git://git.example.com/a', undefined],
  ['file:///etc', undefined],
  ['not a url', undefined],
])('%s is compared as %s', (url, expected) => {
  expect(comparableUrl(url)).toBe(expected);
});

const entries = [
  { urlPrefix: 'https://git.example.com', name: 'host' },
  { urlPrefix: 'https://git.example.com/team/', name: 'team' },
  { urlPrefix: 'https://git.example.com/team/a', name: 'repository' },
  { urlPrefix: 'git@github.com:acme', name: 'ssh' },
  { urlPrefix: 'oci://registry.example.com/charts', name: 'oci' },
  { urlPrefix: 'https://charts.example.com', name: 'charts' },
];

test.each([
  ['https://git.example.com/other/x', 'host'],
  ['https://git.example.com/team/x.git', 'team'],
  ['https://git.example.com/team/a.git', 'repository'],
  ['https://git.example.com/team/ab', 'team'],
  ['https://git.example.com/teams/x', 'host'],
  ['https://GIT.example.com/team/x', 'team'],
  // Nobody else is shown the secret.
  ['https://git.example.com.evil.example/team/x', undefined],
  ['https://git.example.com:8443/team/x', undefined],
  ['https://evil.example/https://git.example.com/team/x', undefined],
  ['https://git.example.com@evil.example/team/x', undefined],
  ['http://git.example.com/team/x', undefined],
  ['https://git.example.com/team/../../team/%2e%2e/other/x', 'host'],
  ['git@github.com:acme/x.git', 'ssh'],
  ['ssh://git@github.com/acme/x', 'ssh'],
  ['git@github.com:acmecorp/x.git', undefined],
  ['oci://registry.example.com/charts/redis', 'oci'],
  ['https://registry.example.com/charts/redis', undefined],
  ['https://charts.example.com/index.yaml', 'charts'],
])('%s gets the credentials of %s', (url, name) => {
  expect(findCredential(url, entries)?.name).toBe(name);
  expect(findCredential(url, entries.toReversed())?.name).toBe(name);
});

test.each([
  ['https://git.example.com/a', ['git.example.com'], true],
  ['https://git.example.com/a', ['example.com'], true],
  ['https://git.example.com/a', ['.example.com'], true],
  ['https://git.example.com/a', ['*.example.com'], true],
  ['https://gitexample.com/a', ['example.com'], false],
  ['https://git.example.com/a', ['*'], true],
  ['https://git.example.com/a', ['git.example.com:8443'], false],
  ['https://git.example.com:8443/a', ['git.example.com:8443'], true],
  ['https://git.example.com/a', [], false],
])('%s with noProxy %j: %s', (url, noProxy, expected) => {
  expect(isExempt(url, noProxy)).toBe(expected);
});
