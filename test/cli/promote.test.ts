import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readGitAuthor } from '../../cli/git-author.ts';
import { renderProposal } from '../../cli/output/render-proposal.ts';
import { AppError } from '../../core/error.ts';
import type { PromotionRequest } from '../../hub/promotion/promotion.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openTestHub, type TestHub, testToken } from '../support/test-hub.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub();
});

afterAll(() => hub.close());

function promote(...args: readonly string[]): Promise<CliResult> {
  const env = { FAIRLEAD_SERVER: hub.address, FAIRLEAD_TOKEN: testToken };
  return runCli(['promote', 'payments', '--from', 'staging', ...args], env);
}

test('a dry run shows title, images, the diff and the branch, and exits with 2', async () => {
  const { code, stdout, stderr } = await promote('--to', 'prod', '--dry-run');
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  expect(stdout).toMatch(/^Promote payments to prod: web 1\.3\n/);
  expect(stdout).toMatch(
    /Deployment payments\/web +image of web +registry\.example\/web:1\.2 +registry\.example\/web:1\.3/,
  );
  expect(stdout).toContain('\n-1.2\n+1.3\n');
  expect(stdout).toContain(
    'Nothing was written. Without --dry-run it becomes branch fairlead/promote-payments-prod',
  );
});

test('what is written exits with 0 and says what to do next', async () => {
  const { code, stdout } = await promote('--to', 'prod');
  expect(code).toBe(0);
  expect(stdout).toContain('is pushed, for main of');
  expect(stdout).toContain('Next: merge branch fairlead/promote-payments-prod-0a1b2c3d into main');
});

test('JSON and YAML are the same proposal', async () => {
  const json = await promote('--to', 'prod', '-o', 'json');
  const yaml = await promote('--to', 'prod', '-o', 'yaml');
  expect(JSON.parse(json.stdout)).toMatchObject({ state: 'written', base: 'main' });
  expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
});

test('an environment that was left out is asked for', async () => {
  const { code, stderr } = await promote();
  expect(code).toBe(1);
  expect(stderr).toContain("required option '--to <environment>' not specified");
});

test('a refusal is one line with what to do', async () => {
  const refusing = await openTestHub({
    control: {
      promote: async ({ key }: PromotionRequest) => {
        throw new AppError('conflict', 'it is Degraded', { subject: key, remedy: 'Mend it first' });
      },
    },
  });
  try {
    const args = ['promote', 'payments', '--from', 'staging', '--to', 'prod', '--server', refusing.address];
    const { code, stderr } = await runCli(args, { FAIRLEAD_TOKEN: testToken });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'fairlead: payments: it is Degraded. Mend it first\n',
    });
  } finally {
    await refusing.close();
  }
});

const proposal = {
  state: 'written',
  applications: ['argocd/web'],
  repoURL: 'https://git.example/fleet.git',
  base: 'main',
  branch: 'fairlead/promote-web-prod-1',
  title: 'Promote web to prod',
  text: 'prod has what staging runs already.',
  changes: [],
  files: [],
  sourceCommits: [],
} as const;
const plain = { colour: false, width: 100 };

test('a pull request, an address to compare at, a warning and equality are told apart', () => {
  const pullRequest = { url: 'https://git.example/pulls/7', number: 7, state: 'exists' } as const;
  expect(
    renderProposal(
      { ...proposal, changes: [], files: [], applications: [], sourceCommits: [], pullRequest },
      plain,
    ),
  ).toContain('Pull request 7 is open already: https://git.example/pulls/7');
  const compareURL = 'https://git.example/compare';
  const warned = {
    ...proposal,
    applications: [],
    changes: [],
    files: [],
    sourceCommits: [],
    compareURL,
    warning: 'rate limit until 14:00',
  };
  expect(renderProposal(warned, plain)).toMatch(
    /rate limit until 14:00\nNext: open a pull request at https:\/\/git\.example\/compare/,
  );
  const equal = {
    ...proposal,
    state: 'unchanged' as const,
    applications: [],
    changes: [],
    files: [],
    sourceCommits: [],
  };
  expect(renderProposal(equal, plain)).toBe('✓ Promote web to prod\n\nprod has what staging runs already.');
});

test('the author is who Git would name, unless no commit could hold it', async () => {
  const author = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' };
  expect(await readGitAuthor(author)).toEqual({ name: 'Ada', email: 'ada@example.com' });
  expect(await readGitAuthor({ ...author, GIT_AUTHOR_NAME: 'a<b>' })).toBeUndefined();
  expect(await readGitAuthor({ ...author, GIT_AUTHOR_EMAIL: '' })).toBeUndefined();
});
