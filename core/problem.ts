/** Where something stands: a file of a repository, relative to its root, and a line counted from 1. */
export interface Location {
  readonly file: string;
  readonly line?: number;
}

/**
 * Something wrong in what was read. It never throws and never deletes: the file or the application it belongs to
 * stays at its last good state until the problem is gone.
 */
export interface Problem {
  /** For programs and for search, kebab-case: `yaml-syntax`, `unknown-field`, `missing-base`, … */
  readonly code: string;
  /** What and why, in one sentence. */
  readonly message: string;
  readonly location?: Location;
  /** The field, as a path such as `spec.destination.server`. */
  readonly field?: string;
  /** What to do next, in one sentence. */
  readonly remedy?: string;
}

export function formatLocation(location: Location): string {
  return location.line === undefined ? location.file : `${location.file}:${location.line}`;
}

/** A problem in one line: `file:line: message (field). Remedy`. */
export function formatProblem(problem: Problem): string {
  const where = problem.location === undefined ? '' : `${formatLocation(problem.location)}: `;
  const field = problem.field === undefined ? '' : ` (${problem.field})`;
  const next = problem.remedy === undefined ? '' : `. ${problem.remedy}`;
  return `${where}${problem.message}${field}${next}`;
}
