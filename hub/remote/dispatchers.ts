import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, fetch as undiciFetch } from 'undici';
import { fingerprint } from '../../core/digest.ts';
import { isExempt } from '../credentials/match-url.ts';

/** Whom to trust and which way to go. */
export interface Transport {
  readonly ca: string | undefined;
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
  readonly proxy: string | undefined;
  readonly noProxy: readonly string[];
}

interface Open {
  readonly direct: Dispatcher;
  readonly proxied: Dispatcher | undefined;
}

/** Replaced certificates and proxies leave their connections behind: all are closed once there are so many. */
const mostOpen = 64;

/** Connections by trust and proxy: entries that agree share theirs. */
export class Dispatchers {
  readonly #open = new Map<string, Open>();

  /** `fetch` that goes this way. */
  fetchBy(transport: Transport): typeof fetch {
    const request = async (input: string | URL | Request, init?: RequestInit): Promise<unknown> => {
      const url = input instanceof Request ? input.url : String(input);
      const { direct, proxied } = this.#dispatchers(transport);
      const dispatcher = proxied === undefined || isExempt(url, transport.noProxy) ? direct : proxied;
      return undiciFetch(url, { ...(init as object), dispatcher });
    };
    return request as typeof fetch;
  }

  #dispatchers(transport: Transport): Open {
    const key = fingerprint(JSON.stringify(transport));
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    if (this.#open.size >= mostOpen) this.#closeAll();
    const made = open(transport);
    this.#open.set(key, made);
    return made;
  }

  #closeAll(): void {
    for (const { direct, proxied } of this.#open.values()) {
      void direct.close();
      void proxied?.close();
    }
    this.#open.clear();
  }

  /** Ends requests that wait. */
  async close(): Promise<void> {
    const all = [...this.#open.values()].flatMap(({ direct, proxied }) =>
      proxied === undefined ? [direct] : [direct, proxied],
    );
    this.#open.clear();
    await Promise.all(all.map((each) => each.destroy()));
  }
}

function open({ ca, clientCertificate, proxy }: Transport): Open {
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined
      ? {}
      : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  };
  if (proxy === undefined)
    return { direct: new EnvHttpProxyAgent({ connect: tls, requestTls: tls }), proxied: undefined };
  const { address, token } = splitProxy(proxy);
  return {
    direct: new Agent({ connect: tls }),
    proxied: new ProxyAgent({ uri: address, requestTls: tls, ...(token === undefined ? {} : { token }) }),
  };
}

function splitProxy(proxy: string): { readonly address: string; readonly token: string | undefined } {
  const url = new URL(proxy);
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return {
    address: url.href,
    token: login === ':' ? undefined : `Basic ${Buffer.from(login).toString('base64')}`,
  };
}
