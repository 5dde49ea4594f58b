import type { Command } from 'commander';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { formatFields } from '../output/table.ts';
import { show } from '../show.ts';
import { messageOf, phaseOf } from './operation-list.ts';

type Operation = Schemas['Operation'];

export function addOperationGet(parent: Command): void {
  parent
    .command('get')
    .argument('<id>', 'as `operation list` shows it')
    .description('one operation and its result so far')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead operation get 5b0c7c1e-6d0f-4f2e-9a52-6f7f1f0a3d11')
    .action(async (id: string, _options: unknown, command: Command) =>
      getOperation(await openContext(command), id),
    );
}

async function getOperation(context: Context, id: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const params = { path: { id } };
  await show<Operation>(context, {
    read: () => unwrap(context.client.GET('/api/v1/operations/{id}', { params })),
    render: (operation) => renderOperation(operation, context.viewer()),
  });
}

function renderOperation(operation: Operation, viewer: Viewer): string {
  const { id, request, application, cluster, requestedBy, requestedAt, finishedAt, cancelledBy } = operation;
  return formatFields([
    ['Operation', id],
    ['Type', request.type],
    ['Application', application],
    ['Cluster', cluster],
    ['Phase', phaseOf(operation)],
    ['Message', messageOf(operation)],
    ['Asked', `${showMoment(requestedAt, viewer)} by ${requestedBy}`],
    ['Cancelled by', cancelledBy],
    ['Ended', finishedAt === undefined ? undefined : showMoment(finishedAt, viewer)],
  ]);
}
