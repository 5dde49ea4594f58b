import type { Command } from 'commander';
import { AppError } from '../../core/error.ts';
import { type Context, type Exit, openContext } from '../context.ts';
import { print } from '../show.ts';

interface Options {
  readonly wait: boolean;
  readonly timeout: string;
}

export function addAppSync(parent: Command, exit: Exit): void {
  parent
    .command('sync')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .description('apply everything that differs from Git now, drift included, whatever the mode')
    .option('--no-wait', 'return once it is asked for')
    .option('--timeout <time>', 'how long to wait for the result', '5m')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead app sync prod/payments\n  fairlead app sync payments --no-wait -o json',
    )
    .action(async (key: string, options: Options, command: Command) => {
      exit(await syncApp(await openContext(command), key, options));
    });
}

async function syncApp(context: Context, key: string, options: Options): Promise<number> {
  const { heldBack } = await import('./held-back.ts');
  const { parseTimeout, submit, waitForOperation } = await import('./wait-for-operation.ts');
  const timeoutMs = parseTimeout(options.timeout);
  const accepted = await submit(context, key, { type: 'sync' });
  if (!options.wait) {
    await print(
      context,
      accepted,
      () => `Sync of ${accepted.application} on ${accepted.cluster} was asked for.`,
    );
    return 0;
  }
  const operation = await waitForOperation(context, accepted, timeoutMs);
  if (operation.phase === 'Failed') {
    if (context.format !== 'table') await print(context, operation, () => '');
    throw new AppError('unavailable', `the sync failed: ${operation.message}`, {
      subject: operation.application,
      remedy: `See \`fairlead app get ${operation.application}\``,
    });
  }
  const held = await heldBack(context, operation.application);
  await print(context, operation, ({ application, cluster, message }) =>
    [`${application} on ${cluster}: ${message}`, ...(held === undefined ? [] : [held])].join('\n'),
  );
  return 0;
}
