import createClient from 'openapi-fetch';
import type { components, paths } from '../../client/schema.ts';
import { cleanText, cleanValue } from '../../core/clean-text.ts';
import { AppError, type ErrorCode } from '../../core/error.ts';

export type Schemas = components['schemas'];

/** Longer than any answer of a hub takes that is well. */
const requestTimeoutMs = 30_000;

/** The hub that served this page. Its answers name things of clusters: every text of them is made inert here, once. */
export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: ask });

/** Where this reader is, so that times inside sentences are theirs. */
export const timeZone: string = new Intl.DateTimeFormat().resolvedOptions().timeZone;

async function ask(request: Request): Promise<Response> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(requestTimeoutMs) });
    const json = async (): Promise<unknown> => cleanValue(JSON.parse(await response.text()));
    return Object.assign(response, { json });
  } catch (error) {
    const late = (error as Error).name === 'TimeoutError';
    throw new AppError('unavailable', late ? 'the hub does not answer in time' : "the hub can't be reached", {
      subject: window.location.host,
      remedy: 'This page tries again by itself; agents go on without the hub',
      cause: error,
    });
  }
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** What the hub answered. Throws its error as AppError. */
export async function unwrap<T>(answering: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answering;
  if (error === undefined && data !== undefined) return data;
  throw readError(error, response);
}

/** The error that an answer holds. */
export function readError(error: unknown, response: Response): AppError {
  const { code, message, subject, remedy } = parseProblem(error);
  if (code === undefined || message === undefined) {
    return new AppError(
      'unavailable',
      `something between this page and the hub said HTTP ${response.status}`,
      {
        subject: new URL(response.url).pathname,
        remedy: "Look into the hub's log, and into that of the proxy before it",
      },
    );
  }
  return new AppError(code as ErrorCode, message, {
    ...(subject === undefined ? {} : { subject }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Errors come as text where their type isn't plain JSON. */
function parseProblem(error: unknown): Partial<Record<'code' | 'message' | 'subject' | 'remedy', string>> {
  if (typeof error !== 'string') return typeof error === 'object' && error !== null ? error : {};
  try {
    return JSON.parse(error) as object;
  } catch {
    return { message: cleanText(error) };
  }
}
