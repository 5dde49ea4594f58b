import { displayRef } from '../../core/object-ref.ts';
import type { Schemas } from '../client/open-client.ts';

/** The last attempt in lines: how it stands, how to end or to repeat it, and each hook in its phase. */
export function renderAttempt({ application, attempt }: Schemas['Application']): readonly string[] {
  if (attempt === undefined) return [];
  const { id, state, message } = attempt;
  const why = message === '' ? '' : `: ${message}`;
  const next =
    state === 'failed' || state === 'cancelled' ? `. \`fairlead app sync ${application}\` begins anew` : '';
  const hooks = attempt.hooks.map((hook) => {
    const said = hook.message === '' ? '' : `: ${hook.message}`;
    return `${hook.phase} ${displayRef(hook.ref)} ${hook.state}${said}`;
  });
  return [`${state}${why}${next} (${id})`, ...hooks];
}
