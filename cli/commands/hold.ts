import type { Command } from 'commander';
import { parseDuration } from '../../core/duration.ts';
import { AppError } from '../../core/error.ts';
import { displayRef } from '../../core/object-ref.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { print } from '../show.ts';

type Hold = Schemas['Hold'];

interface Options {
  readonly for?: string;
  readonly reason?: string;
  readonly cluster?: boolean;
}

/** `fairlead hold TARGET`; its subcommands are added to what this returns. */
export function addHold(parent: Command): Command {
  return (
    parent
      .command('hold')
      .argument('<target>', 'an application (name, cluster/name or namespace/name) or a cluster')
      .description('have an application, or all of a cluster, left alone for a time')
      // Not required as options: `hold list` and `hold end` stand below this command and take none.
      .option('--for <time>', 'how long, such as 90m, 2h or 3d')
      .option('--reason <text>', 'why, for everybody who wonders')
      .option('--cluster', 'the target is a cluster, where an application is called so too')
      .addHelpText(
        'after',
        '\nNothing is applied, healed or deleted there until then; drift is reported.\n' +
          'Its agent keeps to it without the hub, too.\n\n' +
          'Examples:\n' +
          "  fairlead hold prod/payments --for 2h --reason 'INC-42: hotfix by hand'\n" +
          '  fairlead hold prod --for 30m --reason upgrade\n' +
          '  fairlead hold list',
      )
      .action(async (target: string, options: Options, command: Command) =>
        hold(await openContext(command), target, options),
      )
  );
}

async function hold(context: Context, target: string, options: Options): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { readGitAuthor } = await import('../git-author.ts');
  const { ms, reason } = readOptions(options);
  const author = await readGitAuthor();
  const body = {
    target,
    forSeconds: Math.round(ms / 1000),
    reason,
    ...(options.cluster === true ? { kind: 'cluster' as const } : {}),
    ...(author === undefined ? {} : { by: author.name }),
  };
  const made = await unwrap(context.client.POST('/api/v1/holds', { body }));
  await print(context, made, (entry) => renderMade(entry, context));
}

function readOptions(options: Options): { readonly ms: number; readonly reason: string } {
  if (options.for === undefined || options.reason === undefined) {
    throw new AppError('invalid', 'a hold needs --for and --reason', {
      remedy: "Such as: fairlead hold prod/payments --for 2h --reason 'INC-42: hotfix by hand'",
    });
  }
  const ms = parseDuration(options.for);
  if (ms !== undefined && ms >= 60_000) return { ms, reason: options.reason };
  throw new AppError('invalid', `--for can't be "${options.for}"`, {
    remedy: 'Write a duration of a minute or more, such as 90m, 2h or 3d',
  });
}

function renderMade(entry: Hold, context: Context): string {
  const until = showMoment(entry.until, context.viewer());
  return [
    `${describeTarget(entry)} is held until ${until} (${entry.id}).`,
    'It counts once its agent has taken it: fairlead hold list',
    `To end it: fairlead hold end ${entry.id}`,
  ].join('\n');
}

/** What a hold is of, for people. */
export function describeTarget({ ref, application, cluster }: Hold): string {
  if (ref !== undefined) return `${displayRef(ref)} on ${cluster}`;
  return application === undefined ? `all of ${cluster}` : `${application} on ${cluster}`;
}
