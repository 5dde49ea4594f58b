import type { Command } from 'commander';
import { type Context, openContext } from '../context.ts';
import { print } from '../show.ts';

export function addAppTree(parent: Command): void {
  parent
    .command('tree')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .description('what it is on its cluster now, by owner references down to the pods')
    .option('-a, --all', 'look through every kind, and show old revisions too')
    .addHelpText(
      'after',
      '\nThe agent is asked each time; nothing is kept at the hub.\n\nExamples:\n  fairlead app tree prod/payments\n  fairlead app tree payments --all -o json',
    )
    .action(async (key: string, options: { readonly all?: boolean }, command: Command) =>
      showTree(await openContext(command), key, options.all === true ? 'all' : 'known'),
    );
}

async function showTree(context: Context, key: string, kinds: 'known' | 'all'): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { renderTree } = await import('../output/render-tree.ts');
  const params = { path: { key }, query: { kinds } };
  const tree = await unwrap(context.client.GET('/api/v1/applications/{key}/tree', { params }));
  await print(context, tree, (shown) => renderTree(shown, context.style, context.viewer()));
}
