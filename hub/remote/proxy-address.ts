import { isExempt } from '../credentials/match-url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL: the entry's own, unless the host is exempt, else the one that the environment names; none for SSH. */
export function chooseProxy(
  url: string,
  own: { readonly proxy: string | undefined; readonly noProxy: readonly string[] },
  environment: Environment,
): string | undefined {
  // `oci://` is https under another name.
  const address = url.replace(/^oci:/i, 'https:');
  const scheme = /^(https?):/i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  if (own.proxy !== undefined) return isExempt(address, own.noProxy) ? undefined : own.proxy;
  return environmentProxy(address, scheme, environment);
}

/** As curl reads it. */
function environmentProxy(address: string, scheme: string, environment: Environment): string | undefined {
  const named = (name: string): string | undefined =>
    environment[name] || environment[name.toUpperCase()] || undefined;
  const proxy = named(`${scheme}_proxy`) ?? named('all_proxy');
  if (proxy === undefined || !URL.canParse(proxy) || !/^https?:/i.test(proxy)) return undefined;
  const exempt = (named('no_proxy') ?? '').split(/[\s,]+/).filter((each) => each !== '');
  return isExempt(address, exempt) ? undefined : proxy;
}

/** Without user and password. */
export function addressOf(proxy: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(proxy);
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
}
