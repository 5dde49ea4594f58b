import type { ApplicationStatus } from '../../core/status.ts';
import { formatMoment, type Viewer } from '../../core/time-text.ts';
import type { Link } from './summarise.ts';

/** Of a cluster that leaves: what it still has, and what its agent says of that. */
export interface LeavingFacts {
  readonly cluster: string;
  readonly link: Link;
  /** Applications with something left, in the order of their names; without a status where the agent told none. */
  readonly left: ReadonlyMap<string, Pick<ApplicationStatus, 'gates' | 'failures'> | undefined>;
}

const namedAtMost = 3;

/** How far a decommission is, and what it waits for: one sentence with what to do. */
export function describeLeaving({ cluster, link, left }: LeavingFacts, viewer: Viewer): string {
  const count = `${left.size} ${left.size === 1 ? 'application is' : 'applications are'} left on ${cluster}`;
  if (link.type === 'silent') {
    const since =
      link.since === undefined ? 'was never heard' : `is silent since ${formatMoment(link.since, viewer)}`;
    return `waits for the agent of ${cluster}, which ${since}; ${count}. To end it without the agent: \`fairlead cluster decommission ${cluster} --abandon --yes ${cluster}\``;
  }
  const held = [...left].flatMap(([application, status]) => {
    const reason = status?.gates[0]?.reason ?? status?.failures[0]?.message;
    return reason === undefined
      ? []
      : [`${application} is held back: ${reason} (\`fairlead app get ${application}\`)`];
  });
  const shown = held.slice(0, namedAtMost);
  const more = held.length > shown.length ? [`${held.length - shown.length} more are held back`] : [];
  return [count, ...shown, ...more].join('; ');
}
