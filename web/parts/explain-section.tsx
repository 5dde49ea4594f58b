import { formatLocation } from '../../core/problem.ts';
import type { Schemas } from '../api/client.ts';
import { useExplanation } from '../api/queries.ts';
import { Command } from './command.tsx';
import { Loaded } from './loaded.tsx';
import { sentence } from './sentence.ts';
import { shellWords } from './shell-words.ts';
import { Toned } from './tone.tsx';

type Step = Schemas['ExplanationStep'];

const toneOf = { passed: 'calm', warned: 'attention', stopped: 'broken' } as const;

/** From the commit to health: every station up to the first that holds the application back. */
export function ExplainSection({ application }: { readonly application: string }) {
  const query = useExplanation(application);
  return (
    <section aria-labelledby="explain">
      <h2 id="explain">From commit to health</h2>
      <Loaded of={query}>
        {({ steps }) => (
          <ol className="plain">
            {steps.map((step) => (
              <StepItem key={step.stage} step={step} />
            ))}
          </ol>
        )}
      </Loaded>
      <Command text={shellWords('fairlead', 'explain', application)} />
    </section>
  );
}

function StepItem({ step: { stage, state, sentence: text, location, remedy } }: { readonly step: Step }) {
  return (
    <li>
      <Toned tone={toneOf[state]}>{stage}</Toned> <span className="name">{text}</span>
      {location === undefined ? '' : <code className="name"> {formatLocation(location)}</code>}
      {remedy === undefined ? '' : <p className="quiet">{sentence(remedy)}</p>}
    </li>
  );
}
