import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { type TreeNode, useTree } from '../api/look.ts';
import { Command } from './command.tsx';
import { LiveTree } from './live-tree.tsx';
import { Moment } from './moment.tsx';
import { Failure, Notice } from './notice.tsx';
import { sentence } from './sentence.ts';
import { shellWords } from './shell-words.ts';

/** Loaded when somebody opens an object: it writes YAML, and most readers don't. */
const LiveObject = lazy(async () => ({ default: (await import('./live-object.tsx')).LiveObject }));

/** What the application is on its cluster now, asked of its agent when somebody wants to see it. */
export function LiveSection({ application }: { readonly application: string }) {
  const [isWanted, setWanted] = useState(false);
  const [open, setOpen] = useState<TreeNode>();
  const { data, error, isFetching, refetch } = useTree(application, isWanted);
  const look = (): void => {
    if (isWanted) void refetch();
    else setWanted(true);
  };
  return (
    <section aria-labelledby="live">
      <h2 id="live">What is live</h2>
      <div className="section-actions">
        <Button size="compact-sm" variant="default" onClick={look} loading={isFetching}>
          {data === undefined ? 'Look now' : 'Look again'}
        </Button>
        <span className="quiet">The agent looks into its cluster; nothing of it is kept.</span>
        <Command text={shellWords('fairlead', 'app', 'tree', application)} />
      </div>
      <div role="status">
        {error === null || isFetching ? '' : <Failure error={error} />}
        {data === undefined ? (
          ''
        ) : (
          <p className="quiet">
            As of <Moment at={data.at} />.
          </p>
        )}
      </div>
      {data === undefined ? (
        ''
      ) : (
        <>
          <Problems problems={data.problems} />
          <LiveTree nodes={data.nodes} more={data.more} onOpen={setOpen} />
        </>
      )}
      {open === undefined ? (
        ''
      ) : (
        <Suspense fallback="">
          <LiveObject application={application} node={open} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
    </section>
  );
}

function Problems({ problems }: { readonly problems: readonly string[] }) {
  if (problems.length === 0) return '';
  return (
    <Notice tone="attention">
      <ul className="plain">
        {problems.map((problem) => (
          <li key={problem}>{sentence(problem)}</li>
        ))}
      </ul>
    </Notice>
  );
}
