import { displayRef } from '../../core/object-ref.ts';
import type { Schemas } from '../api/client.ts';
import { Toned } from './tone.tsx';

const toneOfHook = { due: 'unknown', running: 'moving', succeeded: 'calm', failed: 'broken' } as const;

/** The last sync where it has hooks or was ended early: how it stands, and each hook in its phase. */
export function AttemptSection({ attempt }: { readonly attempt: Schemas['Application']['attempt'] }) {
  if (attempt === undefined) return '';
  const { state, message, hooks } = attempt;
  return (
    <section aria-labelledby="attempt">
      <h2 id="attempt">
        Sync <span className="quiet">{state}</span>
      </h2>
      {message === '' ? '' : <p>{message}</p>}
      <ul>
        {hooks.map((hook) => (
          <li key={`${hook.phase} ${displayRef(hook.ref)}`}>
            {hook.phase} <b className="name">{displayRef(hook.ref)}</b>{' '}
            <Toned tone={toneOfHook[hook.state]}>{hook.state}</Toned>
            {hook.message === '' ? '' : <span className="quiet">: {hook.message}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
