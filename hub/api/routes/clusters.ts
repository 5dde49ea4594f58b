import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import type { Viewer } from '../../../core/time-text.ts';
import type { ClusterDocument } from '../../catalog/documents.ts';
import type { Link } from '../../drift/summarise.ts';
import { summariseCluster } from '../../drift/summarise-cluster.ts';
import type { Connection, EnrolledCluster, StoredClusterStatus } from '../../ports.ts';
import { type ApiView, viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { viewerOf } from '../fleet-view.ts';
import { clusterNames, demand } from '../gate.ts';
import { suggest } from '../nearest-names.ts';
import { viewerQuery } from '../schemas/common.ts';
import { ClusterSchema, EnrollmentSchema } from '../schemas/fleet.ts';
import { listOf, ref, type Value } from '../schemas/schema.ts';

type Cluster = Value<typeof ClusterSchema>;

export const NameParams = Type.Object({ name: Type.String() });
const ViewQuery = Type.Object(viewerQuery, { additionalProperties: false });

export function addClusterRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/clusters',
    {
      schema: {
        operationId: 'listClusters',
        summary: 'Members of the fleet, in the order of their names',
        querystring: ViewQuery,
        response: { 200: listOf(ClusterSchema, 'Declared clusters, and those that still have an agent.') },
      },
    },
    async (request) => ({
      items: await listClusters(viewOf(context, request), viewerOf(context, request.query)),
    }),
  );
  api.get(
    '/clusters/:name',
    {
      schema: {
        operationId: 'getCluster',
        summary: 'One member of the fleet',
        params: NameParams,
        querystring: ViewQuery,
        response: { 200: ref(ClusterSchema) },
      },
    },
    async (request) => {
      const all = await listClusters(viewOf(context, request), viewerOf(context, request.query));
      const found = all.find((cluster) => cluster.name === request.params.name);
      if (found !== undefined) return found;
      const names = all.map((cluster) => cluster.name);
      throw new AppError('not-found', 'there is no such cluster', {
        subject: request.params.name,
        remedy: suggest(request.params.name, names, 'fairlead cluster list'),
      });
    },
  );
  api.post(
    '/clusters/:name/enrollment',
    {
      schema: {
        operationId: 'enrollCluster',
        summary: 'Makes a one-time token for the first contact of a cluster’s agent',
        params: NameParams,
        response: { 201: ref(EnrollmentSchema) },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      demand(context, request, clusterNames(context, name));
      return reply.code(201).send(await context.control.enroll(name));
    },
  );
}

/** What the parts of the hub know of one cluster. */
interface Parts {
  readonly name: string;
  readonly document: ClusterDocument | undefined;
  readonly enrolled: EnrolledCluster | undefined;
  readonly stored: StoredClusterStatus | undefined;
  readonly connection: Connection | undefined;
  /** The operation by which it leaves the fleet. */
  readonly leaving: string | undefined;
  readonly decommissionedAt: string | undefined;
  readonly applications: number;
  readonly openDrifts: number;
}

/** Those that the caller sees, with what they see of each. */
export async function listClusters(context: ApiView, viewer: Viewer): Promise<readonly Cluster[]> {
  const [enrolled, stored, records, statuses, leaving, departed] = await Promise.all([
    context.store.listEnrolled(),
    context.store.listClusterStatus(),
    context.store.listApplications(),
    context.store.readStatuses(),
    context.store.listDecommissions(),
    context.store.listDecommissioned(),
  ]);
  const documents = context.control.catalog()?.clusters ?? new Map<string, ClusterDocument>();
  const connections = context.control.connections();
  const names = new Set([
    ...documents.keys(),
    ...enrolled.map((entry) => entry.cluster),
    ...stored.map((entry) => entry.cluster),
  ]);
  const seen = [...names].filter((name) => context.gate.seesCluster(name));
  return seen.sort().map((name) => {
    const members = records.filter((record) => record.cluster === name);
    const drifts = members.map((record) => statuses.get(record.application)?.drifts.length ?? 0);
    return clusterOf(
      {
        name,
        document: documents.get(name),
        enrolled: enrolled.find((entry) => entry.cluster === name),
        stored: stored.find((entry) => entry.cluster === name),
        connection: connections.get(name),
        leaving: leaving.find((operation) => operation.cluster === name)?.id,
        decommissionedAt: departed.get(name),
        applications: members.length,
        openDrifts: drifts.reduce((sum, count) => sum + count, 0),
      },
      viewer,
    );
  });
}

function clusterOf(parts: Parts, viewer: Viewer): Cluster {
  const { name, document, enrolled, stored, connection, applications, openDrifts } = parts;
  const course = {
    ...(parts.leaving === undefined ? {} : { decommission: parts.leaving }),
    ...(parts.decommissionedAt === undefined ? {} : { decommissionedAt: parts.decommissionedAt }),
  };
  const agentVersion = connection?.agentVersion ?? stored?.agentVersion;
  const kubernetesVersion = stored?.status?.capabilities.kubernetesVersion;
  const problems = stored?.status?.problems ?? [];
  const known = {
    ...(agentVersion === undefined ? {} : { agentVersion }),
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
  };
  const facts = {
    name,
    declared: document !== undefined,
    enrolled: enrolled !== undefined,
    link: linkOf(connection, stored),
    problems,
    applications,
    openDrifts,
    ...known,
    ...course,
  };
  return {
    name,
    declared: facts.declared,
    ...(document === undefined ? {} : { location: document.location }),
    environment: document?.environment ?? '',
    labels: document?.labels ?? {},
    servers: document?.servers ?? [],
    ...(document?.mode === undefined ? {} : { mode: document.mode }),
    ...(enrolled === undefined
      ? {}
      : { enrolledAt: enrolled.enrolledAt, certificateExpiresAt: enrolled.certificateExpiresAt }),
    ...course,
    connected: connection !== undefined,
    ...(connection === undefined ? {} : { connectedSince: connection.since }),
    ...(stored?.lastSeenAt === undefined ? {} : { lastSeenAt: stored.lastSeenAt }),
    ...known,
    ...(stored?.status?.guard === undefined ? {} : { guard: stored.status.guard }),
    generation: connection?.generation ?? stored?.generation ?? 0,
    problems,
    applications,
    openDrifts,
    ...summariseCluster(facts, viewer),
  };
}

function linkOf(connection: Connection | undefined, stored: StoredClusterStatus | undefined): Link {
  if (connection !== undefined) return { type: 'connected' };
  return stored?.lastSeenAt === undefined ? { type: 'silent' } : { type: 'silent', since: stored.lastSeenAt };
}
