import type { GitHost, HostRepository, HostType } from './git-host.ts';

/** Hosts whose kind everybody knows. */
const publicHosts: readonly GitHost[] = [
  { url: 'https://github.com/', type: 'github' },
  { url: 'https://gitlab.com/', type: 'gitlab' },
  { url: 'https://codeberg.org/', type: 'gitea' },
];

/** Where the API is below a host's address. */
const apiPaths: Readonly<Record<HostType, string>> = {
  github: '/api/v3',
  gitlab: '/api/v4',
  gitea: '/api/v1',
};

/** A repository's URL in its parts. */
interface Address {
  readonly isWeb: boolean;
  /** With the port where it's a web address. */
  readonly host: string;
  /** Without slashes around it and without `.git`. */
  readonly path: string;
}

/** The host's view of a repository by its URL for Git; `undefined` where the host's kind isn't known. */
export function findRepository(repoURL: string, hosts: readonly GitHost[]): HostRepository | undefined {
  const address = parseAddress(repoURL);
  if (address === undefined) return undefined;
  const host = [...hosts, ...publicHosts]
    .filter((each) => isBelow(address, each))
    .sort((left, right) => right.url.length - left.url.length)[0];
  if (host === undefined) return undefined;
  const { origin, hostname } = new URL(host.url);
  const usualApi = hostname === 'github.com' ? 'https://api.github.com' : `${origin}${apiPaths[host.type]}`;
  const api = (host.api ?? usualApi).replace(/\/+$/, '');
  // A host that lives below a path has its API there too, and its repositories' names begin after it.
  const below = /^(\/.+)\/api\/v\d+$/.exec(new URL(api).pathname)?.[1]?.slice(1);
  const path =
    below !== undefined && address.path.startsWith(`${below}/`)
      ? address.path.slice(below.length + 1)
      : address.path;
  return { type: host.type, page: `${origin}/${address.path}`, api, path, token: host.token };
}

function parseAddress(repoURL: string): Address | undefined {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(repoURL.trim());
  const text = scp === null ? repoURL.trim() : `ssh://${scp[1]}/${scp[2]}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const path = decode(url.pathname)
    .replaceAll(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
  if (!path.includes('/')) return undefined;
  if (/^https?:$/.test(url.protocol)) return { isWeb: true, host: url.host.toLowerCase(), path };
  if (url.protocol === 'ssh:' || url.protocol === 'git:')
    return { isWeb: false, host: url.hostname.toLowerCase(), path };
  return undefined;
}

/** A path that isn't encoded rightly stays as it is: once a branch is pushed, its address is no error any more. */
function decode(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** Over SSH only names count: its port isn't the pages'. */
function isBelow({ isWeb, host, path }: Address, { url }: GitHost): boolean {
  const prefix = new URL(url);
  if (host !== (isWeb ? prefix.host : prefix.hostname)) return false;
  const folder = prefix.pathname.replaceAll(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
