import type { Location } from '../../core/problem.ts';
import type { Located } from './documents.ts';

/** Where a field stands, or its document where the field isn't written. */
export function fieldLocation({ location, fieldLines }: Located, field: string): Location {
  const line = fieldLines.get(field);
  return line === undefined ? location : { file: location.file, line };
}
