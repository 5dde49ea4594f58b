import type { Command } from 'commander';
import { cleanValue } from '../../core/clean-text.ts';
import { type Context, openContext } from '../context.ts';
import { formatValue } from '../output/print-value.ts';

export function addAppLive(parent: Command): void {
  parent
    .command('live')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .argument('<resource>', 'an object of it, or one that it made: KIND/NAME')
    .description(
      'one object as it is on the cluster now, as YAML unless -o json; values of Secrets are sealed',
    )
    .option('--full', 'with managed fields and what kubectl keeps in annotations')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead app live prod/payments deploy/web\n  fairlead app live payments pod/web-7d9c-x2 -o json',
    )
    .action(async (key: string, resource: string, options: { readonly full?: boolean }, command: Command) =>
      showLive(await openContext(command), key, resource, options.full === true ? 'full' : 'short'),
    );
}

async function showLive(
  context: Context,
  key: string,
  resource: string,
  form: 'short' | 'full',
): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { findObject } = await import('./find-object.ts');
  const object = await findObject(context, key, resource);
  const params = { path: { key }, query: { object, form } };
  const live = await unwrap(context.client.GET('/api/v1/applications/{key}/live', { params }));
  const { format } = context;
  const shown = format === 'table' ? cleanValue(live.object) : live.object;
  process.stdout.write(`${await formatValue(shown, format === 'json' ? 'json' : 'yaml', String)}\n`);
  for (const note of live.notes) context.note(note);
}
