import type { Location, Problem } from '../../core/problem.ts';
import type { Located } from './documents.ts';

/** Where a field stands, or its document where the field isn't written. */
export function fieldLocation({ location, fieldLines }: Located, field: string): Location {
  const line = fieldLines.get(field);
  return line === undefined ? location : { file: location.file, line };
}

/**
 * Problems of a document's own fields, each at its field's line where its author could only point near it. Renderers
 * speak of `spec.source`: `source` is what they mean by it, such as `spec.sources[1]`.
 */
export function atFields(
  problems: readonly Problem[],
  document: Located,
  source = 'spec.source',
): readonly Problem[] {
  return problems.map((problem) => {
    if (problem.field === undefined) return problem;
    const field = problem.field.replace(/^spec\.source(?=\.|$)/u, source);
    const line = document.fieldLines.get(field);
    const { file } = document.location;
    return line === undefined || problem.location?.file !== file
      ? { ...problem, field }
      : { ...problem, field, location: { file, line } };
  });
}
