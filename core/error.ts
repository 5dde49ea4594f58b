/** Why something failed, for programs: exit codes, retries and HTTP statuses are chosen by it alone. */
export type ErrorCode =
  | 'invalid' // what was given can't be right; the same again fails again
  | 'not-found'
  | 'denied' // a rule or a missing right said no
  | 'unauthenticated' // no identity, or one that isn't known
  | 'conflict' // something else changed it meanwhile
  | 'unavailable' // may go through later
  | 'throttled' // too many requests; goes through later
  | 'timeout'
  | 'too-large'
  | 'unsupported'
  | 'cancelled'
  | 'internal'; // a defect of Fairlead's

interface AppErrorOptions {
  /** What it happened to: an object, a file and line, an address, a cluster. */
  readonly subject?: string;
  /** What to do about it, as a sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/**
 * The one error class. Its message says what and why; `subject` says where, `remedy` what to do next.
 * Expected outcomes (a refusal, a skipped object, an invalid document) are values, not errors.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly subject: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.subject = options.subject;
    this.remedy = options.remedy;
  }

  /** Whatever was caught, as an AppError; `code` is what it counts as unless it already is one. */
  static from(caught: unknown, code: ErrorCode = 'internal', subject?: string): AppError {
    if (caught instanceof AppError) return caught;
    const message = caught instanceof Error ? caught.message : String(caught);
    return new AppError(code, message, { cause: caught, ...(subject === undefined ? {} : { subject }) });
  }
}

/** An error in one line for people: subject, message, remedy. */
export function formatError(error: AppError): string {
  const where = error.subject === undefined ? '' : `${error.subject}: `;
  const next = error.remedy === undefined ? '' : `. ${error.remedy}`;
  return `${where}${error.message}${next}`.replaceAll(/\s*\n\s*/g, ' ');
}

/** An error for a log: what a person needs; a stack only where it is a defect. */
export function describeError(caught: unknown): Readonly<Record<string, unknown>> {
  const { code, subject, message, remedy, cause, stack } = AppError.from(caught);
  if (code !== 'internal') return { code, subject, message, remedy };
  return { code, subject, message, remedy, stack: cause instanceof Error ? cause.stack : stack };
}

/** For the end of an exhaustive switch: a value here is a defect. */
export function unreachable(value: never): never {
  throw new AppError('internal', `unexpected value ${String(value)}`);
}
