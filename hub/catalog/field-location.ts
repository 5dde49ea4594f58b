import type { Location, Problem } from '../../core/problem.ts';
import type { Located } from './documents.ts';

/** Where a field stands, or its document where the field isn't written. */
export function fieldLocation({ location, fieldLines }: Located, field: string): Location {
  const line = fieldLines.get(field);
  return line === undefined ? location : { file: location.file, line };
}

/** Problems of a document's own fields, each at its field's line where its author could only point near it. */
export function atFields(problems: readonly Problem[], document: Located): readonly Problem[] {
  return problems.map((problem) => {
    const line = problem.field === undefined ? undefined : document.fieldLines.get(problem.field);
    const { file } = document.location;
    return line === undefined || problem.location?.file !== file
      ? problem
      : { ...problem, location: { file, line } };
  });
}
