import { afterEach, describe, expect, test } from 'vitest';
import { AppError, formatError } from '../../../core/error.ts';
import type { GitHost, HostType } from '../../../hub/hosts/git-host.ts';
import { openHosts } from '../../../hub/hosts/open-hosts.ts';
import type { OpenedPullRequest } from '../../../hub/promotion/pull-request.ts';
import {
  type Asked,
  type HttpAnswer,
  type HttpAnswers,
  openHttpAnswers,
} from '../../support/http-answers.ts';

const token = 'glpat-5ecret';
const wanted = {
  branch: 'fairlead/rollback-web-1a2b3c4',
  base: 'main',
  title: 'Roll back web to 1a2b3c4',
  text: 'Why.\n\n/merge\n  /approve',
};

let server: HttpAnswers;

afterEach(() => server.close());

async function hostWith(type: HostType, answer: (asked: Asked) => HttpAnswer): Promise<GitHost> {
  server = await openHttpAnswers(answer);
  return { url: `${server.url}/`, type, token: { source: '/etc/token', read: () => token } };
}

const port = (host: GitHost, timeoutMs = 5_000) =>
  openHosts({ hosts: [host], timeoutMs, clock: { now: () => new Date('2026-11-03T14:00:00Z') } });
const ask = (host: GitHost, timeoutMs?: number): Promise<OpenedPullRequest> =>
  port(host, timeoutMs).openPullRequest(`${server.url}/team/sub/apps.git`, wanted);

async function failure(host: GitHost, timeoutMs?: number): Promise<AppError> {
  const error = await ask(host, timeoutMs).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AppError);
  expect(formatError(error as AppError)).not.toContain(token);
  return error as AppError;
}

interface Documented {
  readonly create: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  readonly list: string;
  /** An open one of these branches, as the host gives it. */
  readonly open: object;
  readonly taken: HttpAnswer;
  readonly page: string;
}

/** Requests and answers as each host documents them. */
const hosts: Readonly<Record<HostType, Documented>> = {
  github: {
    create: '/api/v3/repos/team/sub/apps/pulls',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': 'fairlead',
    },
    body: {
      title: wanted.title,
      head: wanted.branch,
      base: 'main',
      body: wanted.text,
      maintainer_can_modify: true,
    },
    list: `/api/v3/repos/team/sub/apps/pulls?state=open&head=team%3A${encodeURIComponent(wanted.branch)}&base=main&per_page=50&page=1`,
    open: {
      number: 7,
      html_url: 'https://git.example/pull/7',
      head: { ref: wanted.branch },
      base: { ref: 'main' },
    },
    taken: {
      status: 422,
      body: {
        message: 'Validation Failed',
        errors: [{ message: `A pull request already exists for team:${wanted.branch}.` }],
      },
    },
    page: `/team/sub/apps/compare/main...${wanted.branch}?expand=1`,
  },
  gitlab: {
    create: '/api/v4/projects/team%2Fsub%2Fapps/merge_requests',
    headers: { 'private-token': token },
    body: {
      source_branch: wanted.branch,
      target_branch: 'main',
      title: wanted.title,
      description: 'Why.\n\n\\/merge\n  \\/approve',
      remove_source_branch: true,
    },
    list: `/api/v4/projects/team%2Fsub%2Fapps/merge_requests?state=opened&source_branch=${encodeURIComponent(wanted.branch)}&target_branch=main&per_page=50&page=1`,
    open: {
      iid: 7,
      web_url: 'https://git.example/pull/7',
      source_branch: wanted.branch,
      target_branch: 'main',
    },
    taken: {
      status: 409,
      body: { message: ['Another open merge request already exists for this source branch: !7'] },
    },
    page: `/team/sub/apps/-/merge_requests/new?merge_request%5Bsource_branch%5D=${encodeURIComponent(wanted.branch)}&merge_request%5Btarget_branch%5D=main`,
  },
  gitea: {
    create: '/api/v1/repos/team/sub/apps/pulls',
    headers: { authorization: `token ${token}` },
    body: { title: wanted.title, head: wanted.branch, base: 'main', body: wanted.text },
    list: '/api/v1/repos/team/sub/apps/pulls?state=open&base_branch=main&limit=50&page=1',
    open: {
      number: 7,
      html_url: 'https://git.example/pull/7',
      head: { ref: wanted.branch },
      base: { ref: 'main' },
    },
    taken: { status: 409, body: { message: 'pull request already exists for these targets' } },
    page: `/team/sub/apps/compare/main...${wanted.branch}`,
  },
};

