import type { Command } from 'commander';
import { type Context, type Exit, openContext } from '../context.ts';
import { toned } from '../output/style.ts';
import { print } from '../show.ts';

export function addNotificationTest(parent: Command, exit: Exit): void {
  parent
    .command('test')
    .argument('<name>', 'of the Notification')
    .description('send a message marked as a test to all its receivers; say which took it')
    .addHelpText(
      'after',
      '\nExits with 1 if a receiver did not take it. PagerDuty opens an alert for it: resolve it there.\n\nExample:\n  fairlead notification test platform',
    )
    .action(async (name: string, _options: unknown, command: Command) => {
      exit(await testNotification(await openContext(command), name));
    });
}

async function testNotification(context: Context, name: string): Promise<number> {
  const { unwrap } = await import('../client/open-client.ts');
  const params = { path: { name } };
  const { items } = await unwrap(context.client.POST('/api/v1/notifications/{name}/test', { params }));
  await print(context, items, (results) =>
    results
      .map(({ receiver, type, delivered, why = 'it said nothing' }) =>
        delivered
          ? toned(context.style, 'calm', `${receiver} (${type}) took it`)
          : toned(context.style, 'broken', `${receiver} (${type}) did not: ${why}`),
      )
      .join('\n'),
  );
  return items.every(({ delivered }) => delivered) ? 0 : 1;
}
