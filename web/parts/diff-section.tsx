import { Button } from '@mantine/core';
import { describePreview } from '../../core/describe-preview.ts';
import { formatRef } from '../../core/object-ref.ts';
import { changesNothing } from '../../core/operation.ts';
import { Command } from './command.tsx';
import { Moment } from './moment.tsx';
import { Failure } from './notice.tsx';
import { ObjectChange } from './object-change.tsx';
import { shellWords } from './shell-words.ts';
import { Toned } from './tone.tsx';
import { type Diff, useDiff } from './use-diff.ts';

interface Props {
  readonly application: string;
  /** How many objects it has, to say how many are equal. */
  readonly objects: number;
}

/** What a sync would change now, as the cluster itself says. */
export function DiffSection({ application, objects }: Props) {
  const { diff, compare } = useDiff(application);
  return (
    <section aria-labelledby="diff">
      <h2 id="diff">Git and the cluster</h2>
      <div className="section-actions">
        <Button size="compact-sm" variant="default" onClick={compare} loading={diff.type === 'waiting'}>
          {diff.type === 'done' ? 'Compare again' : 'Compare now'}
        </Button>
        <span className="quiet">The agent asks its cluster by a dry-run; nothing is written.</span>
        <Command text={shellWords('fairlead', 'app', 'diff', application)} />
      </div>
      <div role="status">
        <Result diff={diff} objects={objects} />
      </div>
    </section>
  );
}

function Result({ diff, objects }: { readonly diff: Diff; readonly objects: number }) {
  switch (diff.type) {
    case 'none':
      return '';
    case 'waiting':
      return (
        <p className="quiet">
          {diff.phase}: waiting for the agent{diff.cluster === '' ? '' : ` of ${diff.cluster}`}…
        </p>
      );
    case 'failed':
      return <Failure error={diff.error} />;
    case 'done': {
      const differing = diff.changes.filter((change) => !changesNothing(change));
      return (
        <>
          <p>
            <Toned tone={differing.length === 0 ? 'calm' : 'attention'}>
              {differing.length === 0
                ? 'All is as Git says'
                : `${differing.length} of ${Math.max(objects, differing.length)} objects differ`}
            </Toned>
            <span className="quiet">
              , compared <Moment at={diff.at} />
            </span>
          </p>
          {describePreview(diff.changes).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          {differing.map((change) => (
            <ObjectChange key={formatRef(change.ref)} change={change} />
          ))}
        </>
      );
    }
  }
}
