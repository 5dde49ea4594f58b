import { AppError } from '../../core/error.ts';

/** How a URL is reached, and what its server is shown. */
export interface Remote {
  readonly fetch: typeof fetch;
  /** Value of the `Authorization` header. */
  readonly authorization?: string | undefined;
  /** User and password, which the token service of a registry is shown. */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

/** Finds the way to a URL: `https://…`, or `oci://host/path` for a registry. */
export type FindRemote = (url: string) => Remote | Promise<Remote>;

export interface Ask {
  readonly find: FindRemote;
  readonly url: string;
  /** By which the way is looked up; the URL itself where absent. */
  readonly remoteUrl?: string;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** Value of the `Authorization` header, in place of what the remote's login says. */
  readonly authorization?: string | undefined;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

const timeoutMs = 120_000;
const mostRedirects = 5;
export const hubTriesAgain = 'What runs stays as it is; the hub tries again at every poll';

/**
 * One request and its whole answer, whatever its status. Redirects are followed; to another origin no credentials go
 * with them, and never from https to http. Throws AppError `unavailable` (no answer, or half of one), `too-large`,
 * `invalid` (redirects that lead nowhere) or `cancelled`.
 */
export async function ask(call: Ask): Promise<Answer> {
  const remote = await call.find(call.remoteUrl ?? call.url);
  let authorization = call.authorization ?? remote.authorization;
  let url = call.url;
  let way = remote.fetch;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]);
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const response = await send(call, way, url, authorization, signal);
    const target = redirectOf(response, url);
    if (target === undefined) return read(call, response, url);
    await response.body?.cancel();
    if (new URL(url).protocol === 'https:' && target.protocol !== 'https:') {
      throw invalid(url, `it leads to ${target.origin}, without TLS`);
    }
    if (target.origin !== new URL(url).origin) {
      authorization = undefined;
      way = (await call.find(target.href)).fetch;
    }
    url = target.href;
  }
  throw invalid(call.url, `it leads on more than ${mostRedirects} times`);
}

/** A URL as it may be shown: without user, password, query and fragment, which may be secret. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

async function send(
  call: Ask,
  way: typeof fetch,
  url: string,
  authorization: string | undefined,
  signal: AbortSignal,
  attempt: 'first' | 'second' = 'first',
): Promise<Response> {
  try {
    return await way(url, {
      method: call.method ?? 'GET',
      headers: {
        'user-agent': 'fairlead',
        ...call.headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
      redirect: 'manual',
      signal,
    });
  } catch (error) {
    const { cause } = error as Error & { cause?: NodeJS.ErrnoException };
    if (attempt === 'first' && !signal.aborted && closedBefore.has(cause?.code ?? '')) {
      return send(call, way, url, authorization, signal, 'second');
    }
    throw unanswered(call, url, error, 'it gives no answer');
  }
}

/** A connection that was kept open may have been closed by the other side meanwhile. */
const closedBefore: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function redirectOf({ status, headers }: Response, url: string): URL | undefined {
  const location = headers.get('location');
  if (![301, 302, 303, 307, 308].includes(status) || location === null) return undefined;
  if (!URL.canParse(location, url)) throw invalid(url, 'it leads to something that is no URL');
  const target = new URL(location, url);
  if (!/^https?:$/u.test(target.protocol)) throw invalid(url, `it leads to ${target.protocol}`);
  return target;
}

async function read(call: Ask, response: Response, url: string): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > call.maxBytes) {
        throw new AppError('too-large', `it answers with more than ${call.maxBytes} bytes`, {
          subject: shownUrl(url),
          remedy: 'Make it smaller: more is never read',
        });
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw unanswered(call, url, error, 'its answer ended in the middle');
  }
  return { status: response.status, headers: response.headers, body: Buffer.concat(chunks) };
}

function unanswered({ signal }: Ask, url: string, error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  const subject = shownUrl(url);
  if (signal?.aborted === true)
    return new AppError('cancelled', 'it was cancelled before its end', { subject });
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  const detail = cause?.code ?? cause?.message ?? message;
  const why =
    name === 'TimeoutError' ? `no whole answer within ${timeoutMs / 1000} s` : `${what} (${detail})`;
  return new AppError('unavailable', why, { subject, remedy: hubTriesAgain, cause: error });
}

function invalid(url: string, message: string): AppError {
  return new AppError('invalid', message, {
    subject: shownUrl(url),
    remedy: 'Correct the URL, or the server',
  });
}

/** What an answer other than 200 means. `what` is asked for, `absent` what it means that it isn't there. */
export function refusal(
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
  url: string,
  absent: { readonly message: string; readonly remedy: string },
): AppError {
  const subject = shownUrl(url);
  const host = URL.canParse(url) ? new URL(url).host : url;
  if (status === 401) {
    return new AppError('unauthenticated', 'it asks for credentials, or those of the hub are wrong (401)', {
      subject,
      remedy: `Add ${host} to the hub's credentials, or replace what is listed for it`,
    });
  }
  if (status === 403) {
    return new AppError('denied', 'the hub may not read it (403)', {
      subject,
      remedy: `Give the hub's credentials for ${host} the right to read it`,
    });
  }
  if (status === 404 || status === 410) {
    return new AppError('not-found', absent.message, { subject, remedy: absent.remedy });
  }
  if (status === 429) {
    const after = headers.get('retry-after');
    const until = after !== null && /^\d+$/u.test(after) ? ` for ${after} s` : ' for now';
    return new AppError('throttled', `it answers no more requests${until} (429)`, {
      subject,
      remedy: hubTriesAgain,
    });
  }
  if (status >= 500) {
    return new AppError('unavailable', `it fails (${status})`, { subject, remedy: hubTriesAgain });
  }
  return new AppError('invalid', `it answers with ${status}`, {
    subject,
    remedy: 'Correct the URL, or the server',
  });
}
