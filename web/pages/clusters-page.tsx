import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { useClusters } from '../api/queries.ts';
import { clusterLink, listLink } from '../parts/links.ts';
import { Loaded } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { NoClusters } from '../parts/no-clusters.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { Toned } from '../parts/tone.tsx';
import { useTitle } from '../parts/use-title.ts';

type Cluster = Schemas['Cluster'];

/** Can I trust what I see of the clusters? */
export function ClustersPage() {
  useTitle('Clusters');
  return (
    <>
      <h1>Clusters</h1>
      <Loaded of={useClusters()}>
        {({ items }) => (items.length === 0 ? <NoClusters /> : <ClusterTable clusters={items} />)}
      </Loaded>
    </>
  );
}

function ClusterTable({ clusters }: { readonly clusters: readonly Cluster[] }) {
  return (
    <ScrollTable label="Clusters">
      <thead>
        <tr>
          <th scope="col">Cluster</th>
          <th scope="col">Environment</th>
          <th scope="col">State</th>
          <th scope="col">Last contact</th>
          <th scope="col">Agent</th>
          <th scope="col">Kubernetes</th>
          <th scope="col">Certificate until</th>
          <th scope="col" className="number">
            Applications
          </th>
          <th scope="col" className="number">
            Drifts
          </th>
        </tr>
      </thead>
      <tbody>
        {clusters.map((cluster) => (
          <ClusterRow key={cluster.name} cluster={cluster} />
        ))}
      </tbody>
    </ScrollTable>
  );
}

function ClusterRow({ cluster }: { readonly cluster: Cluster }) {
  const { name, connected, environment, problems, applications, openDrifts } = cluster;
  return (
    <tr>
      <th scope="row">
        <Link href={clusterLink(name)} data-row className="name">
          {name}
        </Link>
      </th>
      <td className="name">{environment}</td>
      <td className="reason">
        <Toned tone={connected ? 'calm' : 'unknown'}>{stateWords(cluster)}</Toned>
        {problems.map((problem) => (
          <div key={problem}>
            <Toned tone="attention">{problem}</Toned>
          </div>
        ))}
      </td>
      <td>{cluster.lastSeenAt === undefined ? 'never' : <Moment at={cluster.lastSeenAt} />}</td>
      <td>{cluster.agentVersion ?? 'unknown'}</td>
      <td>{cluster.kubernetesVersion ?? 'unknown'}</td>
      <td>
        {cluster.certificateExpiresAt === undefined ? 'none' : <Moment at={cluster.certificateExpiresAt} />}
      </td>
      <td className="number">
        <Link href={listLink({ cluster: name })}>{applications}</Link>
      </td>
      <td className="number">
        <Link href={listLink({ cluster: name, drifts: 'open' })}>{openDrifts}</Link>
      </td>
    </tr>
  );
}

/** Whether it is heard, in two words. */
export function stateWords({ declared, connected, enrolledAt, lastSeenAt }: Cluster): string {
  if (!declared) return 'not in Git';
  if (connected) return 'connected';
  if (lastSeenAt !== undefined) return 'agent silent';
  return enrolledAt === undefined ? 'no agent yet' : 'never connected';
}
