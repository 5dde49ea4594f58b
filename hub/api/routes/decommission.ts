import Type from 'typebox';
import { isConfirmedKind } from '../../../core/confirmed-kind.ts';
import { AppError } from '../../../core/error.ts';
import type { ObjectStatus } from '../../../core/status.ts';
import { type ApiView, viewOf } from '../api-view.ts';
import { requester } from '../caller.ts';
import type { Api, ApiContext } from '../context.ts';
import { clusterNames, demand } from '../gate.ts';
import { suggest } from '../nearest-names.ts';
import { DecommissionPreviewSchema } from '../schemas/fleet.ts';
import { leavingWords, OperationSchema } from '../schemas/operation.ts';
import { ref, words } from '../schemas/schema.ts';
import { listClusters, NameParams } from './clusters.ts';

const Body = Type.Object(
  {
    objects: words(leavingWords, {
      description:
        '`delete`: all that its applications own; `release`: left as they are without our marks; `abandon`: end it here without asking its agent.',
    }),
    confirm: Type.String({ description: "The cluster's name again." }),
  },
  { additionalProperties: false },
);

export function addDecommissionRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/clusters/:name/decommission',
    {
      schema: {
        operationId: 'previewDecommission',
        summary: 'What would end with a cluster; changes nothing',
        params: NameParams,
        response: { 200: ref(DecommissionPreviewSchema) },
      },
    },
    async (request) => {
      const { name } = request.params;
      demand(context, request, clusterNames(context, name));
      return preview({ ...context, gate: viewOf(context, request).gate }, name);
    },
  );
  api.post(
    '/clusters/:name/decommission',
    {
      schema: {
        operationId: 'decommissionCluster',
        summary: 'Has a cluster leave the fleet, whatever Git says of it',
        params: NameParams,
        body: Body,
        response: { 202: ref(OperationSchema) },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const { objects, confirm } = request.body;
      demand(context, request, clusterNames(context, name));
      if (confirm !== name) {
        throw new AppError('invalid', `the confirmation names ${confirm}, not ${name}`, {
          subject: 'confirm',
          remedy: 'Write the name of the cluster that is to leave the fleet',
        });
      }
      const operation = await context.control.decommission(name, objects, requester(request));
      return reply.code(202).send(operation);
    },
  );
}

async function preview(context: ApiView, cluster: string) {
  const head = await context.store.readHead(cluster);
  const known = await listClusters(context, { now: context.clock.now().toISOString() });
  const found = known.find(({ name }) => name === cluster);
  if (found === undefined && head.entries.size === 0) {
    const names = known.map(({ name }) => name);
    throw new AppError('not-found', 'there is no such cluster', {
      subject: cluster,
      remedy: suggest(cluster, names, 'fairlead cluster list'),
    });
  }
  const names = [...head.entries.keys()].sort();
  const statuses = names.length === 0 ? new Map() : await context.store.readStatuses(names);
  const applications = names.map((application) => {
    const objects = (statuses.get(application)?.objects ?? []).map(({ ref }: ObjectStatus) => ref);
    return { application, objects, left: objects.filter(isConfirmedKind) };
  });
  const { connected = false, lastSeenAt } = found ?? {};
  return { cluster, connected, ...(lastSeenAt === undefined ? {} : { lastSeenAt }), applications };
}
