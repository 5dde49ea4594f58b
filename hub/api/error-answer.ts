import { AppError, type ErrorCode } from '../../core/error.ts';

/** The body of every answer that isn't a success. */
export interface ErrorAnswer {
  readonly code: ErrorCode;
  readonly message: string;
  readonly subject?: string;
  readonly remedy?: string;
}

const httpStatus: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  cancelled: 499,
  throttled: 429,
  internal: 500,
  unsupported: 501,
  unavailable: 503,
  timeout: 504,
};

/** Whatever a route threw, as a status and a body. What is internal is not told to the caller. */
export function answerError(caught: unknown): { readonly status: number; readonly body: ErrorAnswer } {
  const error = caught instanceof AppError ? caught : fromFastify(caught);
  const status = httpStatus[error.code];
  if (error.code === 'internal') {
    const remedy = "The hub's log has the details";
    return { status, body: { code: 'internal', message: 'the hub failed to answer', remedy } };
  }
  const body = {
    code: error.code,
    message: error.message,
    ...(error.subject === undefined ? {} : { subject: error.subject }),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
  };
  return { status, body };
}

/** Fastify's own errors say with `statusCode` whose fault they are. */
function fromFastify(caught: unknown): AppError {
  const { statusCode, validation } = caught as { statusCode?: number; validation?: unknown };
  if (validation !== undefined) return AppError.from(caught, 'invalid');
  if (statusCode === 413) return AppError.from(caught, 'too-large');
  return AppError.from(caught, statusCode !== undefined && statusCode < 500 ? 'invalid' : 'internal');
}
