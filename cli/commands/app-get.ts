import type { Command } from 'commander';
import type { Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import type { Style } from '../output/style.ts';
import { show } from '../show.ts';

type Application = Schemas['Application'];

export function addAppGet(parent: Command): void {
  parent
    .command('get')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .description('everything that is known of one application, the sentence first')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead app get payments\n  fairlead app get prod/payments -o yaml',
    )
    .action(async (name: string, _options: unknown, command: Command) =>
      getApp(await openContext(command), name),
    );
}

async function getApp(context: Context, key: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { viewerQuery } = await import('../output/moment.ts');
  const { renderApplication } = await import('../output/render-application.ts');
  await show<Application>(context, {
    read() {
      const params = { path: { key }, query: viewerQuery(context.viewer()) };
      return unwrap(context.client.GET('/api/v1/applications/{key}', { params }));
    },
    render: (app) => renderApplication(app, context.style satisfies Style, context.viewer() satisfies Viewer),
  });
}
