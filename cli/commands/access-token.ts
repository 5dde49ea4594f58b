import { createHash, randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { AppError } from '../../core/error.ts';
import { openPrinter } from '../context.ts';
import { print } from '../show.ts';

const help = `
The hub reads the lines from the file that --api-tokens (FAIRLEAD_API_TOKENS; the chart's apiTokens) names, and again
whenever it changes: a line that is gone ends its token. Who holds only the file has no token by it. NAME may be a
project's role, such as proj:payments:deployer, for a pipeline.

Example:
  fairlead access token alice --group payments-team`;

export function addAccessToken(parent: Command): void {
  parent
    .command('token')
    .argument('<name>', 'who will hold it')
    .description('make a token of the API for somebody, and the line that lets the hub know it; asks no hub')
    .option('-g, --group <name>', 'a group of theirs; may be given again', collect, [])
    .addHelpText('after', help)
    .action(async (name: string, { group }: { readonly group: readonly string[] }, command: Command) => {
      const token = `flt_${randomBytes(24).toString('base64url')}`;
      const digest = createHash('sha256').update(token).digest('hex');
      const line = [checked(name), `sha256:${digest}`, group.map(checkedGroup).join(', ')].join(' ').trim();
      await print(
        openPrinter(command),
        { name, groups: group, token, line },
        () => `token  ${token}\nline   ${line}`,
      );
    });
}

function collect(name: string, before: readonly string[]): readonly string[] {
  return [...before, name];
}

function checked(name: string): string {
  if (name !== '' && !/\s/.test(name)) return name;
  throw new AppError('invalid', "a name can't have spaces", { subject: name });
}

function checkedGroup(name: string): string {
  if (name.trim() !== '' && !/[,\n]/.test(name)) return name;
  throw new AppError('invalid', "a group's name can't have commas", { subject: name });
}
