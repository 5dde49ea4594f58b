import type { Command } from 'commander';
import { type Context, type Exit, openContext } from '../context.ts';
import { print } from '../show.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly fromCluster?: string;
  readonly allowUnhealthy?: boolean;
  readonly dryRun?: boolean;
}

export function addPromote(parent: Command, exit: Exit): void {
  parent
    .command('promote')
    .argument('<app>', 'what it is called in all environments, or one of them')
    .description('propose that one environment runs what another one runs: a branch and a pull request')
    .requiredOption('--from <environment>', 'whose images are to run')
    .requiredOption('--to <environment>', 'which is to be changed')
    .option('--from-cluster <cluster>', 'which cluster counts, where those of --from run different images')
    .option('--allow-unhealthy', 'promote what Git says there, though it is not known to run well')
    .option('--dry-run', 'show what would be proposed; write nothing')
    .addHelpText(
      'after',
      '\nExit codes: 0 proposed, or equal already; 2 with --dry-run where something would change.\n\nExamples:\n  fairlead promote payments --from staging --to prod --dry-run\n  fairlead promote payments --from staging --to prod',
    )
    .action(async (key: string, options: Options, command: Command) => {
      exit(await promoteApp(await openContext(command), key, options));
    });
}

async function promoteApp(context: Context, key: string, options: Options): Promise<number> {
  const { unwrap } = await import('../client/open-client.ts');
  const { readGitAuthor } = await import('../git-author.ts');
  const { renderProposal } = await import('../output/render-proposal.ts');
  const { from, to, fromCluster, allowUnhealthy, dryRun = false } = options;
  const author = await readGitAuthor();
  const body = {
    from,
    to,
    dryRun,
    ...(fromCluster === undefined ? {} : { fromCluster }),
    ...(allowUnhealthy === undefined ? {} : { allowUnhealthy }),
    ...(author === undefined ? {} : { author }),
  };
  const params = { path: { key } };
  const proposal = await unwrap(
    context.client.POST('/api/v1/applications/{key}/promotion', { params, body }),
  );
  await print(context, proposal, (value) => renderProposal(value, context.style));
  return proposal.state === 'preview' ? 2 : 0;
}
