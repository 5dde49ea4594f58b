import type { Command } from 'commander';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { show } from '../show.ts';

type Explanation = Schemas['Explanation'];

export function addExplain(program: Command): void {
  program
    .command('explain')
    .argument(
      '<target>',
      'an application, or an object as Kind/name, Kind/namespace/name, also after cluster/',
    )
    .description('from the commit to health: what holds it back, and what to do')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead explain payments\n  fairlead explain prod/payments\n  fairlead explain deployment/web\n  fairlead explain prod/Deployment/shop/web -o json',
    )
    .action(async (target: string, _options: unknown, command: Command) =>
      explainTarget(await openContext(command), target),
    );
}

async function explainTarget(context: Context, target: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { viewerQuery } = await import('../output/moment.ts');
  const { renderExplanation } = await import('../output/render-explanation.ts');
  await show<Explanation>(context, {
    read() {
      const query = { target, ...viewerQuery(context.viewer()) };
      return unwrap(context.client.GET('/api/v1/explain', { params: { query } }));
    },
    render: (explanation) => renderExplanation(explanation, context.style),
  });
}
