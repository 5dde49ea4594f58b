import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Schemas } from '../api/client.ts';
import { useOrphans } from '../api/queries.ts';
import { Moment } from './moment.tsx';

type Orphans = Schemas['Orphans'];

const shownAtFirst = 10;

interface Props {
  readonly application: string;
  readonly project: string;
}

/** What else is in its namespace, where its project asks; nothing at all where it doesn't, or where nothing is. */
export function OrphansSection({ application, project }: Props) {
  const { data } = useOrphans(project, application);
  const found = (data?.items ?? []).filter(({ total, unread }) => total + unread.length > 0);
  if (found.length === 0) return '';
  return (
    <section aria-labelledby="orphans">
      <h2 id="orphans">
        Orphaned objects <span className="quiet">in its namespace, of no application</span>
      </h2>
      {found.map((each) => (
        <Finds key={`${each.cluster}/${each.namespace}`} finds={each} />
      ))}
    </section>
  );
}

function Finds({ finds }: { readonly finds: Orphans }) {
  const [isWhole, setWhole] = useState(false);
  const { objects, total, unread } = finds;
  const shown = isWhole ? objects : objects.slice(0, shownAtFirst);
  return (
    <>
      <ul>
        {shown.map(({ group, kind, name, createdAt }) => (
          <li key={`${group}/${kind}/${name}`}>
            {kind} <b className="name">{name}</b>{' '}
            {createdAt === undefined ? (
              ''
            ) : (
              <span className="quiet">
                created <Moment at={createdAt} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {shown.length < objects.length ? (
        <Button size="compact-sm" variant="default" onClick={() => setWhole(true)}>
          Show all {objects.length}
        </Button>
      ) : (
        ''
      )}
      {total > objects.length ? <p className="quiet">{total - objects.length} more aren’t listed.</p> : ''}
      {unread.length > 0 ? (
        <p className="quiet">Nothing is known of {unread.join(', ')}: the agent could not look through it.</p>
      ) : (
        ''
      )}
    </>
  );
}
