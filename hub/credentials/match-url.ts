const scpForm = /^(?:[^\s/:@]+@)?([^\s/:@]+):(?!\/\/)\/*(\S+)$/;
const defaultPorts: Readonly<Record<string, string>> = { 'ssh:': '22', 'oci:': '443' };

/** Schemes that an entry of the list of credentials can be for. */
export const remoteSchemes = ['https', 'http', 'ssh', 'oci'] as const;

/**
 * One spelling for the addresses of one repository, chart or registry, for comparing: `git@host:path` as
 * `ssh://host/path`, host in lower case, without user, default port, query, `.git` and slashes at the end; steps such as
 * `..` are gone. `undefined` where a text is none.
 */
export function comparableUrl(url: string): string | undefined {
  const scp = scpForm.exec(url);
  const text = scp === null ? url : `ssh://${scp[1] ?? ''}/${scp[2] ?? ''}`;
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(text);
  const scheme = remoteSchemes.find((each) => `${each}:` === protocol);
  if (scheme === undefined || hostname === '') return undefined;
  const at = port === '' || port === defaultPorts[protocol] ? '' : `:${port}`;
  const path = pathname.replace(/\/+$/, '').replace(/\.git$/, '');
  return `${scheme}://${hostname.toLowerCase()}${at}${path}`;
}

/**
 * The entry for a URL: the longest prefix that ends where a path segment does, so that neither another host nor a
 * repository whose name only begins alike is shown a secret. https, http, ssh and oci are never taken for each other.
 */
export function findCredential<T extends { readonly urlPrefix: string }>(
  url: string,
  entries: readonly T[],
): T | undefined {
  const wanted = comparableUrl(url);
  if (wanted === undefined) return undefined;
  let best: { readonly entry: T; readonly length: number } | undefined;
  for (const entry of entries) {
    const prefix = comparableUrl(entry.urlPrefix);
    if (prefix === undefined || !isWithin(wanted, prefix)) continue;
    if (best === undefined || prefix.length > best.length) best = { entry, length: prefix.length };
  }
  return best?.entry;
}

function isWithin(url: string, prefix: string): boolean {
  return url === prefix || url.startsWith(`${prefix}/`);
}

/** Whether a host is reached without the proxy: as curl reads NO_PROXY, where a name stands for its subdomains too. */
export function isExempt(url: string, noProxy: readonly string[]): boolean {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.toLowerCase();
  const at = port === '' ? (protocol === 'http:' ? '80' : '443') : port;
  return noProxy.some((each) => {
    if (each === '*') return true;
    const [, name = '', onlyPort] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(each.toLowerCase()) ?? [];
    if (onlyPort !== undefined && onlyPort !== at) return false;
    return host === name || host.endsWith(`.${name}`);
  });
}
