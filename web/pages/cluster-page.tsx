import { useCallback, useMemo } from 'react';
import { Link } from 'wouter';
import { describeGuard } from '../../core/describe-guard.ts';
import { formatLocation } from '../../core/problem.ts';
import type { Schemas } from '../api/client.ts';
import { useApplications, useCluster } from '../api/queries.ts';
import { ApplicationList } from '../parts/application-list.tsx';
import { Command } from '../parts/command.tsx';
import { Facts } from '../parts/facts.tsx';
import { Headline } from '../parts/headline.tsx';
import { listLink } from '../parts/links.ts';
import { Loaded } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { Notice } from '../parts/notice.tsx';
import { shellWords } from '../parts/shell-words.ts';
import { useSteady } from '../parts/use-steady.ts';
import { useTitle } from '../parts/use-title.ts';
import { WaitingRows } from '../parts/waiting-rows.tsx';

type Cluster = Schemas['Cluster'];

/** Can I trust what I see of this cluster? */
export function ClusterPage({ name }: { readonly name: string }) {
  useTitle(name);
  return (
    <>
      <nav className="crumbs" aria-label="Where this is">
        <Link href="/clusters">Clusters</Link> / <span className="name">{name}</span>
      </nav>
      <Loaded of={useCluster(name)}>{(cluster) => <Sections cluster={cluster} />}</Loaded>
    </>
  );
}

function Sections({ cluster }: { readonly cluster: Cluster }) {
  return (
    <>
      <Headline tone={cluster.tone} sentence={cluster.sentence} subject={cluster.name} />
      <div className="with-aside">
        <div className="main-column">
          {cluster.problems.map((problem) => (
            <Notice key={problem} tone="attention">
              <p>{problem}</p>
            </Notice>
          ))}
          <ClusterApplications cluster={cluster.name} />
        </div>
        <aside aria-label="About this cluster">
          <ClusterFacts cluster={cluster} />
          <ClusterCommands cluster={cluster} />
        </aside>
      </div>
    </>
  );
}

function ClusterCommands({ cluster }: { readonly cluster: Cluster }) {
  return (
    <section aria-labelledby="commands">
      <h2 id="commands">In the terminal</h2>
      <dl className="commands">
        {commandsFor(cluster).map(([what, text]) => (
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

function commandsFor({
  name,
  enrolledAt,
  decommission,
  decommissionedAt,
}: Cluster): readonly (readonly [string, string])[] {
  const same = ['See the same', shellWords('fairlead', 'cluster', 'get', name)] as const;
  if (decommission !== undefined) {
    return [
      ['See how far it is', shellWords('fairlead', 'operation', 'get', decommission)],
      ['Keep the cluster', shellWords('fairlead', 'operation', 'cancel', decommission)],
      same,
    ];
  }
  const enroll = shellWords('fairlead', 'cluster', 'enroll', name);
  if (decommissionedAt !== undefined) return [['Bring it back', enroll], same];
  return [
    [enrolledAt === undefined ? 'Give it an agent' : 'Give it a new agent', enroll],
    ['Have it leave the fleet', shellWords('fairlead', 'cluster', 'decommission', name)],
    same,
  ];
}

function ClusterFacts({ cluster }: { readonly cluster: Cluster }) {
  const labels = Object.entries(cluster.labels).map(([name, value]) => `${name}=${value}`);
  return (
    <Facts
      facts={[
        [
          'Environment',
          cluster.environment === '' ? (
            'none'
          ) : (
            <Link key="environment" href={listLink({ environment: cluster.environment })} className="name">
              {cluster.environment}
            </Link>
          ),
        ],
        [
          'Last contact',
          cluster.lastSeenAt === undefined ? 'never' : <Moment key="contact" at={cluster.lastSeenAt} />,
        ],
        [
          'Connected since',
          cluster.connectedSince === undefined ? undefined : (
            <Moment key="since" at={cluster.connectedSince} />
          ),
        ],
        ['Agent', cluster.agentVersion ?? 'unknown'],
        ['Kubernetes', cluster.kubernetesVersion ?? 'unknown'],
        [
          'Guard',
          cluster.guard === undefined ? undefined : (
            <span key="guard" className="name">
              {describeGuard(cluster.guard).join('; ')}
            </span>
          ),
        ],
        ['Generation', cluster.generation],
        [
          'Enrolled',
          cluster.enrolledAt === undefined ? 'no' : <Moment key="enrolled" at={cluster.enrolledAt} />,
        ],
        [
          'Certificate until',
          cluster.certificateExpiresAt === undefined ? undefined : (
            <Moment key="until" at={cluster.certificateExpiresAt} />
          ),
        ],
        [
          'Left the fleet',
          cluster.decommissionedAt === undefined ? undefined : (
            <Moment key="left" at={cluster.decommissionedAt} />
          ),
        ],
        ['Mode', cluster.mode],
        [
          'Labels',
          labels.length === 0 ? undefined : (
            <span key="labels" className="name">
              {labels.join(', ')}
            </span>
          ),
        ],
        [
          'Named as',
          cluster.servers.length === 0 ? undefined : (
            <span key="servers" className="name">
              {cluster.servers.join(', ')}
            </span>
          ),
        ],
        [
          'Document',
          cluster.location === undefined ? (
            'none'
          ) : (
            <code key="document" className="name">
              {formatLocation(cluster.location)}
            </code>
          ),
        ],
      ]}
    />
  );
}

function ClusterApplications({ cluster }: { readonly cluster: string }) {
  const query = useApplications({ cluster, order: 'worst' });
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const steady = useSteady(items, ({ application }) => application, cluster);
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return (
    <section aria-labelledby="applications">
      <h2 id="applications">
        <Link href={listLink({ cluster })}>Applications</Link>
      </h2>
      <Loaded of={query}>
        {({ pages }) => (
          <>
            <WaitingRows of={steady} noun="application" />
            {steady.rows.length === 0 ? <p className="quiet">No application names it.</p> : ''}
            <ApplicationList rows={steady.rows} total={pages[0]?.total ?? 0} more={more} />
          </>
        )}
      </Loaded>
    </section>
  );
}
