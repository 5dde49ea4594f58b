import { type Mode, modes } from '../../core/mode.ts';
import { modeAnnotation } from '../../core/tracking.ts';
import { addProblem, type Fields } from './fields.ts';
import type { Metadata } from './metadata.ts';

/** The mode that a project allows at most, from its annotation: an AppProject of Argo CD has no field for it. */
export function readProjectMode(document: Fields, { annotations }: Metadata): { readonly mode?: Mode } {
  const value = annotations[modeAnnotation];
  if (value === undefined) return {};
  const mode = modes.find((word) => word === value);
  if (mode !== undefined) return { mode };
  addProblem(document, `metadata.annotations.${modeAnnotation}`, {
    code: 'wrong-value',
    message: `The annotation ${modeAnnotation} can't be ${JSON.stringify(value)}`,
    remedy: `Choose one of ${modes.join(', ')}`,
  });
  return {};
}
