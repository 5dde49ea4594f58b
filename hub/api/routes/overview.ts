import Type from 'typebox';
import { summarise } from '../../drift/summarise.ts';
import { type Known, lastChange, tally } from '../../drift/summarise-fleet.ts';
import { type ApiView, viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { readLinks, viewerOf } from '../fleet-view.ts';
import { viewerQuery } from '../schemas/common.ts';
import { OverviewSchema } from '../schemas/overview.ts';
import { ref, type Value } from '../schemas/schema.ts';
import { listClusters } from './clusters.ts';

type Overview = Value<typeof OverviewSchema>;
type Environment = Overview['environments'][number];
type Clusters = Awaited<ReturnType<typeof listClusters>>;

const maxProblems = 50;

export function addOverviewRoute(api: Api, context: ApiContext): void {
  api.get(
    '/overview',
    {
      schema: {
        operationId: 'getOverview',
        summary: 'The fleet at a glance: clusters by environment, with their applications in numbers',
        querystring: Type.Object(viewerQuery, { additionalProperties: false }),
        response: { 200: ref(OverviewSchema) },
      },
    },
    async (request): Promise<Overview> => {
      const viewer = viewerOf(context, request.query);
      const view = viewOf(context, request);
      const [records, statuses, links, clusters] = await Promise.all([
        view.store.listApplications(),
        view.store.readStatuses(),
        readLinks(view),
        listClusters(view, viewer),
      ]);
      const known = records.map((record): Known => {
        const status = statuses.get(record.application);
        return { record, status, summary: summarise(record, status, links(record.cluster), viewer) };
      });
      const last = lastChange(known);
      const lastPass = context.control.lastPass();
      return {
        version: context.version,
        now: viewer.now,
        environments: environmentsOf(clusters, known, declaredOrder(context)),
        ...(await limitOf(context, view, records.length)),
        total: tally(known),
        unplaced: records.filter((record) => record.cluster === '').length,
        ...(lastPass === undefined ? {} : { lastPass }),
        ...(last === undefined ? {} : { lastChange: last }),
        sourceProblems: view.control
          .sources()
          .flatMap(({ url, problem }) => (problem === undefined ? [] : { url, problem })),
        problems: view.control.problems().slice(0, maxProblems),
        projects: namesOf(records.map((record) => record.project)),
        owners: namesOf(records.flatMap((record) => record.owner ?? [])),
      };
    },
  );
}

/** Whoever may not see everything is told so: an empty page would look like an empty fleet. */
async function limitOf(
  context: ApiContext,
  { gate: { subject } }: ApiView,
  seen: number,
): Promise<Pick<Overview, 'limited'>> {
  if (subject.type === 'administrator') return {};
  const all = await context.store.listApplications();
  if (all.length === seen) return {};
  const count = `${seen === 0 ? 'no' : seen} application${seen === 1 ? '' : 's'}`;
  return {
    limited: `${subject.name} may see ${count} here; \`fairlead access can ${subject.name} get applications PROJECT/NAME\` says why`,
  };
}

function declaredOrder(context: ApiContext): readonly string[] {
  return (context.control.catalog()?.fleet?.environments ?? []).map(({ name }) => name);
}

/** Declared environments in their order, then others by name, clusters without one last. */
function environmentsOf(
  clusters: Clusters,
  known: readonly Known[],
  declared: readonly string[],
): readonly Environment[] {
  const byCluster = Map.groupBy(known, ({ record }) => record.cluster);
  const present = namesOf(clusters.map((cluster) => cluster.environment));
  const others = present.filter((name) => !declared.includes(name) && name !== '');
  const unnamed = present.filter((name) => name === '');
  return [...declared, ...others, ...unnamed].map((name) => ({
    name,
    clusters: clusters
      .filter((cluster) => cluster.environment === name)
      .map(({ name: cluster, connected, lastSeenAt, sentence, tone }) => ({
        name: cluster,
        connected,
        ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
        sentence,
        state: tone,
        tally: tally(byCluster.get(cluster) ?? []),
      })),
  }));
}

function namesOf(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
