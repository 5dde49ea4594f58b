import { AppError } from '../../core/error.ts';
import { jsonAt, parseJson } from '../../core/json.ts';
import type { ChartAddress } from './address.ts';
import { type Answer, ask, type FindRemote, hubTriesAgain, type Remote, refusal } from './ask.ts';
import { type Challenge, parseChallenge } from './oci-challenge.ts';

export type OciAddress = Extract<ChartAddress, { type: 'oci' }>;

interface Token {
  readonly authorization: string;
  /** ms since 1970. */
  readonly expiresAt: number;
}

interface Get {
  readonly path: string;
  readonly maxBytes: number;
  readonly method?: 'GET' | 'HEAD';
  readonly accept?: string;
  readonly absent: { readonly message: string; readonly remedy: string };
  readonly signal: AbortSignal | undefined;
}

const smallAnswer = 4 * 1024 * 1024;
const mostPages = 100;
/** Of tokens whose server doesn't say, as the protocol has it. */
const defaultTokenSeconds = 60;

/** A registry's API (OCI distribution specification 1.1), as far as reading needs it. Tokens are kept while they hold. */
export class OciRegistry {
  readonly #find: FindRemote;
  readonly #now: () => Date;
  readonly #tokens = new Map<string, Token>();

  constructor(find: FindRemote, now: () => Date) {
    this.#find = find;
    this.#now = now;
  }

  /** All tags of a repository. */
  async tags(address: OciAddress, signal?: AbortSignal): Promise<readonly string[]> {
    const tags: string[] = [];
    let path: string | undefined = `/v2/${address.name}/tags/list?n=1000`;
    for (let page = 0; path !== undefined && page < mostPages; page += 1) {
      const absent = absence(address);
      const answer: Answer = await this.#get(address, { path, maxBytes: smallAnswer, absent, signal });
      const listed = jsonAt(parseBody(answer, address), 'tags');
      if (Array.isArray(listed)) tags.push(...listed.filter((tag) => typeof tag === 'string'));
      path = nextPage(answer, address);
    }
    return tags;
  }

  /** The digest that a tag names now; `undefined` where the registry doesn't say without giving the manifest. */
  async digestOf(address: OciAddress, tag: string, signal?: AbortSignal): Promise<string | undefined> {
    const answer = await this.#get(address, { ...manifestOf(address, tag, signal), method: 'HEAD' });
    const digest = answer.headers.get('docker-content-digest');
    return digest !== null && /^sha256:[0-9a-f]{64}$/u.test(digest) ? digest : undefined;
  }

