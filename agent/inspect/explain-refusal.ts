import { AppError, type ErrorCode } from '../../core/error.ts';
import { guardReason } from '../plan/guard.ts';
import type { KubeFailure } from '../ports.ts';

/** What the API server or the guard said to a read, with what to do, as the error of a query. */
export function readError(failure: KubeFailure, what: string, right: string): AppError {
  const remedy = remedyOf(failure, right);
  return new AppError(codeOf(failure), `${what} can't be read: ${failure.message}`, {
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** The same in a sentence, for what is left out of an answer that has more. */
export function readProblem(failure: KubeFailure, what: string, right: string): string {
  const remedy = remedyOf(failure, right);
  return `${what} can't be read: ${failure.message}${remedy === undefined ? '' : `. ${remedy}`}`;
}

function codeOf({ status, reason }: KubeFailure): ErrorCode {
  if (status === 403) return 'denied';
  if (status === 404 && reason === 'NotFound') return 'not-found';
  if (status === 400 || status === 422) return 'invalid';
  return status === 429 ? 'throttled' : 'unavailable';
}

function remedyOf({ status, reason }: KubeFailure, right: string): string | undefined {
  if (reason === guardReason) return undefined;
  if (status === 403) return `Give the agent's ServiceAccount the right: ${right}`;
  if (status === 401) return "The API server doesn't know the agent: see the agent's log";
  return status === 0 ? 'Try again once the API server answers' : undefined;
}
