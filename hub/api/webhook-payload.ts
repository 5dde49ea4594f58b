import { isJsonObject, type Json, jsonAt, parseJson, stringAt } from '../../core/json.ts';

/** Where Git hosts write a repository's addresses: GitHub, Gitea and Forgejo, GitLab, Bitbucket. */
const urlFields: readonly (readonly string[])[] = [
  ['repository', 'clone_url'],
  ['repository', 'ssh_url'],
  ['repository', 'html_url'],
  ['repository', 'git_url'],
  ['repository', 'url'],
  ['repository', 'git_http_url'],
  ['repository', 'git_ssh_url'],
  ['repository', 'homepage'],
  ['repository', 'links', 'html', 'href'],
  ['project', 'git_http_url'],
  ['project', 'git_ssh_url'],
  ['project', 'web_url'],
  ['repoURL'],
];

/** The repository's addresses in a push payload; empty where it names none or isn't JSON. */
export function repositoryUrls(body: Uint8Array, contentType: string): readonly string[] {
  const payload = parsePayload(new TextDecoder().decode(body), contentType);
  return urlFields.flatMap((path) => stringAt(payload, ...path) ?? []).filter((url) => url !== '');
}

/** Sources that any of the addresses may mean; the same repository has a different address for SSH, HTTPS and inside a network. */
export function matchSources(urls: readonly string[], sources: readonly string[]): ReadonlySet<string> {
  const wanted = urls.map(normalise);
  const exact = sources.filter((source) => wanted.some((url) => url.whole === normalise(source).whole));
  if (exact.length > 0) return new Set(exact);
  return new Set(sources.filter((source) => wanted.some((url) => url.path === normalise(source).path)));
}

function parsePayload(text: string, contentType: string): Json | undefined {
  // GitHub can send forms, with the payload in a field.
  const form = contentType.startsWith('application/x-www-form-urlencoded');
  const json = form ? (new URLSearchParams(text).get('payload') ?? '') : text;
  try {
    const payload = parseJson(json);
    return isJsonObject(jsonAt(payload)) ? payload : undefined;
  } catch {
    return undefined;
  }
}

/** Host and path without scheme, user, port, `.git` and case: `git@host:org/repo.git` equals `https://host/org/repo`. */
function normalise(url: string): { readonly whole: string; readonly path: string } {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  const address = /^[a-z+]+:\/\/(?:[^@/]*@)?([^:/]*)(?::\d+)?\/?(.*)$/i.exec(url);
  const [, host = '', rest = url] = address ?? scp ?? [];
  const path = rest
    .toLowerCase()
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
  return { whole: `${host.toLowerCase()}/${path}`, path };
}
