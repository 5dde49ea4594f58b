import { isJsonObject, type Json, jsonAt } from '../../core/json.ts';
import type { HostKind, HostType } from './git-host.ts';

/** A branch in a path: its slashes stand for themselves. */
function inPath(branch: string): string {
  return encodeURIComponent(branch).replaceAll('%2F', '/');
}

function query(fields: Readonly<Record<string, string | number>>): string {
  return new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
}

/** The same four values, wherever a host keeps them. */
function parseWith(
  paths: Readonly<Record<'url' | 'number' | 'branch' | 'base', readonly string[]>>,
): HostKind['parse'] {
  return (answer) => {
    if (!isJsonObject(answer as Json)) return undefined;
    const at = (path: readonly string[]): Json | undefined => jsonAt(answer as Json, ...path);
    const [url, number] = [at(paths.url), Number(at(paths.number))];
    const [branch, base] = [at(paths.branch), at(paths.base)];
    if (typeof url !== 'string' || !/^https?:/i.test(url) || !Number.isSafeInteger(number)) return undefined;
    return { url, number, branch: String(branch), base: String(base) };
  };
}

const pulls = { url: ['html_url'], number: ['number'], branch: ['head', 'ref'], base: ['base', 'ref'] };

/** https://docs.github.com/en/rest/pulls/pulls, version 2022-11-28. */
const github: HostKind = {
  headers: (token) => ({
    authorization: `Bearer ${token}`,
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  }),
  create: ({ api, path }, { branch, base, title, text }) => ({
    url: `${api}/repos/${path}/pulls`,
    body: { title, head: branch, base, body: text, maintainer_can_modify: true },
  }),
  list({ api, path }, { branch, base }, page) {
    const head = `${path.split('/')[0]}:${branch}`;
    return `${api}/repos/${path}/pulls?${query({ state: 'open', head, base, per_page: 50, page })}`;
  },
  parse: parseWith(pulls),
  compareURL: (page, { base, branch }) => `${page}/compare/${inPath(base)}...${inPath(branch)}?expand=1`,
  permission: '"Pull requests: write" (a fine-grained token or App) or the scope "repo"',
};

/** https://docs.gitlab.com/api/merge_requests/ */
const gitlab: HostKind = {
  headers: (token) => ({ 'private-token': token }),
  create: ({ api, path }, { branch, base, title, text }) => ({
    url: `${api}/projects/${encodeURIComponent(path)}/merge_requests`,
    body: {
      source_branch: branch,
      target_branch: base,
      title,
      // A line that begins with a slash would be carried out as a quick action.
      description: text.replaceAll(/^(\s*)\//gm, '$1\\/'),
      remove_source_branch: true,
    },
  }),
  list({ api, path }, { branch, base }, page) {
    const filter = { state: 'opened', source_branch: branch, target_branch: base, per_page: 50, page };
    return `${api}/projects/${encodeURIComponent(path)}/merge_requests?${query(filter)}`;
  },
  parse: parseWith({
    url: ['web_url'],
    number: ['iid'],
    branch: ['source_branch'],
    base: ['target_branch'],
  }),
  compareURL(page, { base, branch }) {
    const branches = query({
      'merge_request[source_branch]': branch,
      'merge_request[target_branch]': base,
    });
    return `${page}/-/merge_requests/new?${branches}`;
  },
  permission: 'the scope "api" and at least the role Developer',
};

/** Gitea and Forgejo: https://docs.gitea.com/api/ and `/api/swagger` of each server. */
const gitea: HostKind = {
  headers: (token) => ({ authorization: `token ${token}` }),
  create: ({ api, path }, { branch, base, title, text }) => ({
    url: `${api}/repos/${path}/pulls`,
    body: { title, head: branch, base, body: text },
  }),
  // Only newer servers narrow the list by branch; older ones take no notice.
  list: ({ api, path }, { base }, page) =>
    `${api}/repos/${path}/pulls?${query({ state: 'open', base_branch: base, limit: 50, page })}`,
  parse: parseWith(pulls),
  compareURL: (page, { base, branch }) => `${page}/compare/${inPath(base)}...${inPath(branch)}`,
  permission: 'the scope "write:repository"',
};

export const hostKinds: Readonly<Record<HostType, HostKind>> = { github, gitlab, gitea };
