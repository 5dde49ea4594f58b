import { type Command, Option } from 'commander';
import { AppError } from '../../core/error.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, type Exit, openContext } from '../context.ts';
import { renderDecommission } from '../output/render-decommission.ts';
import { print } from '../show.ts';

type Objects = NonNullable<Schemas['Operation']['request']['objects']>;

interface Options {
  readonly deleteObjects?: true;
  readonly release?: true;
  readonly abandon?: true;
  readonly yes?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

export function addClusterDecommission(parent: Command, exit: Exit): void {
  parent
    .command('decommission')
    .argument('<name>', 'of the cluster')
    .description(
      'have a cluster leave the fleet: its objects are deleted or released, its agent counts no longer',
    )
    .addOption(
      new Option('--delete-objects', 'delete everything that its applications own').conflicts([
        'release',
        'abandon',
      ]),
    )
    .addOption(
      new Option('--release', 'leave the objects as they are, without our marks').conflicts('abandon'),
    )
    .option('--abandon', 'end it here without its agent, which is gone for good')
    .option('--yes <name>', "confirm with the cluster's name; without it nothing is changed")
    .option('--no-wait', 'return once it is asked for')
    .option('--timeout <time>', 'how long to wait for the end', '10m')
    .addHelpText(
      'after',
      [
        '\nWithout --yes it says what would end. Namespaces, definitions and volumes are left without our marks in any',
        'case. Until the end it can be cancelled: `fairlead operation cancel ID`.',
        '\nExamples:',
        '  fairlead cluster decommission staging',
        '  fairlead cluster decommission staging --release --yes staging',
        '  fairlead cluster decommission staging --delete-objects --yes staging',
      ].join('\n'),
    )
    .action(async (name: string, options: Options, command: Command) => {
      exit(await decommission(await openContext(command), name, options));
    });
}

async function decommission(context: Context, name: string, options: Options): Promise<number> {
  const { unwrap } = await import('../client/open-client.ts');
  const { parseTimeout, waitForOperation } = await import('./wait-for-operation.ts');
  const timeoutMs = parseTimeout(options.timeout);
  const params = { path: { name } };
  const objects = chosen(options);
  const preview = await unwrap(context.client.GET('/api/v1/clusters/{name}/decommission', { params }));
  if (objects === undefined || options.yes === undefined) {
    await print(context, preview, (value) => renderDecommission(value, objects));
    // Nothing was done: a script that forgot to confirm must not go on as if it were.
    return 1;
  }
  const body = { objects, confirm: options.yes };
  const asked = await unwrap(context.client.POST('/api/v1/clusters/{name}/decommission', { params, body }));
  if (!options.wait) {
    await print(
      context,
      asked,
      () => `${name} is being decommissioned. See it end: fairlead operation get ${asked.id} --watch`,
    );
    return 0;
  }
  const operation = await waitForOperation(context, asked, timeoutMs);
  if (operation.phase === 'Failed') {
    if (context.format !== 'table') await print(context, operation, () => '');
    throw new AppError('conflict', operation.message, {
      subject: name,
      remedy: `See \`fairlead cluster get ${name}\``,
    });
  }
  await print(context, operation, ({ message }) => `${message}. Remove its document from Git`);
  return 0;
}

function chosen({ deleteObjects, release, abandon }: Options): Objects | undefined {
  if (deleteObjects === true) return 'delete';
  if (release === true) return 'release';
  return abandon === true ? 'abandon' : undefined;
}
