import { type Command, Option } from 'commander';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { predicateOf } from '../output/predicate.ts';
import type { Style } from '../output/style.ts';
import { show } from '../show.ts';

interface Filters {
  readonly project?: string;
  readonly environment?: string;
  readonly cluster?: string;
  readonly sync?: Schemas['ApplicationItem']['sync'];
  readonly health?: Schemas['Health']['status'];
  readonly text?: string;
}

export function addAppList(parent: Command): void {
  parent
    .command('list')
    .description('applications, each with its sentence; the worst first')
    .option('-p, --project <name>', 'of one project')
    .option('-e, --environment <name>', 'of one environment')
    .option('-c, --cluster <name>', 'of one cluster')
    .addOption(new Option('--sync <status>', 'by sync').choices(['Synced', 'OutOfSync', 'Unknown']))
    .addOption(
      new Option('--health <status>', 'by health').choices([
        'Healthy',
        'Suspended',
        'Progressing',
        'Missing',
        'Degraded',
        'Unknown',
      ]),
    )
    .option('-t, --text <text>', 'with a text in name, owner, path or sentence')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead app list --sync OutOfSync\n  fairlead app list -e prod -o json',
    )
    .action(async (filters: Filters, command: Command) => listApps(await openContext(command), filters));
}

async function listApps(context: Context, filters: Filters): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  const { viewerQuery } = await import('../output/moment.ts');
  const { project, environment, cluster, sync, health, text } = filters;
  const given = Object.entries({ project, environment, cluster, sync, health, text });
  const query = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Filters;
  await show(context, {
    async read() {
      const params = { query: { ...query, ...viewerQuery(context.viewer()) } };
      return (await unwrap(context.client.GET('/api/v1/applications', { params }))).items;
    },
    render: (items) => (items.length === 0 ? nothing(query) : renderItems(items, context.style, formatTable)),
  });
}

function nothing(query: Filters): string {
  if (Object.keys(query).length > 0) return 'No application matches. Leave a filter out to see more.';
  return 'No applications yet. Commit an Application to the fleet repository; `fairlead doctor` tells how it was read.';
}

const worst: Readonly<Record<Schemas['ApplicationItem']['tone'], number>> = {
  broken: 0,
  unknown: 1,
  attention: 2,
  moving: 3,
  calm: 4,
};

function renderItems(
  items: readonly Schemas['ApplicationItem'][],
  style: Style,
  formatTable: (head: readonly string[], rows: readonly (readonly string[])[], style: Style) => string,
): string {
  const sorted = items.toSorted((left, right) => worst[left.tone] - worst[right.tone]);
  const rows = sorted.map((item) => [
    item.name,
    item.cluster,
    item.sync,
    item.health.status,
    item.mode,
    predicateOf(item.sentence, item.cluster === '' ? item.name : `${item.cluster}/${item.name}`),
  ]);
  return formatTable(['NAME', 'CLUSTER', 'SYNC', 'HEALTH', 'MODE', 'STATE'], rows, style);
}
