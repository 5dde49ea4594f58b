import { AppError } from '../../../core/error.ts';
import type { ProjectDocument } from '../../catalog/documents.ts';
import type { ApplicationRecord } from '../../ports.ts';
import { type ApiView, viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { FleetStatusSchema, ProjectSchema } from '../schemas/fleet.ts';
import { listOf, ref, type Value } from '../schemas/schema.ts';
import { listItems } from './applications.ts';
import { listClusters } from './clusters.ts';

type Project = Value<typeof ProjectSchema>;
type FleetStatus = Value<typeof FleetStatusSchema>;

export function addFleetRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/projects',
    {
      schema: {
        operationId: 'listProjects',
        summary: 'Projects, in the order of their names',
        response: { 200: listOf(ProjectSchema, 'Projects of the last catalog.') },
      },
    },
    async (request) => {
      const { gate, control, store } = viewOf(context, request);
      const catalog = control.catalog();
      if (catalog === undefined) {
        throw new AppError('unavailable', 'the fleet repository has not been read yet', {
          remedy: 'Try again in a moment; `fairlead doctor` tells what is in the way',
        });
      }
      const records = await store.listApplications();
      const projects = [...catalog.projects.values()]
        .filter(({ name }) => gate.seesProject(name))
        .sort((left, right) => (left.name < right.name ? -1 : 1));
      return { items: projects.map((project) => projectOf(project, records)) };
    },
  );
  api.get(
    '/status',
    {
      schema: {
        operationId: 'getStatus',
        summary: 'The state of the hub and of the fleet in numbers',
        response: { 200: ref(FleetStatusSchema) },
      },
    },
    (request) => readStatus(viewOf(context, request)),
  );
}

function projectOf(project: ProjectDocument, records: readonly ApplicationRecord[]): Project {
  const { kind: _kind, fieldLines: _lines, roles, ...shown } = project;
  const members = records.filter((record) => record.project === project.name);
  const refused = members.filter((record) => record.gates.some((gate) => gate.kind === 'refusal'));
  return { ...shown, ...rolesOf(roles), applications: members.length, refused: refused.length };
}

function rolesOf(roles: ProjectDocument['roles'] = []): Pick<Project, 'roles'> {
  if (roles.length === 0) return {};
  return {
    roles: roles.map(({ name, description, rules, bindings }) => ({
      name,
      description,
      policies: rules.map(({ origin }) => origin.text),
      groups: bindings.map(({ member }) => member),
    })),
  };
}

async function readStatus(context: ApiView): Promise<FleetStatus> {
  const now = context.clock.now().toISOString();
  const [applications, clusters] = await Promise.all([
    listItems(context, { now }),
    listClusters(context, { now }),
  ]);
  const lastPass = context.control.lastPass();
  const declared = clusters.filter((cluster) => cluster.declared);
  const connected = declared.filter((cluster) => cluster.connected);
  return {
    version: context.version,
    now,
    ...(lastPass === undefined ? {} : { lastPass }),
    sources: context.control.sources(),
    problems: context.control.problems(),
    counts: {
      clusters: {
        declared: declared.length,
        connected: connected.length,
        silent: declared.length - connected.length,
      },
      applications: applications.length,
      sync: countBy(applications.map((item) => item.sync)),
      health: countBy(applications.map((item) => item.health.status)),
      tone: countBy(applications.map((item) => item.tone)),
      openDrifts: applications.reduce((sum, item) => sum + item.openDrifts, 0),
    },
  };
}

function countBy(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
