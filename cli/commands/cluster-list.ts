import type { Command } from 'commander';
import { type Context, openContext } from '../context.ts';
import { predicateOf } from '../output/predicate.ts';
import { show } from '../show.ts';

export function addClusterList(parent: Command): void {
  parent
    .command('list')
    .description('members of the fleet, and whether what is shown of each can be trusted')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead cluster list --watch')
    .action(async (_options: unknown, command: Command) => listClusters(await openContext(command)));
}

async function listClusters(context: Context): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  const { viewerQuery } = await import('../output/moment.ts');
  await show(context, {
    async read() {
      const params = { query: viewerQuery(context.viewer()) };
      return (await unwrap(context.client.GET('/api/v1/clusters', { params }))).items;
    },
    render(items) {
      if (items.length === 0)
        return 'No clusters yet. Commit a Cluster document below the protected path, then enrol it.';
      const rows = items.map((cluster) => [
        cluster.name,
        cluster.environment,
        cluster.connected ? 'connected' : 'silent',
        String(cluster.applications),
        String(cluster.openDrifts),
        predicateOf(cluster.sentence, cluster.name),
      ]);
      return formatTable(['NAME', 'ENVIRONMENT', 'AGENT', 'APPS', 'DRIFTS', 'STATE'], rows, context.style);
    },
  });
}
