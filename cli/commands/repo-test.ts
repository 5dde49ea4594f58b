import type { Command } from 'commander';
import type { Schemas } from '../client/open-client.ts';
import { type Context, type Exit, openContext } from '../context.ts';
import { type Style, toned } from '../output/style.ts';
import { print } from '../show.ts';

type Step = Schemas['RepositoryTest']['steps'][number];

export function addRepoTest(parent: Command, exit: Exit): void {
  parent
    .command('test')
    .argument('<url>', 'of a repository, without credentials')
    .description(
      'let the hub go the way to a repository: name, connection, TLS, authentication, repository, branch',
    )
    .addHelpText(
      'after',
      '\nThe hub uses the credentials that it has for the URL; nothing is fetched. Exits with 1 if a step fails.\n\nExample:\n  fairlead repo test https://git.example.com/team/apps.git',
    )
    .action(async (url: string, _options: unknown, command: Command) => {
      exit(await testRepository(await openContext(command), url));
    });
}

async function testRepository(context: Context, url: string): Promise<number> {
  const { unwrap } = await import('../client/open-client.ts');
  const result = await unwrap(context.client.POST('/api/v1/repositories/test', { body: { url } }));
  await print(context, result, ({ steps }) => steps.map((step) => lineOf(step, context.style)).join('\n'));
  return result.steps.some((step) => step.result === 'failed') ? 1 : 0;
}

function lineOf({ step, result, detail, remedy }: Step, style: Style): string {
  const line = `${step.padEnd(14)} ${detail}`;
  if (result === 'passed') return toned(style, 'calm', line);
  if (result === 'skipped') return `- ${line}`;
  return toned(style, 'broken', remedy === undefined ? line : `${line}. ${remedy}`);
}
