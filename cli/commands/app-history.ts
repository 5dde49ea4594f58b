import type { Command } from 'commander';
import { changedCommit } from '../../core/changed-commit.ts';
import { authorName, commitName } from '../../core/commit.ts';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { show } from '../show.ts';

type Entry = Schemas['HistoryEntry'];

export function addAppHistory(parent: Command): void {
  parent
    .command('history')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .description('which commits changed what it runs, from first to last applied; newest first')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead app history prod/payments\n  fairlead app history payments -o json',
    )
    .action(async (key: string, _options: unknown, command: Command) =>
      showHistory(await openContext(command), key),
    );
}

async function showHistory(context: Context, key: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  await show<readonly Entry[]>(context, {
    async read() {
      const params = { path: { key } };
      return (await unwrap(context.client.GET('/api/v1/applications/{key}/history', { params }))).items;
    },
    render(entries) {
      if (entries.length === 0) return 'Nothing was decided yet; `fairlead app get` says why.';
      const viewer = context.viewer();
      const head = ['COMMIT', 'AUTHOR', 'SUBJECT', 'DECIDED', 'APPLIED', 'COMPLETE', 'STATE'];
      return formatTable(
        head,
        entries.map((entry, index) => rowOf(entry, entries[index + 1], viewer)),
        context.style,
      );
    },
  });
}

function rowOf(entry: Entry, older: Entry | undefined, viewer: Viewer): readonly string[] {
  const commit = changedCommit(entry, older);
  const { decidedAt, firstAppliedAt, lastAppliedAt, completedAt, state } = entry;
  const first = showMoment(firstAppliedAt, viewer);
  const applied =
    firstAppliedAt === lastAppliedAt ? first : `${first} → ${showMoment(lastAppliedAt, viewer)}`;
  return [
    commitName(commit),
    authorName(commit),
    commit.subject,
    showMoment(decidedAt, viewer),
    applied,
    showMoment(completedAt, viewer),
    state,
  ];
}
