import type { Command } from 'commander';
import { describeGuard } from '../../core/describe-guard.ts';
import { formatLocation } from '../../core/problem.ts';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { heading, type Style, toned } from '../output/style.ts';
import { show } from '../show.ts';

type Cluster = Schemas['Cluster'];
type FormatFields = (fields: readonly (readonly [string, string | undefined])[]) => string;

export function addClusterGet(parent: Command): void {
  parent
    .command('get')
    .argument('<name>')
    .description('one member of the fleet: contact, versions, certificate, problems')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead cluster get prod')
    .action(async (name: string, _options: unknown, command: Command) =>
      getCluster(await openContext(command), name),
    );
}

async function getCluster(context: Context, name: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatFields } = await import('../output/table.ts');
  const { viewerQuery } = await import('../output/moment.ts');
  await show<Cluster>(context, {
    read() {
      const params = { path: { name }, query: viewerQuery(context.viewer()) };
      return unwrap(context.client.GET('/api/v1/clusters/{name}', { params }));
    },
    render: (cluster) => renderCluster(cluster, context.style, context.viewer(), formatFields),
  });
}

function renderCluster(cluster: Cluster, style: Style, viewer: Viewer, formatFields: FormatFields): string {
  const labels = Object.entries(cluster.labels).map(([name, value]) => `${name}=${value}`);
  const fields = formatFields([
    ['Environment', cluster.environment],
    ['Labels', labels.join(', ')],
    ['Servers', cluster.servers.join(', ')],
    ['Mode', cluster.mode],
    ['Connected', cluster.connected ? `since ${showMoment(cluster.connectedSince, viewer)}` : 'no'],
    ['Last contact', cluster.connected ? undefined : showMoment(cluster.lastSeenAt, viewer)],
    ['Agent', cluster.agentVersion],
    ['Kubernetes', cluster.kubernetesVersion],
    ['Guard', cluster.guard && describeGuard(cluster.guard).join('; ')],
    ['Enrolled', showMoment(cluster.enrolledAt, viewer)],
    [
      'Certificate',
      cluster.certificateExpiresAt && `until ${showMoment(cluster.certificateExpiresAt, viewer)}`,
    ],
    ['Left the fleet', cluster.decommissionedAt && showMoment(cluster.decommissionedAt, viewer)],
    ['Decommission', cluster.decommission],
    ['Generation', String(cluster.generation)],
    ['Applications', String(cluster.applications)],
    ['Open drifts', String(cluster.openDrifts)],
    ['Document', cluster.location && formatLocation(cluster.location)],
  ]);
  const problems = cluster.problems.map((problem) => `  ${problem}`);
  const parts = [toned(style, cluster.tone, cluster.sentence), fields];
  if (problems.length > 0) parts.push([heading(style, 'Problems'), ...problems].join('\n'));
  return parts.join('\n\n');
}
