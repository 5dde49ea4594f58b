import type { Command } from 'commander';
import { formatLocation } from '../../core/problem.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { show } from '../show.ts';

type Project = Schemas['Project'];

export function addProjectList(parent: Command): void {
  parent
    .command('list')
    .description('projects: which sources may go where')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead project list -o yaml')
    .action(async (_options: unknown, command: Command) => listProjects(await openContext(command)));
}

async function listProjects(context: Context): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  await show(context, {
    read: async () => (await unwrap(context.client.GET('/api/v1/projects'))).items,
    render(items) {
      if (items.length === 0)
        return 'No projects yet. Commit an AppProject below the protected path: none is implicit.';
      const head = ['NAME', 'APPS', 'REFUSED', 'SOURCES', 'DESTINATIONS', 'DOCUMENT'];
      return formatTable(head, items.map(rowOf), context.style);
    },
  });
}

function rowOf(project: Project): readonly string[] {
  const destinations = project.destinations.map(
    ({ name, server, namespace }) => `${name ?? server ?? '*'}/${namespace ?? '*'}`,
  );
  return [
    project.name,
    String(project.applications),
    String(project.refused),
    project.sourceRepos.join(', '),
    destinations.join(', '),
    formatLocation(project.location),
  ];
}
