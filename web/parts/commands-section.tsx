import type { Schemas } from '../api/client.ts';
import { useOverview } from '../api/queries.ts';
import { Command } from './command.tsx';
import { shellWords } from './shell-words.ts';

/** What a person may do about it. Pages only read: the command is what acts. */
export function CommandsSection({ app }: { readonly app: Schemas['Application'] }) {
  const { data: overview } = useOverview();
  const environments = (overview?.environments ?? []).map(({ name }) => name).filter((name) => name !== '');
  const here = environments.indexOf(app.environment);
  const next = here < 0 ? undefined : environments[here + 1];
  const previous = here < 0 ? undefined : environments[here - 1];
  const { application } = app;
  const commands: readonly (readonly [string, string])[] = [
    ['Apply what Git says, drift included', shellWords('fairlead', 'app', 'sync', application)],
    ['See what that would change', shellWords('fairlead', 'app', 'diff', application)],
    ['See which commits changed it', shellWords('fairlead', 'app', 'history', application)],
    ['Propose the revert of its last change', shellWords('fairlead', 'rollback', application)],
    ...(next === undefined ? [] : [promotion(app, app.environment, next)]),
    ...(previous === undefined ? [] : [promotion(app, previous, app.environment)]),
  ];
  return (
    <section aria-labelledby="commands">
      <h2 id="commands">In the terminal</h2>
      <dl className="commands">
        {commands.map(([what, text]) => (
          <div key={text}>
            <dt>{what}</dt>
            <dd>
              <Command text={text} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function promotion(app: Schemas['Application'], from: string, to: string): readonly [string, string] {
  const command = shellWords('fairlead', 'promote', app.application, '--from', from, '--to', to);
  return [`Propose for ${to} what runs in ${from}`, command];
}
