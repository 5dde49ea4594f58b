import { AppError } from '../../core/error.ts';
import { type Json, jsonAt, parseJson } from '../../core/json.ts';
import type { HostKind, HostRepository } from './git-host.ts';

export interface HostCall {
  readonly kind: HostKind;
  readonly repository: HostRepository;
  readonly token: string;
  readonly timeoutMs: number;
  readonly clock: { now(): Date };
  readonly signal: AbortSignal | undefined;
}

export interface HostAnswer {
  readonly status: number;
  /** `undefined` where it isn't JSON. */
  readonly body: Json | undefined;
}

const longestAnswer = 4 * 1024 * 1024;
const longestWords = 300;
/** GitHub asks for one of every client. */
const agent = 'fairlead';

/**
 * One request to a host's API. Gives answers that say yes, or no to what was asked (409 and 422); throws AppError for
 * all others. The token is in no message, whatever the host says.
 */
export async function askHost(call: HostCall, url: string, body?: object): Promise<HostAnswer> {
  const response = await request(call, url, body);
  const text = await readText(call, url, response);
  const answer = { status: response.status, body: parseBody(text) };
  if (response.ok || answer.status === 409 || answer.status === 422) return answer;
  throw refusal(call, url, response, answer);
}

/** What a host says of a failure, for people. */
export function hostWords({ body }: HostAnswer, token: string): string {
  if (body === undefined) return 'no reason given';
  const found = [jsonAt(body, 'message'), jsonAt(body, 'error')].flat().filter((each) => each !== undefined);
  const errors = jsonAt(body, 'errors');
  const details = Array.isArray(errors)
    ? errors.map((each) => (typeof each === 'string' ? each : jsonAt(each, 'message')))
    : [];
  const words = [...found, ...details].filter((each) => typeof each === 'string').join('; ');
  const clean = words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  const told = token === '' ? clean : clean.replaceAll(token, '…');
  return told === '' ? 'no reason given' : told.slice(0, longestWords);
}

async function request(call: HostCall, url: string, body: object | undefined): Promise<Response> {
  const timeout = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]);
  try {
    return await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        'user-agent': agent,
        ...call.kind.headers(call.token),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      // A token is shown to nobody but the host that it's meant for.
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw unanswered(call, url, error);
  }
}

async function readText(call: HostCall, url: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > longestAnswer) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw unanswered(call, url, error);
  }
  return Buffer.concat(chunks).toString();
}

function parseBody(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function unanswered({ signal, timeoutMs }: HostCall, url: string, error: unknown): AppError {
  if (signal?.aborted === true) return new AppError('cancelled', 'it was cancelled before its end');
  const { name, cause } = error as Error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const why =
    name === 'TimeoutError'
      ? `it did not answer within ${timeoutMs / 1000} s`
      : `it gives no answer${code === undefined ? '' : ` (${code})`}`;
  return new AppError('unavailable', `${why}`, {
    subject: new URL(url).origin,
    remedy: 'Ask again: a pull request that was opened meanwhile is found',
  });
}

function refusal(call: HostCall, url: string, response: Response, answer: HostAnswer): AppError {
  const { status } = answer;
  const { repository, kind, token } = call;
  const words = `${status}: ${hostWords(answer, token)}`;
  const subject = `${new URL(url).origin} for ${repository.path}`;
  const until = rateLimit(call, response);
  if (until !== undefined) {
    return new AppError('unavailable', `its rate limit is used up ${until} (${words})`, {
      subject,
      remedy: 'Ask again after that, or open the pull request by hand',
    });
  }
  const source = repository.token?.source ?? 'the token';
  if (status === 401) {
    const remedy = `Replace the token of ${source}: it is wrong, expired or revoked`;
    return new AppError('unauthenticated', `it does not know the token (${words})`, { subject, remedy });
  }
  if (status === 403) {
    const remedy = `Give the token of ${source} ${kind.permission}`;
    return new AppError('denied', `the token may not open pull requests (${words})`, { subject, remedy });
  }
  if (status === 404) {
    const remedy = `Give the token of ${source} access to ${repository.path}, with ${kind.permission}`;
    return new AppError('not-found', `the token does not see the repository (${words})`, { subject, remedy });
  }
  if (status >= 300 && status < 400) {
    const remedy = "Correct the repository's URL in the Applications, or `api` in the list of Git hosts";
    return new AppError('invalid', `it has moved elsewhere (${status})`, { subject, remedy });
  }
  const remedy = 'Ask again, or open the pull request by hand';
  const code = status >= 500 ? 'unavailable' : 'invalid';
  return new AppError(code, `it failed (${words})`, { subject, remedy });
}

/** Until when a host answers nothing more, in words; `undefined` where it isn't for that. Seconds, or seconds since 1970. */
function rateLimit({ clock }: HostCall, { status, headers }: Response): string | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(after)) return `until ${moment(clock.now().getTime() + after * 1000)}`;
  const isUsedUp = headers.get('x-ratelimit-remaining') === '0' || status === 429;
  if (!isUsedUp) return undefined;
  const reset = Number(headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset') ?? Number.NaN);
  return Number.isFinite(reset) ? `until ${moment(reset * 1000)}` : 'for now';
}

function moment(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? 'an unknown time' : `${date.toISOString().slice(0, 19)}Z`;
}
