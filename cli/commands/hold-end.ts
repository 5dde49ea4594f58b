import type { Command } from 'commander';
import { AppError } from '../../core/error.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { print } from '../show.ts';
import { describeTarget } from './hold.ts';

type Hold = Schemas['Hold'];

export function addHoldEnd(parent: Command): void {
  parent
    .command('end')
    .argument('<id>', 'as `fairlead hold list` shows it')
    .description('end a hold before its time: what waited for it goes on')
    .addHelpText('after', '\nExample:\n  fairlead hold end 3f9a01bc')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = await openContext(command);
      await print(context, await endHold(context, id), renderEnded);
    });
}

/** `fairlead unhold TARGET`: every hold of it ends. */
export function addUnhold(parent: Command): void {
  parent
    .command('unhold')
    .argument('<target>', 'the application or cluster that is held')
    .description('end every hold of an application, or those of all of a cluster, before their time')
    .addHelpText('after', '\nExample:\n  fairlead unhold prod/payments')
    .action(async (target: string, _options: unknown, command: Command) =>
      unhold(await openContext(command), target),
    );
}

async function unhold(context: Context, target: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { items } = await unwrap(context.client.GET('/api/v1/holds'));
  const meant = items.filter((hold) => hold.source === 'hub' && namesOf(hold).includes(target));
  if (meant.length === 0) {
    throw new AppError('not-found', 'nothing holds it by the hub', {
      subject: target,
      remedy: 'See `fairlead hold list`; what was set with kubectl ends by removing its annotation',
    });
  }
  const ended: Hold[] = [];
  for (const { id = '' } of meant) ended.push(await endHold(context, id));
  await print(context, ended, (all) => all.map(renderEnded).join('\n'));
}

/** Everything that a person may call it. */
function namesOf({ application, cluster }: Hold): readonly string[] {
  if (application === undefined) return [cluster];
  const name = application.slice(application.indexOf('/') + 1);
  return [application, name, `${cluster}/${name}`];
}

async function endHold(context: Context, id: string): Promise<Hold> {
  const { unwrap } = await import('../client/open-client.ts');
  return unwrap(context.client.POST('/api/v1/holds/{id}/end', { params: { path: { id } } }));
}

function renderEnded(entry: Hold): string {
  const state = entry.state === 'ending' ? 'ends once its agent has heard of it' : 'has ended';
  return `The hold ${entry.id} of ${describeTarget(entry)} ${state}.`;
}
