import type { Command } from 'commander';
import { displayRef } from '../../core/object-ref.ts';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { print } from '../show.ts';

export function addAppEvents(parent: Command): void {
  parent
    .command('events')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .argument('[resource]', 'of one object and what it made: KIND/NAME')
    .description("what the cluster's components said of it and of what it made; newest last")
    .addHelpText(
      'after',
      '\nA cluster forgets its events, most of them after an hour.\n\nExamples:\n  fairlead app events prod/payments\n  fairlead app events payments deploy/web',
    )
    .action(async (key: string, resource: string | undefined, _options: unknown, command: Command) =>
      showEvents(await openContext(command), key, resource),
    );
}

async function showEvents(context: Context, key: string, resource: string | undefined): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { findObject } = await import('./find-object.ts');
  const { formatTable } = await import('../output/table.ts');
  const query = resource === undefined ? {} : { object: await findObject(context, key, resource) };
  const params = { path: { key }, query };
  const events = await unwrap(context.client.GET('/api/v1/applications/{key}/events', { params }));
  await print(context, events, (found) => {
    const viewer = context.viewer();
    const rows = found.events.map((event) => rowOf(event, viewer));
    const head = ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'TIMES', 'MESSAGE'];
    return [
      rows.length === 0 ? 'The cluster remembers no events of it.' : formatTable(head, rows, context.style),
      ...(found.more === 0 ? [] : [`And ${found.more} older ones.`]),
      ...found.problems,
    ].join('\n\n');
  });
}

function rowOf(
  { ref, type, reason, message, count, lastAt }: Schemas['ObjectEvent'],
  viewer: Viewer,
): readonly string[] {
  return [
    showMoment(lastAt === '' ? undefined : lastAt, viewer),
    type,
    reason,
    displayRef(ref),
    String(count),
    message,
  ];
}
