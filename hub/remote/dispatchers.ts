import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici';
import { fingerprint } from '../../core/digest.ts';
import { chooseProxy } from './proxy-address.ts';

/** Whom to trust and which way to go. */
export interface Transport {
  readonly ca: string | undefined;
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
  /** Absent: what the environment says. */
  readonly proxy: string | undefined;
  readonly noProxy: readonly string[];
}

/** Replaced certificates and proxies leave their connections behind: all are closed once there are so many. */
const mostOpen = 64;

/** Connections by trust and proxy: entries that agree share theirs. */
export class Dispatchers {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #open = new Map<string, Dispatcher>();

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment;
  }

  /** `fetch` that goes this way. */
  fetchBy(transport: Transport): typeof fetch {
    const request = async (input: string | URL | Request, init?: RequestInit): Promise<unknown> => {
      const url = input instanceof Request ? input.url : String(input);
      const proxy = chooseProxy(url, transport, this.#environment);
      return undiciFetch(url, { ...(init as object), dispatcher: this.#dispatcher(transport, proxy) });
    };
    return request as typeof fetch;
  }

  #dispatcher({ ca, clientCertificate }: Transport, proxy: string | undefined): Dispatcher {
    const key = fingerprint(JSON.stringify([ca, clientCertificate, proxy]));
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    if (this.#open.size >= mostOpen) this.#leaveAll();
    const made = open(
      {
        ...(ca === undefined ? {} : { ca }),
        ...(clientCertificate === undefined
          ? {}
          : { cert: clientCertificate.certificate, key: clientCertificate.key }),
      },
      proxy,
    );
    this.#open.set(key, made);
    return made;
  }

  /** What runs still ends well. */
  #leaveAll(): void {
    for (const each of this.#open.values()) void each.close();
    this.#open.clear();
  }

  /** Ends requests that wait. */
  async close(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(all.map((each) => each.destroy()));
  }
}

function open(
  tls: { readonly ca?: string; readonly cert?: string; readonly key?: string },
  proxy: string | undefined,
): Dispatcher {
  if (proxy === undefined) return new Agent({ connect: tls });
  const url = new URL(proxy);
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return new ProxyAgent({
    uri: url.href,
    requestTls: tls,
    ...(login === ':' ? {} : { token: `Basic ${Buffer.from(login).toString('base64')}` }),
  });
}
