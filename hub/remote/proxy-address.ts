import { isExempt } from '../credentials/match-url.ts';

/** `oci://` is https under another name. */
export function webAddress(url: string): string {
  return url.replace(/^oci:/i, 'https:');
}

/** The proxy that the environment names for a URL, as curl and undici read it; none for SSH. */
export function environmentProxy(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const scheme = /^(https?):/i.exec(webAddress(url))?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  const named = (name: string): string | undefined => environment[name] ?? environment[name.toUpperCase()];
  const proxy = named(`${scheme}_proxy`);
  if (proxy === undefined || proxy === '' || !URL.canParse(proxy)) return undefined;
  const noProxy = (named('no_proxy') ?? '').split(/[\s,]+/).filter((each) => each !== '');
  return isExempt(webAddress(url), noProxy) ? undefined : proxy;
}

/** Without user and password. */
export function addressOf(proxy: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(proxy);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}
