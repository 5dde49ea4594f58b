import type { SendResult } from '../incident/receiver.ts';
import { retryAfterMs } from './retry-after.ts';

export interface Post {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body: string;
  /** Texts that no message about the request may hold. */
  readonly secrets: readonly string[];
}

/** Longer than any of these services takes that is well. */
const defaultTimeoutMs = 10_000;
/** Of an answer's own words. */
const longestWords = 200;
/** The server says itself that the same may go through later. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Posts one message. A lost answer counts as not delivered: receivers deduplicate. Redirects aren't followed, since
 * they would carry the message and its secrets elsewhere.
 */
export async function post(
  request: Post,
  limits: {
    readonly signal: AbortSignal;
    readonly now: () => number;
    readonly timeoutMs: number | undefined;
  },
): Promise<SendResult> {
  const { signal, now, timeoutMs = defaultTimeoutMs } = limits;
  const { host } = new URL(request.url);
  try {
    const response = await fetch(request.url, {
      method: 'POST',
      headers: {
        'content-type': request.contentType ?? 'application/json',
        'user-agent': 'fairlead',
        ...request.headers,
      },
      body: request.body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const words = await response.text();
    if (response.ok) return { type: 'delivered' };
    const why = `${host} answered ${response.status}${quote(redact(words, request.secrets))}`;
    if (response.status < 500 && !passingStatuses.has(response.status)) {
      return { type: 'rejected', why: `${why}${hint(response.status)}` };
    }
    const afterMs = retryAfterMs(response.headers.get('retry-after'), now());
    return { type: 'retry', why, ...(afterMs === undefined ? {} : { afterMs }) };
  } catch (error) {
    return { type: 'retry', why: redact(`${host} ${describeFailure(error, timeoutMs)}`, request.secrets) };
  }
}

function hint(status: number): string {
  if (status >= 300 && status < 400) return '; redirects are not followed: use the address that it leads to';
  if (status === 401 || status === 403) return "; check the receiver's secret";
  if (status === 404 || status === 410) return "; check the receiver's address";
  return '';
}

function quote(words: string): string {
  const line = words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  if (line === '') return '';
  return `: ${line.length > longestWords ? `${line.slice(0, longestWords - 1)}…` : line}`;
}

function describeFailure(error: unknown, timeoutMs: number): string {
  if ((error as { name?: string }).name === 'TimeoutError')
    return `gave no answer within ${timeoutMs / 1000} s`;
  const { code, message } = (error as { cause?: { code?: string; message?: string } }).cause ?? {};
  if (code === 'ECONNREFUSED') return "can't be reached: nothing listens there";
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return "can't be reached: there is no such host";
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') return 'cut the connection before it answered';
  return `can't be reached: ${message ?? code ?? (error instanceof Error ? error.message : String(error))}`;
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((redacted, secret) => redacted.replaceAll(secret, '…'), text);
}
