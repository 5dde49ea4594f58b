/** Addresses of pages; each shows the same to whoever it is sent to. */

export function applicationLink(application: string): string {
  return `/applications/${application.split('/').map(encodeURIComponent).join('/')}`;
}

export function clusterLink(cluster: string): string {
  return `/clusters/${encodeURIComponent(cluster)}`;
}

export function listLink(filter: Readonly<Record<string, string | undefined>>): string {
  const set = Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return set.length === 0 ? '/applications' : `/applications?${new URLSearchParams(set)}`;
}
