import type { Command } from 'commander';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { show } from '../show.ts';
import { describeTarget } from './hold.ts';

type Hold = Schemas['Hold'];

interface Options {
  readonly all?: boolean;
}

export function addHoldList(parent: Command): void {
  parent
    .command('list')
    .description('what is left alone now, by the hub or by kubectl, and until when')
    .option('--all', 'also those that ended in the last 30 days')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead hold list --all')
    .action(async (options: Options, command: Command) => listHolds(await openContext(command), options));
}

async function listHolds(context: Context, { all }: Options): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  await show<readonly Hold[]>(context, {
    async read() {
      const params = { query: all === true ? { state: 'all' as const } : {} };
      return (await unwrap(context.client.GET('/api/v1/holds', { params }))).items;
    },
    render(items) {
      if (items.length === 0) return 'Nothing is held.';
      const head = ['ID', 'HELD', 'STATE', 'UNTIL', 'BY', 'REASON'];
      const rows = items.map((entry) => rowOf(entry, context.viewer()));
      return formatTable(head, rows, context.style);
    },
  });
}

function rowOf(entry: Hold, viewer: Viewer): readonly string[] {
  return [
    entry.id ?? '(kubectl)',
    describeTarget(entry),
    entry.state.replace('-', ' '),
    showMoment(entry.endedAt ?? entry.until, viewer),
    entry.heldBy,
    entry.reason,
  ];
}
