import { type Command, Option } from 'commander';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { show } from '../show.ts';

type Operation = Schemas['Operation'];

interface Options {
  readonly state: 'open' | 'all';
  readonly app?: string;
  readonly cluster?: string;
}

export function addOperationList(parent: Command): void {
  parent
    .command('list')
    .description('what people asked of agents, newest first')
    .addOption(new Option('--state <state>', 'which').choices(['open', 'all']).default('open'))
    .option('--app <app>', 'only of this application')
    .option('--cluster <cluster>', 'only of this cluster')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead operation list\n  fairlead operation list --state all --app payments',
    )
    .action(async (options: Options, command: Command) =>
      listOperations(await openContext(command), options),
    );
}

async function listOperations(context: Context, { state, app, cluster }: Options): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  const query = {
    state,
    ...(app === undefined ? {} : { application: app }),
    ...(cluster === undefined ? {} : { cluster }),
  };
  await show(context, {
    read: async () => (await unwrap(context.client.GET('/api/v1/operations', { params: { query } }))).items,
    render(items) {
      if (items.length === 0) {
        return state === 'open'
          ? 'No operations under way; `--state all` shows what ended.'
          : 'No operations.';
      }
      const head = ['ID', 'TYPE', 'APPLICATION', 'CLUSTER', 'PHASE', 'ASKED BY', 'ASKED', 'MESSAGE'];
      return formatTable(
        head,
        items.map((item) => rowOf(item, context.viewer())),
        context.style,
      );
    },
  });
}

function rowOf(operation: Operation, viewer: Viewer): readonly string[] {
  const { id, request, application, cluster, requestedBy, requestedAt } = operation;
  const asked = showMoment(requestedAt, viewer);
  return [
    id,
    request.type,
    application,
    cluster,
    phaseOf(operation),
    requestedBy,
    asked,
    messageOf(operation),
  ];
}

/** One that is to be ended says so until its agent has ended it. */
export function phaseOf({ phase, cancelledBy, finishedAt }: Operation): string {
  return cancelledBy !== undefined && finishedAt === undefined ? `${phase}, cancelling` : phase;
}

/** A comparison's message is data, which `app diff` shows. */
export function messageOf({ request, phase, message }: Operation): string {
  return request.type === 'diff' && phase === 'Succeeded' ? 'compared' : message;
}