describe.each(Object.keys(hosts) as readonly HostType[])('on %s', (type) => {
  const { create, headers, body, list, open, taken, page } = hosts[type];

  test('a pull request is created by the documented request', async () => {
    const host = await hostWith(type, () => ({ status: 201, body: open }));
    expect(await ask(host)).toEqual({ type: 'opened', url: 'https://git.example/pull/7', number: 7 });
    expect(server.asked).toMatchObject([{ method: 'POST', path: create, headers, body }]);
  });

  test('one that is open already is found and returned', async () => {
    const host = await hostWith(type, ({ method }) =>
      method === 'POST' ? taken : { status: 200, body: [open] },
    );
    expect(await ask(host)).toEqual({ type: 'exists', url: 'https://git.example/pull/7', number: 7 });
    expect(server.asked.map(({ path }) => path)).toEqual([create, list]);
    expect(server.asked[1]).toMatchObject({ method: 'GET', headers });
  });

  test.each(['cut', 'silence'] as const)('an answer lost (%s) after it was opened finds it', async (lost) => {
    const host = await hostWith(type, ({ method }) =>
      method === 'POST' ? lost : { status: 200, body: [open] },
    );
    expect(await ask(host, 300)).toMatchObject({ type: 'exists', number: 7 });
  });

  test('a refusal for another reason is told in its words, with what to do', async () => {
    const host = await hostWith(type, ({ method }) =>
      method === 'POST'
        ? { status: 422, body: { message: `no commits between, says ${token}\u0007` } }
        : { status: 200, body: [{ ...open, head: { ref: 'other' }, source_branch: 'other' }] },
    );
    const error = await failure(host);
    expect(error.code).toBe('invalid');
    expect(error.message).toContain('422: no commits between, says …');
    expect(error.remedy).toContain('by hand');
  });

  test('a missing permission, an unknown token and an unseen repository name the token and what it needs', async () => {
    for (const [status, code, text] of [
      [401, 'unauthenticated', 'Replace the token of /etc/token'],
      [403, 'denied', 'Give the token of /etc/token'],
      [404, 'not-found', 'access to team/sub/apps'],
    ] as const) {
      const host = await hostWith(type, () => ({ status, body: { message: `no, ${token}` } }));
      const error = await failure(host);
      expect(error.code).toBe(code);
      expect(error.remedy).toContain(text);
      expect(server.asked).toHaveLength(1);
      await server.close();
    }
    server = await openHttpAnswers(() => 'cut');
  });

  test('a server error, nonsense and silence are unavailable', async () => {
    for (const answer of [
      { status: 500, body: 'oops' },
      { status: 201, body: '<html>' },
      'cut',
      'silence',
    ] as const) {
      const host = await hostWith(type, () => answer);
      expect((await failure(host, 200)).code).toBe('unavailable');
      await server.close();
    }
    server = await openHttpAnswers(() => 'cut');
  });

  test('a redirect is not followed, since the token is for nobody else', async () => {
    const other = await openHttpAnswers(() => ({ status: 201, body: open }));
    const host = await hostWith(type, () => ({ status: 307, headers: { location: other.url } }));
    expect((await failure(host)).code).toBe('invalid');
    expect(other.asked).toEqual([]);
    await other.close();
  });

  test('without a token nobody is asked, and the page to open one is given', async () => {
    const host = await hostWith(type, () => 'cut');
    const { token: _token, ...open_ } = host;
    expect(await ask(open_)).toEqual({ type: 'not-configured', compareURL: `${server.url}${page}` });
    expect(server.asked).toEqual([]);
  });
});

test('a rate limit is told with the time until which it lasts', async () => {
  const limits: readonly (readonly [Readonly<Record<string, string>>, number, string])[] = [
    [{ 'retry-after': '90' }, 429, 'until 2026-11-03T14:01:30Z'],
    [{ 'retry-after': '60' }, 403, 'until 2026-11-03T14:01:00Z'],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1793718000' }, 403, 'until 2026-11-03T15:00:00Z'],
    [{ 'ratelimit-reset': '1793718000' }, 429, 'until 2026-11-03T15:00:00Z'],
    [{}, 429, 'for now'],
  ];
  for (const [headers, status, until] of limits) {
    const host = await hostWith('github', ({ method }) => (method === 'POST' ? { status, headers } : 'cut'));
    const error = await failure(host);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining(until) });
    expect(error.remedy).toContain('Ask again after that');
    await server.close();
  }
  server = await openHttpAnswers(() => 'cut');
});

test('a long list that the host does not narrow is read page by page', async () => {
  const { open } = hosts.gitea;
  const others = Array.from({ length: 50 }, (_, index) => ({ ...open, head: { ref: `b${index}` } }));
  const host = await hostWith('gitea', ({ method, path }) => {
    if (method === 'POST') return hosts.gitea.taken;
    return { status: 200, body: path.includes('page=3') ? [open] : others };
  });
  expect(await ask(host)).toMatchObject({ type: 'exists', number: 7 });
  expect(server.asked).toHaveLength(4);
});

test('what a host would refuse as too long is cut', async () => {
  const host = await hostWith('github', () => ({ status: 201, body: hosts.github.open }));
  const long = { ...wanted, title: 't'.repeat(500), text: 'x'.repeat(100_000) };
  await port(host).openPullRequest(`${server.url}/team/apps`, long);
  const body = server.asked[0]?.body as { title: string; body: string };
  expect([body.title.length, body.body.length]).toEqual([250, 60_000]);
});

test('a call that is cancelled ends at once', async () => {
  const host = await hostWith('github', () => 'silence');
  const abort = new AbortController();
  const asking = port(host).openPullRequest(`${server.url}/team/apps`, wanted, abort.signal);
  abort.abort();
  await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
});
