import type { Command } from 'commander';
import { AppError } from '../../core/error.ts';
import { type Context, type Exit, openContext } from '../context.ts';
import { print } from '../show.ts';

interface Options {
  readonly id: string;
  readonly wait: boolean;
  readonly timeout: string;
}

export function addAppConfirmPrune(parent: Command, exit: Exit): void {
  parent
    .command('confirm-prune')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .description('delete exactly the objects that a gate of the application shows, and nothing newer')
    .requiredOption('--id <id>', 'of the gate, as `fairlead app get` shows it')
    .option('--no-wait', 'return once it is asked for')
    .option('--timeout <time>', 'how long to wait for the result', '5m')
    .addHelpText(
      'after',
      '\nThe id stands for these very objects: once the set has changed it confirms nothing.\n\nExample:\n  fairlead app confirm-prune prod/payments --id u3kq7xw2ab',
    )
    .action(async (key: string, options: Options, command: Command) => {
      exit(await confirmPrune(await openContext(command), key, options));
    });
}

async function confirmPrune(context: Context, key: string, options: Options): Promise<number> {
  const { parseTimeout, submit, waitForOperation } = await import('./wait-for-operation.ts');
  const timeoutMs = parseTimeout(options.timeout);
  const accepted = await submit(context, key, { type: 'confirm-prune', id: options.id });
  if (!options.wait) {
    await print(
      context,
      accepted,
      () => `The deletion ${options.id} of ${accepted.application} on ${accepted.cluster} was confirmed.`,
    );
    return 0;
  }
  const operation = await waitForOperation(context, accepted, timeoutMs);
  if (operation.phase === 'Failed') {
    if (context.format !== 'table') await print(context, operation, () => '');
    throw new AppError('conflict', operation.message, {
      subject: operation.application,
      remedy: `See \`fairlead app get ${operation.application}\``,
    });
  }
  await print(
    context,
    operation,
    ({ application, cluster, message }) => `${application} on ${cluster}: ${message}`,
  );
  return 0;
}