  /** A manifest's bytes, by tag or digest. */
  async manifest(address: OciAddress, reference: string, signal?: AbortSignal): Promise<Buffer> {
    return (await this.#get(address, manifestOf(address, reference, signal))).body;
  }

  /** A blob's bytes, unchecked. */
  async blob(address: OciAddress, digest: string, maxBytes: number, signal?: AbortSignal): Promise<Buffer> {
    const path = `/v2/${address.name}/blobs/${digest}`;
    const message = `${address.label} lacks the content ${digest} that its manifest names`;
    const absent = { message, remedy: 'Push the chart again' };
    return (await this.#get(address, { path, maxBytes, absent, signal })).body;
  }

  async #get(address: OciAddress, get: Get): Promise<Answer> {
    const key = `${address.origin} ${address.name}`;
    const known = this.#tokens.get(key);
    const isFresh = known !== undefined && known.expiresAt > this.#now().getTime();
    const first = await this.#send(address, get, isFresh ? known.authorization : undefined);
    const challenge =
      first.status === 401 ? parseChallenge(first.headers.get('www-authenticate')) : undefined;
    const token = challenge && (await this.#authorize(address, challenge, get.signal));
    if (token !== undefined) this.#tokens.set(key, token);
    const answer = token === undefined ? first : await this.#send(address, get, token.authorization);
    if (answer.status === 200) return answer;
    if (answer.status === 401) this.#tokens.delete(key);
    throw refusal(answer, `${address.origin}${get.path}`, get.absent);
  }

  #send(address: OciAddress, get: Get, authorization: string | undefined): Promise<Answer> {
    return ask({
      find: authorization === undefined ? (url) => withoutLogin(this.#find, url) : this.#find,
      url: `${address.origin}${get.path}`,
      remoteUrl: `oci://${address.label}`,
      method: get.method ?? 'GET',
      headers: { accept: get.accept ?? '*/*', 'accept-encoding': 'identity' },
      authorization,
      maxBytes: get.maxBytes,
      signal: get.signal,
    });
  }

  /** What to show after a challenge; `undefined` where there is nothing. */
  async #authorize(
    address: OciAddress,
    challenge: Challenge,
    signal: AbortSignal | undefined,
  ): Promise<Token | undefined> {
    const remote = await this.#find(`oci://${address.label}`);
    const always = Number.POSITIVE_INFINITY;
    const { authorization, login } = remote;
    // Without a login, what is shown is a token of the registry itself.
    if (challenge.type === 'basic' || (authorization !== undefined && login === undefined)) {
      return authorization === undefined ? undefined : { authorization, expiresAt: always };
    }
    const url = new URL(challenge.realm);
    if (url.protocol !== 'https:' && new URL(address.origin).protocol === 'https:') {
      throw new AppError('invalid', `it asks for a token of ${url.origin}, without TLS`, {
        subject: address.label,
      });
    }
    if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
    url.searchParams.set('scope', challenge.scope ?? `repository:${address.name}:pull`);
    const answer = await ask({
      find: (target) => withoutLogin(this.#find, target),
      url: url.href,
      remoteUrl: `oci://${address.label}`,
      authorization: login === undefined ? undefined : basic(login),
      maxBytes: smallAnswer,
      signal,
    });
    if (answer.status !== 200) {
      const message = `it gives no token for ${address.label} (${answer.status})`;
      throw refusal(answer, url.href, { message, remedy: hubTriesAgain });
    }
    const body = parseBody(answer, address);
    const token = jsonAt(body, 'token') ?? jsonAt(body, 'access_token');
    if (typeof token !== 'string') return undefined;
    const seconds = Number(jsonAt(body, 'expires_in') ?? defaultTokenSeconds);
    // A fifth earlier: a request that has begun must get through.
    return { authorization: `Bearer ${token}`, expiresAt: this.#now().getTime() + seconds * 800 };
  }
}

/** A registry is asked without credentials first: it says how it wants them, and where. */
async function withoutLogin(find: FindRemote, url: string): Promise<{ readonly fetch: typeof fetch }> {
  return { fetch: (await find(url)).fetch };
}

function basic({ username, password }: NonNullable<Remote['login']>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function absence(address: OciAddress): Get['absent'] {
  return {
    message: `there is no ${address.label}, or the hub may not see it (404)`,
    remedy: "Correct repoURL and chart, or give the hub's credentials the right to read it",
  };
}

function manifestOf(address: OciAddress, reference: string, signal: AbortSignal | undefined): Get {
  const accept = [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.oci.image.index.v1+json',
  ].join(', ');
  const absent = {
    message: `${address.label} has no ${reference}, or the hub may not see it (404)`,
    remedy: 'Correct targetRevision, repoURL or chart, or push this version',
  };
  return {
    path: `/v2/${address.name}/manifests/${reference}`,
    maxBytes: smallAnswer,
    accept,
    absent,
    signal,
  };
}

function parseBody({ body }: Answer, { label }: OciAddress): ReturnType<typeof parseJson> {
  try {
    return parseJson(body.toString('utf8'));
  } catch (error) {
    const remedy = 'Check the address: what answers there is no registry';
    throw new AppError('invalid', 'it does not answer as a registry does', {
      subject: label,
      remedy,
      cause: error,
    });
  }
}

function nextPage({ headers }: Answer, { origin }: OciAddress): string | undefined {
  const link = /<([^>]+)>\s*;\s*rel="?next"?/iu.exec(headers.get('link') ?? '')?.[1];
  if (link === undefined || !URL.canParse(link, origin)) return undefined;
  const url = new URL(link, origin);
  return url.origin === origin ? `${url.pathname}${url.search}` : undefined;
}
