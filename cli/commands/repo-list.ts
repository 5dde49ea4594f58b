import type { Command } from 'commander';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { show } from '../show.ts';

type Repository = Schemas['Repository'];

export function addRepoList(parent: Command): void {
  parent
    .command('list')
    .description('repositories that applications use: with which credentials, and how they were read last')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText(
      'after',
      '\nNames the entry of the list of credentials, never a secret.\n\nExample:\n  fairlead repo list -o yaml',
    )
    .action(async (_options: unknown, command: Command) => listRepositories(await openContext(command)));
}

async function listRepositories(context: Context): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  await show(context, {
    read: async () => (await unwrap(context.client.GET('/api/v1/repositories'))).items,
    render(items) {
      if (items.length === 0) return 'The hub has not read any repository yet.';
      const head = ['URL', 'KIND', 'APPS', 'CREDENTIALS', 'FETCHED', 'COMMITS', 'PROBLEM'];
      return formatTable(
        head,
        items.map((item) => rowOf(item, context.viewer())),
        context.style,
      );
    },
  });
}

function rowOf(repository: Repository, viewer: Viewer): readonly string[] {
  const { url, kind, holds, applications, credentials, fetchedAt, commits, problem } = repository;
  const read = Object.entries(commits).map(
    ([revision, commit]) => `${revision || 'HEAD'} ${commit.slice(0, 7)}`,
  );
  return [
    url,
    holds === 'catalog' ? `${kind}, catalog` : kind,
    String(applications),
    credentials === undefined ? 'none' : `${credentials.name} (${credentials.kind})`,
    fetchedAt === undefined ? 'never' : showMoment(fetchedAt, viewer),
    read.length > 3 ? `${read.slice(0, 3).join(', ')} and ${read.length - 3} more` : read.join(', '),
    problem ?? '',
  ];
}
