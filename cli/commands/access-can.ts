import type { Command } from 'commander';
import { type Exit, openContext, openPrinter } from '../context.ts';
import { print } from '../show.ts';

/** What every answer has, wherever it comes from. */
interface Answer {
  readonly allowed: boolean;
  readonly sentence: string;
}

interface Options {
  readonly group: readonly string[];
  readonly dir?: string;
  readonly fleetPath?: string;
  readonly protectedPath?: string;
}

interface Asked {
  readonly who: string;
  readonly verb: string;
  readonly resource: string;
  readonly object?: string;
}

const help = `
VERB and RESOURCE are Argo CD's: get, sync, rollback, update, delete, action/GROUP/KIND/NAME on applications;
get on logs, clusters, projects, repositories; update on clusters. OBJECT is PROJECT/NAME for applications and logs.

Exit codes: 0 yes, 1 no (or an error).

Examples:
  fairlead access can alice sync applications payments/web
  fairlead access can alice get logs payments/web --group payments-team
  fairlead access can role:readonly get clusters
  fairlead access can alice delete clusters prod --dir .     before it is merged, without a hub`;

export function addAccessCan(parent: Command, exit: Exit): void {
  parent
    .command('can')
    .argument('<who>', 'a person, or a role such as role:readonly or proj:payments:deployer')
    .argument('<verb>')
    .argument('<resource>')
    .argument('[object]')
    .description('whether somebody may do something, and which line says so')
    .option('-g, --group <name>', 'a group of theirs; may be given again', collect, [])
    .option('--dir <dir>', 'ask the documents of this working directory instead of the hub')
    .option('--fleet-path <path>', 'with --dir: the folder of the catalog in it; else its root')
    .option('--protected-path <path>', 'with --dir: where policies count, below the fleet path (fleet)')
    .addHelpText('after', help)
    .action(
      async (
        who: string,
        verb: string,
        resource: string,
        object: string | undefined,
        options: Options,
        command: Command,
      ) => {
        const asked = { who, verb, resource, ...(object === undefined ? {} : { object }) };
        const answer =
          options.dir === undefined
            ? await askHub(command, asked, options.group)
            : await askDirectory(asked, { ...options, dir: options.dir });
        await print(
          openPrinter(command),
          answer,
          ({ allowed, sentence }) => `${allowed ? 'yes' : 'no'}: ${sentence}`,
        );
        exit(answer.allowed ? 0 : 1);
      },
    );
}

function collect(name: string, before: readonly string[]): readonly string[] {
  return [...before, name];
}

async function askHub(command: Command, asked: Asked, group: readonly string[]): Promise<Answer> {
  const { client } = await openContext(command);
  const { unwrap } = await import('../client/open-client.ts');
  const query = { ...asked, ...(group.length === 0 ? {} : { group: [...group] }) };
  return unwrap(client.GET('/api/v1/access/can', { params: { query } }));
}

async function askDirectory(asked: Asked, options: Options & { readonly dir: string }): Promise<Answer> {
  const { answerFromDirectory } = await import('../../hub/validate.ts');
  const { dir, fleetPath, protectedPath, group } = options;
  const place = {
    dir,
    ...(fleetPath === undefined ? {} : { fleetPath }),
    ...(protectedPath === undefined ? {} : { protectedPath }),
  };
  return answerFromDirectory(place, { ...asked, groups: group });
}
