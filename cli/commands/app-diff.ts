import type { Command } from 'commander';
import { describePreview } from '../../core/describe-preview.ts';
import { AppError } from '../../core/error.ts';
import { changesNothing, type DiffChange, decodeDiff } from '../../core/operation.ts';
import { type Context, type Exit, openContext } from '../context.ts';
import { print } from '../show.ts';

export function addAppDiff(parent: Command, exit: Exit): void {
  parent
    .command('diff')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .description(
      'what a sync would change, as the cluster itself says by a dry-run; the first one with all that it takes over. Writes nothing',
    )
    .option('--timeout <time>', 'how long to wait for the agent', '60s')
    .addHelpText(
      'after',
      '\nExit codes: 0 equal (but for marks of ours), 2 differs.\n\nExample:\n  fairlead app diff prod/payments',
    )
    .action(async (key: string, options: { timeout: string }, command: Command) => {
      exit(await diffApp(await openContext(command), key, options.timeout));
    });
}

async function diffApp(context: Context, key: string, timeout: string): Promise<number> {
  const { heldBack } = await import('./held-back.ts');
  const { parseTimeout, submit, waitForOperation } = await import('./wait-for-operation.ts');
  const { renderChange } = await import('../output/render-drift.ts');
  const timeoutMs = parseTimeout(timeout);
  const operation = await waitForOperation(context, await submit(context, key, { type: 'diff' }), timeoutMs);
  const result = operation.phase === 'Succeeded' ? decodeDiff(operation.message) : undefined;
  if (result === undefined) {
    throw new AppError('unavailable', `it can't be compared: ${operation.message}`, {
      subject: operation.application,
      remedy: `See \`fairlead app get ${operation.application}\``,
    });
  }
  const { application } = operation;
  const held = await heldBack(context, application);
  const differing = result.filter((change) => !changesNothing(change));
  await print(context, result, (changes: readonly DiffChange[]) => {
    const notes = [...describePreview(changes), ...(held === undefined ? [] : [held])];
    if (differing.length === 0)
      return [`${application} is as ${held === undefined ? 'Git says' : 'it was before'}.`, ...notes].join(
        '\n',
      );
    const title = `${application} differs in ${differing.length} object${differing.length === 1 ? '' : 's'}`;
    const shown = differing.map((change) => renderChange(change, context.style, context.viewer()));
    return [title, ...shown, ...(notes.length === 0 ? [] : [notes.join('\n')])].join('\n\n');
  });
  return differing.length === 0 ? 0 : 2;
}
