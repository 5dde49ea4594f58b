import { type Command, InvalidArgumentError, Option } from 'commander';
import { describeValues } from '../../core/describe-values.ts';
import { AppError } from '../../core/error.ts';
import { displayRef } from '../../core/object-ref.ts';
import type { Viewer } from '../../core/time-text.ts';
import { writerText } from '../../core/writer-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { type Context, type Exit, openContext } from '../context.ts';
import { showMoment } from '../output/moment.ts';
import { show } from '../show.ts';

type Entry = Schemas['DriftEntry'];

interface Options {
  readonly app?: string;
  readonly cluster?: string;
  readonly state: 'open' | 'closed' | 'all';
  readonly limit?: number;
  readonly exitCode?: boolean;
}

export function addDriftList(parent: Command, exit: Exit): void {
  parent
    .command('list')
    .description('drifts, newest first: object, field, writer and time')
    .option('-a, --app <app>', 'of one application')
    .option('-c, --cluster <name>', 'of one cluster')
    .addOption(new Option('--state <state>', 'which').choices(['open', 'closed', 'all']).default('open'))
    .option('--limit <number>', 'how many at most (200)', parseLimit)
    .option('--exit-code', 'exit with 2 if there is any')
    .option('-w, --watch', 'redraw as things change')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead drift list --state all\n  fairlead drift list -c prod --exit-code',
    )
    .action(async (options: Options, command: Command) => {
      const found = await listDrifts(await openContext(command), options);
      if (options.exitCode === true && found > 0) exit(2);
    });
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new InvalidArgumentError('A number from 1 to 1000.');
  return limit;
}

async function listDrifts(context: Context, options: Options): Promise<number> {
  const { unwrap } = await import('../client/open-client.ts');
  const { formatTable } = await import('../output/table.ts');
  const { viewerQuery } = await import('../output/moment.ts');
  const query = {
    ...(options.state === 'all' ? {} : { state: options.state }),
    ...(options.app === undefined ? {} : { application: options.app }),
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
  let unheard: readonly string[] = [];
  const items = await show<readonly Entry[]>(context, {
    async read() {
      const viewer = viewerQuery(context.viewer());
      const params = { query: { ...query, ...viewer } };
      const { items: clusters } = await unwrap(
        context.client.GET('/api/v1/clusters', { params: { query: viewer } }),
      );
      checkCluster(options.cluster, clusters);
      unheard = unheardOf(clusters, options.cluster);
      return (await unwrap(context.client.GET('/api/v1/drifts', { params }))).items;
    },
    render(entries) {
      if (entries.length === 0) return [nothing(options), ...unheard].join('\n');
      const viewer = context.viewer();
      const head = ['ID', 'CLUSTER', 'APPLICATION', 'OBJECT', 'CHANGE', 'WRITER', 'SEEN', 'STATE'];
      const table = formatTable(
        head,
        entries.map((entry) => rowOf(entry, viewer)),
        context.style,
      );
      return [table, ...unheard].join('\n');
    },
  });
  return items.length;
}

function nothing({ state }: Options): string {
  return state === 'open' ? 'No open drifts; `--state all` shows what was healed or synced.' : 'No drifts.';
}

/** A name that no cluster has would find nothing, and look like all is well. */
function checkCluster(name: string | undefined, clusters: readonly Schemas['Cluster'][]): void {
  if (name === undefined || clusters.some((cluster) => cluster.name === name)) return;
  throw new AppError('not-found', 'there is no such cluster', {
    subject: name,
    remedy: `The fleet has ${clusters.map((cluster) => cluster.name).join(', ') || 'none yet'}`,
  });
}

/** No drift is known of a cluster that says nothing: that is to be seen, not guessed. */
function unheardOf(clusters: readonly Schemas['Cluster'][], only: string | undefined): readonly string[] {
  return clusters
    .filter(({ name, connected }) => !connected && (only === undefined || name === only))
    .map(({ sentence }) => `Newer drifts there are not known: ${sentence}`);
}

function rowOf({ cluster, drift, state, end, closedAt }: Entry, viewer: Viewer): readonly string[] {
  return [
    drift.id,
    cluster,
    drift.application,
    displayRef(drift.ref),
    describeChange(drift),
    writerText(drift) ?? 'unknown',
    showMoment(drift.observedAt, viewer),
    state === 'open' ? 'open' : `${end ?? 'closed'} ${showMoment(closedAt, viewer)}`,
  ];
}

function describeChange(drift: Schemas['Drift']): string {
  const [first, ...others] = drift.fields;
  if (first === undefined) return drift.kind;
  const approximate = drift.verdict === 'approximate' ? ' (approximate)' : '';
  const change = `${first.path} ${describeValues(first)}`;
  return others.length === 0
    ? `${change}${approximate}`
    : `${change} and ${others.length} more${approximate}`;
}
