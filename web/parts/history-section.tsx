import { Button } from '@mantine/core';
import { useState } from 'react';
import { changedCommit } from '../../core/changed-commit.ts';
import { authorName, commitName } from '../../core/commit.ts';
import type { Schemas } from '../api/client.ts';
import { useHistory } from '../api/queries.ts';
import { Loaded } from './loaded.tsx';
import { Moment } from './moment.tsx';
import { RevertPreview } from './revert-preview.tsx';
import { type Tone, Toned } from './tone.tsx';

type Entry = Schemas['HistoryEntry'];

const stateTones: Readonly<Partial<Record<Entry['state'], Tone>>> = {
  running: 'calm',
  pending: 'moving',
  'never-applied': 'unknown',
};

/** Which commits changed what runs here, newest first. */
export function HistorySection({ application }: { readonly application: string }) {
  const [shown, setShown] = useState<string | undefined>();
  return (
    <section aria-labelledby="history">
      <h2 id="history">History</h2>
      <Loaded of={useHistory(application)}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">
              The hub has sent no desired state of it yet, so there is nothing to go back to.
            </p>
          ) : (
            <ol className="history">
              {items.map((entry, index) => (
                <HistoryRow
                  key={keyOf(entry)}
                  entry={entry}
                  older={items[index + 1]}
                  application={application}
                  shown={shown === keyOf(entry)}
                  show={() => setShown(shown === keyOf(entry) ? undefined : keyOf(entry))}
                />
              ))}
            </ol>
          )
        }
      </Loaded>
    </section>
  );
}

/** A commit may come back: by itself it doesn't name an entry. */
function keyOf({ commit, digest, decidedAt }: Entry): string {
  return `${commit.id} ${digest} ${decidedAt}`;
}

interface RowProps {
  readonly entry: Entry;
  readonly older: Entry | undefined;
  readonly application: string;
  /** Whether the revert to it is. */
  readonly shown: boolean;
  show(): void;
}

function HistoryRow({ entry, older, application, shown, show }: RowProps) {
  const commit = changedCommit(entry, older);
  const { state, firstAppliedAt, lastAppliedAt, completedAt, decidedAt } = entry;
  return (
    <li>
      <div className="history-line">
        <State state={state} />
        <span>
          <code>{commitName(commit)}</code> <b className="name">{commit.subject}</b>
          <span className="quiet">
            {' '}
            by <span className="name">{authorName(commit)}</span>, <Moment at={commit.committedAt} />; decided{' '}
            <Moment at={decidedAt} />
            {firstAppliedAt === undefined ? (
              ''
            ) : (
              <>
                , applied <Moment at={firstAppliedAt} />
              </>
            )}
            {lastAppliedAt === undefined || lastAppliedAt === firstAppliedAt ? (
              ''
            ) : (
              <>
                {' '}
                to <Moment at={lastAppliedAt} />
              </>
            )}
            {completedAt === undefined ? (
              ''
            ) : (
              <>
                , complete <Moment at={completedAt} />
              </>
            )}
          </span>
        </span>
        {state === 'past' ? (
          <Button size="compact-xs" variant="default" onClick={show} aria-expanded={shown}>
            {shown ? 'Hide the revert' : 'Show the revert'}
          </Button>
        ) : (
          ''
        )}
      </div>
      {shown ? <RevertPreview application={application} commit={entry.commit.id} /> : ''}
    </li>
  );
}

function State({ state }: { readonly state: Entry['state'] }) {
  const tone = stateTones[state];
  const word = state.replace('-', ' ');
  return tone === undefined ? <span className="quiet">{word}</span> : <Toned tone={tone}>{word}</Toned>;
}
