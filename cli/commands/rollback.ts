import type { Command } from 'commander';
import { AppError } from '../../core/error.ts';
import { type Context, type Exit, openContext } from '../context.ts';
import { print } from '../show.ts';

interface Options {
  readonly to?: string;
  readonly before?: string;
  readonly dryRun?: boolean;
}

export function addRollback(parent: Command, exit: Exit): void {
  parent
    .command('rollback')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .description('propose that its files are again what they were: a branch and a pull request')
    .option('--to <commit>', 'an entry of `app history` (the last applied one before what Git says now)')
    .option('--before <time>', 'what it ran before a time (2026-11-03T14:00:00Z) or so long ago (2h)')
    .option('--dry-run', 'show what would be proposed; write nothing')
    .addHelpText(
      'after',
      '\nExit codes: 0 proposed, or as it was already; 2 with --dry-run where something would change.\n\nExamples:\n  fairlead rollback prod/payments --dry-run\n  fairlead rollback prod/payments --before 2h\n  fairlead rollback prod/payments --to 1a2b3c4',
    )
    .action(async (key: string, options: Options, command: Command) => {
      exit(await rollBack(await openContext(command), key, options));
    });
}

async function rollBack(context: Context, key: string, options: Options): Promise<number> {
  const { unwrap } = await import('../client/open-client.ts');
  const { renderProposal } = await import('../output/render-proposal.ts');
  const path = '/api/v1/applications/{key}/rollback';
  const target = targetOf(options, new Date(context.viewer().now));
  const proposal =
    options.dryRun === true
      ? await unwrap(context.client.GET(path, { params: { path: { key }, query: target } }))
      : await unwrap(
          context.client.POST(path, {
            params: { path: { key } },
            body: { ...target, ...(await readAuthor()) },
          }),
        );
  await print(context, proposal, (value) => renderProposal(value, context.style, value.text));
  return proposal.state === 'preview' ? 2 : 0;
}

async function readAuthor(): Promise<{ readonly author?: { name: string; email: string } }> {
  const { readGitAuthor } = await import('../git-author.ts');
  const author = await readGitAuthor();
  return author === undefined ? {} : { author };
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function targetOf({ to, before }: Options, now: Date): { readonly to?: string; readonly before?: string } {
  const target = to === undefined ? {} : { to };
  if (before === undefined) return target;
  const ago = /^(\d+)([smhd])$/.exec(before);
  const moment =
    ago === null ? Date.parse(before) : now.getTime() - Number(ago[1]) * (unitMs[ago[2] ?? ''] ?? 0);
  // Also what is longer ago than dates reach.
  if (Number.isNaN(new Date(moment).getTime())) {
    throw new AppError('invalid', `--before is a time or so long ago, not ${before}`, {
      remedy: 'Write 2026-11-03T14:00:00Z, or 30m, 2h, 1d',
    });
  }
  return { ...target, before: new Date(moment).toISOString() };
}
