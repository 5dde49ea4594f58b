import type { Command } from 'commander';
import { formatProblem } from '../../core/problem.ts';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { show } from '../show.ts';

type Notification = Schemas['Notification'];

export function addNotificationList(parent: Command): void {
  parent
    .command('list')
    .description('receivers: what they are told of, and how that goes')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead notification list -o yaml')
    .action(async (_options: unknown, command: Command) => listNotifications(await openContext(command)));
}

async function listNotifications(context: Context): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  await show(context, {
    read: async () => (await unwrap(context.client.GET('/api/v1/notifications'))).items,
    render(items) {
      if (items.length === 0)
        return 'No Notifications yet. Commit one below the protected path; docs/notifications.md has an example.';
      const head = ['NOTIFICATION', 'RECEIVER', 'TYPE', 'TOLD OF', 'WAITING', 'LAST DELIVERED', 'LAST ERROR'];
      const rows = items.flatMap((item) => rowsOf(item, context.viewer()));
      const problems = items.flatMap((item) => item.problems.map(formatProblem));
      return [formatTable(head, rows, context.style), ...problems].join('\n');
    },
  });
}

function rowsOf(notification: Notification, viewer: Viewer): readonly (readonly string[])[] {
  const triggers = notification.triggers.map(({ type }) => type).join(', ');
  return notification.receivers.map((receiver) => {
    const { name, type, pending, lastDeliveredAt, lastError = '', watchdogSeconds } = receiver;
    const told = [triggers, ...(watchdogSeconds === undefined ? [] : ['watchdog'])];
    return [
      notification.name,
      name,
      type,
      told.filter((each) => each !== '').join(', '),
      String(pending),
      lastDeliveredAt === undefined ? 'never' : showMoment(lastDeliveredAt, viewer),
      lastError,
    ];
  });
}
