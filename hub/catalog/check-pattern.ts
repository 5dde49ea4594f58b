import { type GlobDialect, isGlob } from '../../core/glob.ts';
import type { Problem } from '../../core/problem.ts';
import { addProblem, type Fields, stringList } from './fields.ts';

/** What is wrong with a pattern that can't be read: it would match nothing, so that a denial would deny nothing. */
export function patternProblem(
  pattern: string,
): Pick<Problem, 'code' | 'message'> & { readonly remedy: string } {
  return {
    code: 'wrong-pattern',
    message: `${JSON.stringify(pattern)} isn't a valid pattern and would match nothing`,
    remedy: 'Close each bracket, or put a backslash before a character that is meant literally',
  };
}

/** Adds a problem at a field whose value is no pattern. */
export function checkPattern(
  fields: Fields,
  name: string,
  pattern: string,
  dialect: GlobDialect = 'name',
): void {
  if (!isGlob(pattern, dialect)) addProblem(fields, name, patternProblem(pattern));
}

/** A list of patterns, each of them checked; `undefined` where the field is absent. */
export function patternList(fields: Fields, name: string): readonly string[] | undefined {
  const patterns = stringList(fields, name);
  patterns?.forEach((pattern, index) => {
    checkPattern(fields, `${name}[${index}]`, pattern);
  });
  return patterns;
}
