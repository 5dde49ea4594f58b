import { useRevert } from '../api/queries.ts';
import { Command } from './command.tsx';
import { Loaded } from './loaded.tsx';
import { Patch } from './patch.tsx';
import { shellWords } from './shell-words.ts';

interface Props {
  readonly application: string;
  /** To go back to. */
  readonly commit: string;
}

/** What a rollback would write to Git. Nothing is written here. */
export function RevertPreview({ application, commit }: Props) {
  return (
    <div className="revert">
      <p>
        <Command text={shellWords('fairlead', 'rollback', application, '--to', commit.slice(0, 12))} />
      </p>
      <Loaded of={useRevert(application, commit)}>
        {({ state, title, base, branch, changes, files }) =>
          state === 'unchanged' ? (
            <p className="quiet">The branch {base} says the same already: there is nothing to revert.</p>
          ) : (
            <>
              <p>
                <b className="name">{title}</b>{' '}
                <span className="quiet">
                  on a branch <code className="name">{branch}</code> of <code className="name">{base}</code>,
                  to be merged by somebody
                </span>
              </p>
              <ul className="plain">
                {changes.map(({ field, before, after }) => (
                  <li key={`${field} ${before} ${after}`}>
                    <code className="name">{field}</code> <span className="name">{before || 'nothing'}</span>{' '}
                    → <span className="name">{after || 'nothing'}</span>
                  </li>
                ))}
              </ul>
              {files.map(({ path, patch }) => (
                <Patch key={path} path={path} patch={patch} />
              ))}
            </>
          )
        }
      </Loaded>
    </div>
  );
}
