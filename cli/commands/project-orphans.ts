import type { Command } from 'commander';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { show } from '../show.ts';

type Orphans = Schemas['Orphans'];

interface Options {
  readonly app?: string;
}

export function addProjectOrphans(parent: Command): void {
  parent
    .command('orphans')
    .argument('<project>', 'its name')
    .description('objects that belong to no application, where the project asks (orphanedResources)')
    .option('--app <app>', 'only in the namespace that this application is deployed to')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead project orphans payments --app payments-prod')
    .action(async (project: string, options: Options, command: Command) =>
      listOrphans(await openContext(command), project, options),
    );
}

async function listOrphans(context: Context, name: string, { app }: Options): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  await show<readonly Orphans[]>(context, {
    async read() {
      const params = { path: { name }, query: app === undefined ? {} : { application: app } };
      return (await unwrap(context.client.GET('/api/v1/projects/{name}/orphans', { params }))).items;
    },
    render(items) {
      if (items.length === 0) {
        return `Nothing is known of orphaned objects in project ${name}. It is looked for where spec.orphanedResources of its AppProject asks.`;
      }
      const rows = items.flatMap((each) => rowsOf(each, context.viewer()));
      const table =
        rows.length === 0
          ? 'No orphaned objects: everything belongs to an application.'
          : formatTable(['CLUSTER', 'NAMESPACE', 'KIND', 'NAME', 'CREATED'], rows, context.style);
      return [table, ...items.flatMap(notesOf)].join('\n');
    },
  });
}

function rowsOf({ cluster, namespace, objects }: Orphans, viewer: Viewer): readonly (readonly string[])[] {
  return objects.map(({ group, kind, name, createdAt }) => [
    cluster,
    namespace,
    group === '' ? kind : `${kind}.${group}`,
    name,
    createdAt === undefined ? '' : showMoment(createdAt, viewer),
  ]);
}

function notesOf({ cluster, namespace, objects, total, unread }: Orphans): readonly string[] {
  const place = `${cluster}/${namespace}`;
  return [
    ...(total > objects.length ? [`${place}: ${total - objects.length} more aren't listed.`] : []),
    ...(unread.length > 0
      ? [`${place}: not looked through, so nothing is known of ${unread.join(', ')}.`]
      : []),
  ];
}
