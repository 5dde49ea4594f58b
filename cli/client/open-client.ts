import createClient, { type Client as TypedClient } from 'openapi-fetch';
import type { components, paths } from '../../client/schema.ts';
import { cleanText } from '../../core/clean-text.ts';
import { AppError, type ErrorCode } from '../../core/error.ts';
import { parseJson } from '../../core/json.ts';
import type { Settings } from '../settings.ts';
import { connectionError } from './connection-error.ts';

export type Schemas = components['schemas'];
export type Client = TypedClient<paths>;

/** Longer than any answer of a hub takes that is well. */
const requestTimeoutMs = 30_000;

/** The hub's API by its types. Requests throw AppError where no hub answers. */
export function openClient(settings: Settings): Client {
  return createClient<paths>({
    baseUrl: settings.server,
    headers: settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` },
    fetch: (request) => ask(request, settings),
  });
}

async function ask(request: Request, settings: Settings): Promise<Response> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(requestTimeoutMs) });
    // Integers beyond 2^53 stay what they are.
    const json = async (): Promise<unknown> => parseJson(await response.text());
    return Object.assign(response, { json });
  } catch (error) {
    throw connectionError(error, settings);
  }
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** What the hub answered. Throws its error as AppError, with the code that decides the exit code. */
export async function unwrap<T>(answering: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answering.catch((caught: unknown) => {
    throw caught instanceof SyntaxError ? notAHub() : caught;
  });
  if (error === undefined && data !== undefined && typeof data === 'object') return data;
  throw readError(error, response);
}

/** The error that an answer holds, or that it is none of a hub. */
export function readError(error: unknown, response: Response): AppError {
  const { code, message, subject, remedy } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly [field: string]: unknown;
  };
  if (typeof code !== 'string' || typeof message !== 'string') {
    if (response.status === 401 || response.status === 403) {
      return new AppError('denied', `access was denied (HTTP ${response.status})`, { subject: response.url });
    }
    return notAHub(response.status);
  }
  return new AppError(code as ErrorCode, cleanText(message), {
    ...(typeof subject === 'string' ? { subject: cleanText(subject) } : {}),
    ...(typeof remedy === 'string' ? { remedy: cleanText(remedy) } : {}),
  });
}

function notAHub(status?: number): AppError {
  const what = status === undefined ? 'something that is no JSON' : `HTTP ${status} without a reason`;
  return new AppError('unavailable', `what answers there is no Fairlead hub: it said ${what}`, {
    remedy: 'Check the address in FAIRLEAD_SERVER or --server',
  });
}
