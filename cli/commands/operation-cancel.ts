import type { Command } from 'commander';
import { isFinal } from '../../core/operation.ts';
import { type Context, openContext } from '../context.ts';
import { print } from '../show.ts';

interface Options {
  readonly wait: boolean;
  readonly timeout: string;
}

export function addOperationCancel(parent: Command): void {
  parent
    .command('cancel')
    .argument('<id>', 'as `operation list` shows it')
    .description('end an operation: what it has applied stays, hooks of it that run are deleted')
    .option('--no-wait', 'return once it is asked for')
    .option('--timeout <time>', 'how long to wait for its end', '1m')
    .addHelpText(
      'after',
      '\nThe cluster is not put back: `fairlead app sync` begins anew, `fairlead rollback` goes back.\nExample:\n  fairlead operation cancel 5b0c7c1e-6d0f-4f2e-9a52-6f7f1f0a3d11',
    )
    .action(async (id: string, options: Options, command: Command) =>
      cancelOperation(await openContext(command), id, options),
    );
}

async function cancelOperation(context: Context, id: string, options: Options): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { parseTimeout, waitForOperation } = await import('./wait-for-operation.ts');
  const timeoutMs = parseTimeout(options.timeout);
  const params = { path: { id } };
  const asked = await unwrap(context.client.POST('/api/v1/operations/{id}/cancel', { params }));
  const operation = options.wait ? await waitForOperation(context, asked, timeoutMs) : asked;
  await print(context, operation, ({ application, cluster, phase, message }) =>
    isFinal(phase)
      ? `${application} on ${cluster}: ${message}`
      : `The agent of ${cluster} is asked to end it.`,
  );
}
