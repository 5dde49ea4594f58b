import { memo } from 'react';
import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { Subject } from './headline.tsx';
import { applicationLink } from './links.ts';
import { Toned, ToneIcon, toneOfHealth, toneOfSync } from './tone.tsx';

export type ApplicationItem = Schemas['ApplicationItem'];

/** One application: the sentence first, then its states in words. The whole row leads to its page. */
export const ApplicationRow = memo(function ApplicationRow({
  item,
  gone,
}: {
  readonly item: ApplicationItem;
  readonly gone: boolean;
}) {
  return (
    <Link
      href={applicationLink(item.application)}
      data-row
      className={`row edge-${item.tone}`}
      data-gone={gone}
    >
      <ToneIcon tone={item.tone} />
      <span className="row-main">
        <span className="sentence">
          <Subject sentence={item.sentence} subject={subjectOf(item)} />
        </span>
      </span>
      <span className="row-states">
        <Toned tone={toneOfSync(item)}>{gone ? 'no longer listed' : syncWords(item)}</Toned>
        <Toned tone={toneOfHealth(item.health.status)}>{item.health.status}</Toned>
        <span className="quiet name">
          {item.project}
          {item.owner === undefined ? '' : `, ${item.owner}`}
        </span>
      </span>
    </Link>
  );
});

/** What its sentence begins with. */
export function subjectOf({ cluster, name }: Pick<ApplicationItem, 'cluster' | 'name'>): string {
  return cluster === '' ? name : `${cluster}/${name}`;
}

/** `OutOfSync: drifted`, `Synced`. */
export function syncWords({ sync, cause }: Pick<ApplicationItem, 'sync' | 'cause'>): string {
  return cause === undefined ? sync : `${sync}: ${cause.replace('-', ' ')}`;
}
