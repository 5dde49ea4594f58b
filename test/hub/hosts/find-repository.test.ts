import { expect, test } from 'vitest';
import { findRepository } from '../../../hub/hosts/find-repository.ts';
import type { GitHost } from '../../../hub/hosts/git-host.ts';

const token = (source: string) => ({ source, read: () => 'x' });
const hosts: readonly GitHost[] = [
  { url: 'https://git.example.com/', type: 'gitlab', token: token('all') },
  { url: 'https://git.example.com/platform/', type: 'gitlab', token: token('platform') },
  { url: 'https://git.example.com:3000/', type: 'gitea', token: token('gitea') },
  { url: 'https://ghe.example.com/', type: 'github', token: token('ghe') },
  {
    url: 'https://www.example.com/gitlab/',
    type: 'gitlab',
    api: 'https://www.example.com/gitlab/api/v4/',
    token: token('below'),
  },
  { url: 'https://github.com/acme/', type: 'github', token: token('acme') },
];

const cases: Readonly<Record<string, readonly [string, string, string, string | undefined] | undefined>> = {
  'https://git.example.com/team/sub/apps.git': [
    'https://git.example.com/api/v4',
    'team/sub/apps',
    'https://git.example.com/team/sub/apps',
    'all',
  ],
  'https://git.example.com/100%/apps.git': [
    'https://git.example.com/api/v4',
    '100%/apps',
    'https://git.example.com/100%/apps',
    'all',
  ],
  'https://user:pw@git.example.com/platform/apps/': [
    'https://git.example.com/api/v4',
    'platform/apps',
    'https://git.example.com/platform/apps',
    'platform',
  ],
  'https://git.example.com/platform-two/apps': [
    'https://git.example.com/api/v4',
    'platform-two/apps',
    'https://git.example.com/platform-two/apps',
    'all',
  ],
  'git@git.example.com:platform/apps.git': [
    'https://git.example.com/api/v4',
    'platform/apps',
    'https://git.example.com/platform/apps',
    'platform',
  ],
  'ssh://git@ghe.example.com:2222/acme/apps.git': [
    'https://ghe.example.com/api/v3',
    'acme/apps',
    'https://ghe.example.com/acme/apps',
    'ghe',
  ],
  'https://git.example.com:3000/acme/apps': [
    'https://git.example.com:3000/api/v1',
    'acme/apps',
    'https://git.example.com:3000/acme/apps',
    'gitea',
  ],
  'https://www.example.com/gitlab/acme/apps.git': [
    'https://www.example.com/gitlab/api/v4',
    'acme/apps',
    'https://www.example.com/gitlab/acme/apps',
    'below',
  ],
  'https://GitHub.com/acme/apps.git': [
    'https://api.github.com',
    'acme/apps',
    'https://github.com/acme/apps',
    'acme',
  ],
  'git@github.com:other/apps.git': [
    'https://api.github.com',
    'other/apps',
    'https://github.com/other/apps',
    undefined,
  ],
  'https://codeberg.org/a/b': ['https://codeberg.org/api/v1', 'a/b', 'https://codeberg.org/a/b', undefined],
  'https://evilgithub.com/acme/apps': undefined,
  'https://github.com.evil.example/acme/apps': undefined,
  'https://git.example.com:8443/team/apps': undefined,
  'https://unknown.example/acme/apps': undefined,
  'file:///srv/git/apps.git': undefined,
  'not a url': undefined,
};

for (const [url, expected] of Object.entries(cases)) {
  test(`${url} is ${expected === undefined ? 'on no known host' : `${expected[1]} at ${expected[0]}`}`, () => {
    const found = findRepository(url, hosts);
    expect(
      found === undefined ? undefined : [found.api, found.path, found.page, found.token?.source],
    ).toEqual(expected);
  });
}
