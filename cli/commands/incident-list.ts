import { type Command, Option } from 'commander';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { show } from '../show.ts';

type Incident = Schemas['Incident'];

interface Options {
  readonly state: 'open' | 'all';
}

export function addIncidentList(parent: Command): void {
  parent
    .command('list')
    .description('what somebody was told of, newest first; what is over is kept for 30 days')
    .addOption(new Option('--state <state>', 'which').choices(['open', 'all']).default('open'))
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead incident list --state all')
    .action(async (options: Options, command: Command) => listIncidents(await openContext(command), options));
}

async function listIncidents(context: Context, { state }: Options): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  await show(context, {
    read: async () =>
      (await unwrap(context.client.GET('/api/v1/incidents', { params: { query: { state } } }))).items,
    render(items) {
      if (items.length === 0)
        return state === 'open' ? 'No open incidents; `--state all` shows what is over.' : 'No incidents.';
      const head = ['ID', 'SEVERITY', 'TRIGGER', 'SUMMARY', 'TOLD', 'OPENED', 'STATE'];
      return formatTable(
        head,
        items.map((item) => rowOf(item, context.viewer())),
        context.style,
      );
    },
  });
}

function rowOf(incident: Incident, viewer: Viewer): readonly string[] {
  const { id, severity, trigger, summary, notifications, openedAt, resolvedAt, state, flapping } = incident;
  const told = notifications.filter((each) => each.told === (state === 'open' ? 'firing' : 'resolved'));
  const ended = state === 'open' ? 'open' : `resolved ${showMoment(resolvedAt, viewer)}`;
  return [
    id,
    severity,
    trigger,
    summary,
    `${told.length} of ${notifications.length}`,
    showMoment(openedAt, viewer),
    flapping ? `${ended}, flapping` : ended,
  ];
}
