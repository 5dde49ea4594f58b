import { Progress } from '@mantine/core';
import { Link } from 'wouter';
import { authorName } from '../../core/commit.ts';
import type { Schemas } from '../api/client.ts';
import { useOverview } from '../api/queries.ts';
import { clusterLink, listLink } from '../parts/links.ts';
import { Loaded } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { NoClusters } from '../parts/no-clusters.tsx';
import { Notice } from '../parts/notice.tsx';
import { ProblemList } from '../parts/problem-list.tsx';
import { sentence } from '../parts/sentence.ts';
import { Toned, ToneIcon, toneOfHealth, toneOfSync, tones } from '../parts/tone.tsx';
import { useTitle } from '../parts/use-title.ts';

type Overview = Schemas['Overview'];
type Cluster = Schemas['ClusterTally'];

/** Is everything as Git says, and where not? */
export function FleetPage() {
  useTitle('Fleet');
  const overview = useOverview();
  return (
    <>
      <h1>Fleet</h1>
      <Loaded of={overview}>{(data) => <Fleet overview={data} />}</Loaded>
    </>
  );
}

function Fleet({ overview }: { readonly overview: Overview }) {
  const clusters = overview.environments.reduce((sum, { clusters: each }) => sum + each.length, 0);
  return (
    <>
      <Limit overview={overview} />
      <Totals overview={overview} />
      <LastChange overview={overview} />
      <Troubles overview={overview} />
      {clusters === 0 && overview.limited === undefined ? (
        <NoClusters />
      ) : (
        <Environments overview={overview} />
      )}
    </>
  );
}

/** What somebody sees who may not see everything. */
function Limit({ overview: { limited } }: { readonly overview: Overview }) {
  if (limited === undefined) return '';
  return (
    <Notice tone="unknown">
      <p>{sentence(limited)}</p>
    </Notice>
  );
}

const toneWords = {
  broken: 'broken',
  attention: 'need attention',
  unknown: 'unknown',
  moving: 'moving',
  calm: 'as Git says',
} as const;

function Totals({ overview: { total } }: { readonly overview: Overview }) {
  return (
    <ul className="totals" aria-label="All applications by state">
      {tones.map((tone) => (
        <li key={tone} data-none={total.tone[tone] === undefined}>
          <Link href={listLink({ tone })}>
            <ToneIcon tone={tone} />
            <b>{total.tone[tone] ?? 0}</b> {toneWords[tone]}
          </Link>
        </li>
      ))}
      <li data-none={total.openDrifts === 0}>
        <Link href="/drift">
          <b>{total.openDrifts}</b> open {total.openDrifts === 1 ? 'drift' : 'drifts'}
        </Link>
      </li>
    </ul>
  );
}

/** The newest commit, and how far it has come. */
function LastChange({ overview: { lastChange, lastPass } }: { readonly overview: Overview }) {
  if (lastChange === undefined) return '';
  const { commit, applications, applied, failed } = lastChange;
  const done = applied === applications;
  return (
    <section className="last-change" aria-label="Last change">
      <p>
        <span className="quiet">Last change </span>
        <code>{commit.id.slice(0, 7)}</code> <b className="name">{commit.subject}</b>
        <span className="quiet">
          {' '}
          by <span className="name">{authorName(commit)}</span>, <Moment at={commit.committedAt} />
          {lastPass === undefined ? (
            ''
          ) : (
            <>
              ; Git was read last <Moment at={lastPass.at} />
            </>
          )}
        </span>
      </p>
      <p>
        <Toned tone={failed > 0 ? 'broken' : done ? 'calm' : 'moving'}>
          applied by {applied} of {applications} {applications === 1 ? 'application' : 'applications'}
          {failed > 0 ? `, ${failed} failed` : ''}
        </Toned>
      </p>
      {done ? '' : <Progress size="xs" value={(100 * applied) / applications} aria-label="Applied" />}
    </section>
  );
}

