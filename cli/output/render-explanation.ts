import { formatLocation } from '../../core/problem.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Style, type Tone, toned } from './style.ts';

type Step = Schemas['ExplanationStep'];

const toneOf: Readonly<Record<Step['state'], Tone>> = {
  passed: 'calm',
  warned: 'attention',
  stopped: 'broken',
};

/** The answer, then each station with where it was decided; what to do stands under what needs it. */
export function renderExplanation({ sentence, steps }: Schemas['Explanation'], style: Style): string {
  const width = Math.max(...steps.map(({ stage }) => stage.length));
  return [sentence, '', ...steps.map((step) => renderStep(step, width, style))].join('\n');
}

function renderStep({ stage, state, sentence, location, remedy }: Step, width: number, style: Style): string {
  const where = location === undefined ? '' : ` (${formatLocation(location)})`;
  const line = toned(style, toneOf[state], `${stage.padEnd(width)}  ${sentence}${where}`);
  return remedy === undefined ? line : `${line}\n${' '.repeat(width + 4)}→ ${remedy}`;
}
