import type { Command } from 'commander';
import { formatMoment, type Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, openContext } from '../context.ts';
import { show } from '../show.ts';

type Entry = Schemas['DriftEntry'];
type RenderChange = typeof import('../output/render-drift.ts').renderChange;

export function addDriftShow(parent: Command): void {
  parent
    .command('show')
    .argument('<id>', 'its id, or a beginning of at least 6 characters')
    .description('one drift: what changed, by whom, when, and how it went on')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText('after', '\nExample:\n  fairlead drift show wdv67z')
    .action(async (id: string, _options: unknown, command: Command) =>
      showDrift(await openContext(command), id),
    );
}

async function showDrift(context: Context, id: string): Promise<void> {
  const { unwrap } = await import('../client/open-client.ts');
  const { viewerQuery } = await import('../output/moment.ts');
  const { renderChange } = await import('../output/render-drift.ts');
  await show<Entry>(context, {
    read() {
      const params = { path: { id }, query: viewerQuery(context.viewer()) };
      return unwrap(context.client.GET('/api/v1/drifts/{id}', { params }));
    },
    render: (entry) => renderEntry(entry, context, context.viewer(), renderChange),
  });
}

function renderEntry(entry: Entry, context: Context, viewer: Viewer, renderChange: RenderChange): string {
  const parts = [entry.sentence, renderChange(entry.drift, context.style, viewer)];
  const course = (entry.events ?? []).map(({ at, sentence }) => `  ${formatMoment(at, viewer)}  ${sentence}`);
  if (course.length > 0) parts.push(['Course', ...course].join('\n'));
  const unknown = whyUnknown(entry.drift);
  if (unknown !== undefined) parts.push(unknown);
  if (entry.state === 'open')
    parts.push(`To bring Git's state back: fairlead app sync ${entry.drift.application}`);
  return parts.join('\n\n');
}

/** Somebody who reads a drift asks who did it: where that can't be said, why not. */
function whyUnknown({ kind, fields, writer, person }: Entry['drift']): string | undefined {
  if (writer !== undefined || person !== undefined) return undefined;
  const where = "the API server's audit log may know";
  if (kind === 'missing') return `Kubernetes doesn't record who deletes an object; ${where}.`;
  if (kind === 'changed' && fields.every(({ live }) => live === undefined))
    return `Kubernetes doesn't record who removes a field; ${where}.`;
  return undefined;
}