function Troubles({ overview: { sourceProblems, problems, unplaced } }: { readonly overview: Overview }) {
  return (
    <>
      {sourceProblems.map(({ url, problem }) => (
        <Notice key={url} tone="unknown">
          <p>
            <span className="name">{url}</span> can't be read, so its applications are frozen as they were:{' '}
            {problem}
          </p>
        </Notice>
      ))}
      {problems.length === 0 ? '' : <ProblemList problems={problems} />}
      {unplaced === 0 ? (
        ''
      ) : (
        <Notice tone="attention">
          <p>
            <Link href={listLink({ cluster: '' })}>
              {unplaced} {unplaced === 1 ? 'application names' : 'applications name'} no known cluster
            </Link>
          </p>
        </Notice>
      )}
    </>
  );
}

function Environments({ overview }: { readonly overview: Overview }) {
  return (
    <div className="environments">
      {overview.environments.map(({ name, clusters }) => (
        <section key={name} aria-label={`Environment ${name || 'none'}`}>
          <h2>
            <Link href={listLink({ environment: name })}>{name === '' ? 'no environment' : name}</Link>
            <span className="quiet">
              {clusters.length} {clusters.length === 1 ? 'cluster' : 'clusters'}
            </span>
          </h2>
          {clusters.length === 0 ? <p className="quiet">No cluster names this environment.</p> : ''}
          <ul>
            {clusters.map((cluster) => (
              <ClusterRow key={cluster.name} cluster={cluster} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function ClusterRow({
  cluster: { name, connected, lastSeenAt, state, sentence, tally },
}: {
  readonly cluster: Cluster;
}) {
  const worst = tones.find((tone) => tone === state || (tally.tone[tone] ?? 0) > 0) ?? state;
  return (
    <li className={`cluster-row edge-${connected ? worst : 'unknown'}`}>
      <div className="cluster-line">
        <Link href={clusterLink(name)} data-row className="name strong" title={sentence}>
          {name}
        </Link>
        <Toned tone={connected ? 'calm' : 'unknown'}>
          {connected ? (
            'connected'
          ) : lastSeenAt === undefined ? (
            'never connected'
          ) : (
            <>
              agent silent since <Moment at={lastSeenAt} />
            </>
          )}
        </Toned>
      </div>
      <Counts cluster={name} tally={tally} />
    </li>
  );
}

/** By sync, then by health where it isn't well, then what needs somebody; each leads to its list. */
function Counts({ cluster, tally }: { readonly cluster: string; readonly tally: Schemas['Tally'] }) {
  const sync = (['Synced', 'OutOfSync', 'Unknown'] as const).map((word) => ({
    filter: { cluster, sync: word },
    count: tally.sync[word] ?? 0,
    word,
    tone: toneOfSync({ sync: word }),
  }));
  const health = (['Degraded', 'Missing', 'Progressing', 'Suspended'] as const).map((word) => ({
    filter: { cluster, health: word },
    count: tally.health[word] ?? 0,
    word,
    tone: toneOfHealth(word),
  }));
  const causes = [
    {
      filter: { cluster, drifts: 'open' },
      count: tally.openDrifts,
      word: 'drifts',
      tone: 'attention' as const,
    },
    {
      filter: { cluster, cause: 'gated' },
      count: tally.cause['gated'] ?? 0,
      word: 'gated',
      tone: 'attention' as const,
    },
    {
      filter: { cluster, cause: 'failed' },
      count: tally.cause['failed'] ?? 0,
      word: 'failed',
      tone: 'broken' as const,
    },
  ];
  const shown = [...sync, ...health, ...causes].filter(({ count }) => count > 0);
  if (tally.applications === 0) return <p className="quiet">No application yet.</p>;
  return (
    <p className="counts">
      {shown.map(({ filter, count, word, tone }) => (
        <Link key={word} href={listLink(filter)} className={`count tone-${tone}`}>
          <ToneIcon tone={tone} />
          {count} {word}
        </Link>
      ))}
    </p>
  );
}
