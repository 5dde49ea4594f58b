import { describe, expect, it } from 'vitest';
import { normaliseGitUrl } from '../../../hub/resolve/normalise-git-url.ts';

describe('normaliseGitUrl', () => {
  it.each([
    ['https://git.example.com/Team/App.git', 'https://git.example.com/team/app'],
    ['  https://GIT.example.com/team/app  ', 'https://git.example.com/team/app'],
    ['https://git.example.com/team/app.git/', 'https://git.example.com/team/app'],
    ['https://someone@git.example.com/team/app', 'https://git.example.com/team/app'],
    ['git@git.example.com:team/app.git', 'git@git.example.com/team/app'],
    ['ssh://git@git.example.com/team/app', 'git@git.example.com/team/app'],
    ['ssh://git@git.example.com:2222/team/app', 'git@git.example.com:2222/team/app'],
    ['https://git.example.com:8443/team/app', 'https://git.example.com:8443/team/app'],
  ])('%j is %j', (url, normal) => {
    expect(normaliseGitUrl(url)).toBe(normal);
  });
});
