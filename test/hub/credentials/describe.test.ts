import { expect, test } from 'vitest';
import { AppError } from '../../../core/error.ts';
import { describeRepositories } from '../../../hub/credentials/describe-repositories.ts';
import { hasFailed, stepsOfLook } from '../../../hub/credentials/describe-test.ts';

const results = (steps: ReturnType<typeof stepsOfLook>) =>
  steps.map(({ step, result }) => `${step} ${result}`);

test('a server that answers passes the last steps, with the default branch', () => {
  const steps = stepsOfLook({ defaultBranch: 'main', commit: '4f2c1aa90b' });
  expect(results(steps)).toEqual(['authentication passed', 'repository passed', 'branch passed']);
  expect(steps.map(({ detail }) => detail).join('; ')).toContain('at 4f2c1aa; the default branch is main');
  expect(hasFailed(steps)).toBe(false);
  expect(results(stepsOfLook({ defaultBranch: undefined, commit: undefined }))).toEqual([
    'authentication passed',
    'repository passed',
    'branch skipped',
  ]);
});

test.each([
  ['unauthenticated', ['authentication failed', 'repository skipped', 'branch skipped']],
  ['denied', ['authentication passed', 'repository failed', 'branch skipped']],
  ['not-found', ['authentication skipped', 'repository failed', 'branch skipped']],
  ['unavailable', ['authentication failed', 'repository skipped', 'branch skipped']],
  ['unsupported', ['authentication failed', 'repository skipped', 'branch skipped']],
] as const)('an answer that is %s fails the step that it is about', (code, expected) => {
  const steps = stepsOfLook(new AppError(code, 'why', { remedy: 'what to do' }));
  expect(results(steps)).toEqual(expected);
  expect(steps.find(({ result }) => result === 'failed')).toMatchObject({
    detail: 'why',
    remedy: 'what to do',
  });
  expect(hasFailed(steps)).toBe(true);
});

test('repositories are listed with their kind, users and credentials, the catalog first', () => {
  const entry = {
    name: 'ours',
    urlPrefix: 'https://git.example.com/',
    place: 'list.yaml:1',
    kind: 'password',
  } as const;
  const listed = describeRepositories({
    sources: [
      { url: 'https://git.example.com/b.git', commits: { main: 'abc' }, fetchedAt: '2026-11-03T12:00:00Z' },
      { url: 'oci://registry.example.com/charts', commits: {} },
      { url: 'https://charts.example.com', commits: {}, problem: 'no answer' },
      { url: 'https://git.example.com/fleet.git', commits: {} },
    ],
    records: [
      { application: 'argocd/one', repoURL: 'https://GIT.example.com/b' },
      { application: 'argocd/two', repoURL: 'https://ada:hunter2@git.example.com/b.git' },
      {
        application: 'argocd/three',
        repoURL: 'https://git.example.com/b.git',
        sources: [
          { repoURL: 'https://git.example.com/b.git' },
          { repoURL: 'https://charts.example.com/', chart: 'redis' },
        ],
      },
    ],
    fleetUrl: 'https://git.example.com/fleet',
    entryOf: (url) => (url.startsWith('https://git.') ? entry : undefined),
  });
  expect(listed.map(({ url, kind, holds, applications }) => [url, kind, holds, applications])).toEqual([
    ['https://git.example.com/fleet.git', 'git', 'catalog', 0],
    ['https://charts.example.com', 'helm', 'sources', 1],
    ['https://git.example.com/b.git', 'git', 'sources', 3],
    ['oci://registry.example.com/charts', 'oci', 'sources', 0],
  ]);
  expect(listed[2]).toMatchObject({ credentials: entry, commits: { main: 'abc' } });
  expect(listed[1]).toMatchObject({ problem: 'no answer' });
  expect(JSON.stringify(listed)).not.toContain('hunter2');
});
