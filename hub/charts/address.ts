import { AppError } from '../../core/error.ts';

/** Where charts come from: a repository with an index.yaml, or one repository of an OCI registry. */
export type ChartAddress =
  /** `url` ends with a slash. */
  | { readonly type: 'http'; readonly url: string }
  /** `origin` is where its API is spoken to, `name` the repository below it, `label` both for people. */
  | { readonly type: 'oci'; readonly origin: string; readonly name: string; readonly label: string };

/** A chart as a source names it; without a name, the repository itself is the artifact (`oci://host/path`). */
export interface ChartName {
  readonly repoURL: string;
  readonly chart?: string | undefined;
}

/**
 * Reads `repoURL` and `chart` as Argo CD does: with http(s) a chart repository, without a scheme or with `oci://` a
 * registry, whose repository is the path and the chart's name. Registries on the loopback are spoken to without TLS, as
 * container tools do. Throws AppError `invalid`.
 */
export function parseChartAddress({ repoURL, chart }: ChartName): ChartAddress {
  const written = repoURL.trim().replace(/\/+$/u, '');
  if (/^https?:\/\//iu.test(written)) {
    if (!URL.canParse(written)) throw invalid(repoURL, 'this is no URL');
    const url = new URL(written);
    url.username = '';
    url.password = '';
    url.search = '';
    url.hash = '';
    return { type: 'http', url: `${url.href.replace(/\/+$/u, '')}/` };
  }
  const bare = written.replace(/^oci:\/\//iu, '');
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(bare)) {
    throw invalid(
      repoURL,
      'charts come from https:// repositories and from registries (host/path or oci://host/path)',
    );
  }
  const slash = bare.indexOf('/');
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase();
  const path = [slash < 0 ? '' : bare.slice(slash + 1), chart ?? ''].filter((part) => part !== '').join('/');
  if (!hostForm.test(host) || !nameForm.test(path)) {
    throw invalid(repoURL, `${host}/${path} is no repository of a registry`);
  }
  const api = host === 'docker.io' ? 'registry-1.docker.io' : host;
  const scheme = loopback.test(host) ? 'http' : 'https';
  return { type: 'oci', origin: `${scheme}://${api}`, name: path, label: `${host}/${path}` };
}

/** The same of a registry only. */
export function parseRegistryAddress(name: ChartName): Extract<ChartAddress, { type: 'oci' }> {
  const address = parseChartAddress(name);
  if (address.type === 'oci') return address;
  throw invalid(name.repoURL, 'this is no address of a registry');
}

const hostForm = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/u;
/** As in the OCI distribution specification. */
const nameForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/u;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/u;

function invalid(subject: string, message: string): AppError {
  return new AppError('invalid', message, { subject, remedy: 'Correct repoURL and chart of the source' });
}

/** A tag can't hold `+`, which a version may: Helm writes `_` in its place. */
export function tagOfVersion(version: string): string {
  return version.replaceAll('+', '_');
}

export function versionOfTag(tag: string): string {
  return tag.replaceAll('_', '+');
}
