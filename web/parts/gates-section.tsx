import { displayRef, formatRef } from '../../core/object-ref.ts';
import { formatLocation } from '../../core/problem.ts';
import type { Schemas } from '../api/client.ts';
import { Command } from './command.tsx';
import { Moment } from './moment.tsx';
import { Notice } from './notice.tsx';
import { sentence } from './sentence.ts';
import { shellWords } from './shell-words.ts';

/** What holds an application back, and what to do about each. */
export function GatesSection({ app: { application, gates } }: { readonly app: Schemas['Application'] }) {
  if (gates.length === 0) return '';
  return (
    <section aria-labelledby="gates">
      <h2 id="gates">Held back</h2>
      {gates.map((gate) => (
        <GateNotice key={`${gate.kind} ${gate.reason}`} application={application} gate={gate} />
      ))}
    </section>
  );
}

interface GateProps {
  readonly application: string;
  readonly gate: Schemas['Gate'];
}

function GateNotice({ application, gate }: GateProps) {
  return (
    <Notice tone="attention">
      <p>
        <b>{gate.kind}</b>: {gate.reason}
        {gate.location === undefined ? '' : <code className="name"> {formatLocation(gate.location)}</code>}
      </p>
      <p>To clear it: {sentence(gate.remedy)}</p>
      <Confirmation application={application} gate={gate} />
      <p className="quiet">
        {gate.owner === undefined ? '' : `By ${gate.owner}. `}
        {gate.since === undefined ? (
          ''
        ) : (
          <>
            Since <Moment at={gate.since} />.{' '}
          </>
        )}
        {gate.until === undefined ? (
          ''
        ) : (
          <>
            Opens by itself <Moment at={gate.until} />.
          </>
        )}
      </p>
    </Notice>
  );
}

/** Every object that would go, and the command that lets exactly these go. */
function Confirmation({ application, gate: { kind, id, objects = [] } }: GateProps) {
  if (kind !== 'brake' || id === undefined) return '';
  return (
    <>
      <details>
        <summary>
          {objects.length === 1 ? 'The object that would go' : `The ${objects.length} objects that would go`}
        </summary>
        <ul className="plain">
          {objects.map((ref) => (
            <li key={formatRef(ref)} className="name">
              {displayRef(ref)}
            </li>
          ))}
        </ul>
      </details>
      <Command text={shellWords('fairlead', 'app', 'confirm-prune', application, '--id', id)} />
    </>
  );
}
