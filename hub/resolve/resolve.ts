import type { Gate } from '../../core/gate.ts';
import { type Mode, strictestMode } from '../../core/mode.ts';
import { formatLocation } from '../../core/problem.ts';
import { applicationKey, type Catalog } from '../catalog/catalog.ts';
import type {
  ApplicationDocument,
  ClusterDocument,
  EnvironmentSpec,
  FleetDocument,
  ProjectDocument,
} from '../catalog/documents.ts';
import { fieldLocation } from '../catalog/field-location.ts';
import type { Assignment, Refusal, Resolution } from './assignment.ts';
import { imageRuleOf } from './check-images.ts';
import {
  type EffectiveProject,
  effectiveProject,
  type FoundProject,
  ruleLocation,
} from './effective-project.ts';
import { fleetSettings } from './fleet-settings.ts';
import { judgeDestination, judgeSource } from './project-rules.ts';

/**
 * Decides for each application where it runs, or which rule refuses it: as far as the documents tell, before anything
 * is rendered. In the order of the applications' keys; the order of the documents doesn't matter. Frozen applications
 * are resolved like the others: that they stay as they are is the caller's matter (`Catalog.frozen`).
 */
export function resolve(catalog: Catalog): Resolution {
  const assignments: Assignment[] = [];
  const refusals: Refusal[] = [];
  const clusters = indexClusters(catalog);
  const projects = new Map<ProjectDocument, FoundProject>();
  const projectOf = (own: ProjectDocument): FoundProject => {
    const found = projects.get(own) ?? effectiveProject(catalog, own);
    projects.set(own, found);
    return found;
  };
  for (const key of [...catalog.applications.keys()].sort()) {
    const application = catalog.applications.get(key);
    if (application === undefined) continue;
    const found = resolveOne(catalog, clusters, projectOf, application);
    if (found.type === 'assigned') assignments.push(found.assignment);
    else refusals.push(refusalOf(application, found.cluster, found.gate));
  }
  return { assignments, refusals };
}

type Resolved =
  | { readonly type: 'assigned'; readonly assignment: Assignment }
  | { readonly type: 'refused'; readonly gate: Gate; readonly cluster?: string };

/** Documents are never changed, so that an assignment holds for as long as the documents are the same objects. */
const assigned = new WeakMap<ApplicationDocument, Grounds & { readonly assignment: Assignment }>();

interface Grounds {
  readonly project: EffectiveProject;
  readonly cluster: ClusterDocument;
  readonly fleet: FleetDocument;
}

function resolveOne(
  catalog: Catalog,
  clusters: ClusterIndex,
  projectOf: (own: ProjectDocument) => FoundProject,
  application: ApplicationDocument,
): Resolved {
  const destination = findCluster(clusters, application);
  if (destination.type === 'refused') return destination;
  const { cluster } = destination;
  const refused = (gate: Gate): Resolved => ({ type: 'refused', gate, cluster: cluster.name });
  const { fleet } = catalog;
  const environment = fleet?.environments.find(({ name }) => name === cluster.environment);
  if (fleet === undefined || environment === undefined) return refused(unknownEnvironment(fleet, cluster));
  const own = catalog.projects.get(application.project);
  if (own === undefined) return refused(unknownProject(catalog, application));
  const found = projectOf(own);
  if (found.type === 'missing') return refused(unknownGlobalProject(fleet, own, found.projectName));
  const { project } = found;
  const known = assigned.get(application);
  if (known?.project === project && known.cluster === cluster && known.fleet === fleet) {
    return { type: 'assigned', assignment: known.assignment };
  }
  const gate = judge(application, project, cluster);
  if (gate !== undefined) return refused(gate);
  const assignment = assign(application, project, cluster, environment, fleet);
  assigned.set(application, { project, cluster, fleet, assignment });
  return { type: 'assigned', assignment };
}

function assign(
  application: ApplicationDocument,
  project: EffectiveProject,
  cluster: ClusterDocument,
  environment: EnvironmentSpec,
  fleet: FleetDocument,
): Assignment {
  const limits = [project.mode, cluster.mode, environment.mode, fleet.mode].flatMap((mode) => mode ?? []);
  const { ignoreDifferences } = application;
  const imageRule = imageRuleOf(fleet, environment, project);
  return {
    application: applicationKey(application),
    name: application.name,
    project,
    cluster: cluster.name,
    servers: cluster.servers,
    environment: environment.name,
    namespace: application.destination.namespace,
    mode: strictestMode([modeOf(application), ...limits]),
    prune: application.prune,
    allowEmpty: application.allowEmpty,
    createNamespace: application.createNamespace,
    ...(application.namespaceMetadata === undefined
      ? {}
      : { namespaceMetadata: application.namespaceMetadata }),
    ...(application.pruneLast === true ? { pruneLast: true } : {}),
    ...(application.replace === undefined ? {} : { replace: application.replace }),
    ...(ignoreDifferences === undefined ? {} : { ignoreDifferences }),
    ...(application.unvalidated === undefined ? {} : { unvalidated: application.unvalidated }),
    deletesOnRemoval: application.deletesOnRemoval,
    deleteLimits: environment.deleteLimits ?? fleet.deleteLimits,
    ...(fleet.healthRules === undefined ? {} : { healthRules: fleet.healthRules }),
    ...fleetSettings(fleet, cluster),
    ...(imageRule === undefined ? {} : { imageRule }),
    ...(application.owner === undefined ? {} : { owner: application.owner }),
    ...(application.note === undefined ? {} : { note: application.note }),
    ...(application.info === undefined ? {} : { info: application.info }),
    sources: application.sources,
    document: { location: application.location, fieldLines: application.fieldLines },
  };
}

/** Argo CD's fields as modes: no `automated` leaves syncing to people, `selfHeal` corrects drift. */
function modeOf({ automated, selfHeal }: ApplicationDocument): Mode {
  if (!automated) return 'observe';
  return selfHeal ? 'heal' : 'sync';
}

function refusalOf(application: ApplicationDocument, cluster: string | undefined, gate: Gate): Refusal {
  return {
    application: applicationKey(application),
    name: application.name,
    project: application.project,
    ...(cluster === undefined ? {} : { cluster }),
    namespace: application.destination.namespace,
    sources: application.sources,
    gate,
    document: { location: application.location, fieldLines: application.fieldLines },
  };
}

type Destination =
  | { readonly type: 'found'; readonly cluster: ClusterDocument }
  | { readonly type: 'refused'; readonly gate: Gate };

/** Clusters in the order of their names. */
interface ClusterIndex {
  readonly all: readonly ClusterDocument[];
  readonly byName: ReadonlyMap<string, readonly ClusterDocument[]>;
  readonly byServer: ReadonlyMap<string, readonly ClusterDocument[]>;
}

function indexClusters({ clusters }: Catalog): ClusterIndex {
  const all = [...clusters.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  const byServer = new Map<string, ClusterDocument[]>();
  for (const cluster of all) {
    for (const server of new Set(cluster.servers)) {
      byServer.set(server, [...(byServer.get(server) ?? []), cluster]);
    }
  }
  return { all, byName: Map.groupBy(all, ({ name }) => name), byServer };
}

function findCluster({ all, byName, byServer }: ClusterIndex, application: ApplicationDocument): Destination {
  const { server, name } = application.destination;
  const meant = (server === undefined ? byName.get(name ?? '') : byServer.get(server)) ?? [];
  const [cluster, second] = meant;
  if (cluster !== undefined && second === undefined) return { type: 'found', cluster };
  const field = server === undefined ? 'spec.destination.name' : 'spec.destination.server';
  const refusal = { kind: 'refusal', location: fieldLocation(application, field) } as const;
  if (cluster !== undefined) {
    const places = meant.map(
      (claimant) => `${claimant.name} (${formatLocation(fieldLocation(claimant, 'spec.servers'))})`,
    );
    const reason = `the server ${server} is claimed by the clusters ${places.join(' and ')}, so it names neither`;
    const remedy = 'Keep it in one of the Cluster documents, or name the cluster by destination.name';
    return { type: 'refused', gate: { ...refusal, reason, remedy } };
  }
  const known = all.map((each) => [each.name, ...each.servers].join(' = ')).join(', ') || 'none yet';
  const wanted = server === undefined ? `called ${name}` : `with the server ${server}`;
  const reason = `there is no cluster ${wanted}; known clusters are: ${known}`;
  const remedy =
    server === undefined
      ? 'Name one of them, or add a Cluster document below the protected path'
      : "Name one of them, or add the address to its Cluster document's spec.servers";
  return { type: 'refused', gate: { ...refusal, reason, remedy } };
}

function unknownEnvironment(fleet: FleetDocument | undefined, cluster: ClusterDocument): Gate {
  const location = fieldLocation(cluster, 'spec.environment');
  if (fleet === undefined) {
    return {
      kind: 'refusal',
      reason: `there is no single Fleet document that declares the environment ${cluster.environment} of cluster ${cluster.name}`,
      location,
      remedy: `Add a Fleet document with spec.environments: [{name: ${cluster.environment}}]`,
    };
  }
  return {
    kind: 'refusal',
    reason: `the environment ${cluster.environment} of cluster ${cluster.name} isn't declared`,
    location,
    remedy: `Declare it in ${formatLocation(fleet.location)}, or correct it in the Cluster document`,
  };
}

function unknownProject(catalog: Catalog, application: ApplicationDocument): Gate {
  const known = [...catalog.projects.keys()].sort().join(', ') || 'none yet';
  return {
    kind: 'refusal',
    reason: `there is no AppProject called ${application.project}; known projects are: ${known}`,
    location: fieldLocation(application, 'spec.project'),
    remedy: `Add an AppProject called ${application.project} below the protected path (none is implicit, not even default), or name another`,
  };
}

function unknownGlobalProject(fleet: FleetDocument, project: ProjectDocument, missing: string): Gate {
  const index = fleet.globalProjects?.findIndex(({ projectName }) => projectName === missing) ?? 0;
  const location = fieldLocation(fleet, `spec.globalProjects[${index}].projectName`);
  return {
    kind: 'refusal',
    reason: `project ${project.name} inherits from project ${missing}, which doesn't exist, so what that one denies isn't known`,
    location,
    remedy: `Add an AppProject called ${missing} below the protected path, or remove it from globalProjects at ${formatLocation(location)}`,
  };
}

function judge(
  application: ApplicationDocument,
  project: EffectiveProject,
  cluster: ClusterDocument,
): Gate | undefined {
  for (const { repoURL } of application.sources) {
    const source = judgeSource(project, repoURL);
    if (source.type === 'allowed') continue;
    const location = ruleLocation(project, source.field);
    return {
      kind: 'refusal',
      reason: `project ${project.name} doesn't allow the repository ${repoURL}${source.pattern === undefined ? '' : ` (${source.pattern})`}`,
      location,
      owner: `project ${project.name}`,
      remedy: `Allow it in sourceRepos at ${formatLocation(location)}, or use another repository`,
    };
  }
  const target = { cluster: cluster.name, servers: cluster.servers };
  return judgeNamespace(project, target, application.destination.namespace) ?? judgeScope(project, cluster);
}

/** `permitOnlyProjectScopedClusters`: besides being a destination, the cluster has to be the project's. */
function judgeScope(project: ProjectDocument, cluster: ClusterDocument): Gate | undefined {
  if (project.permitOnlyProjectScopedClusters !== true || cluster.project === project.name) return undefined;
  const whose = cluster.project === undefined ? 'is of no project' : `is of project ${cluster.project}`;
  const location = fieldLocation(project, 'spec.permitOnlyProjectScopedClusters');
  return {
    kind: 'refusal',
    reason: `project ${project.name} permits only clusters that are scoped to it, and cluster ${cluster.name} ${whose}`,
    location,
    owner: `project ${project.name}`,
    remedy: `Write project: ${project.name} in the Cluster document at ${formatLocation(cluster.location)}, or deploy elsewhere`,
  };
}

/** The gate for a namespace that a project doesn't allow on a cluster, or `undefined`; `subject` is what wants it. */
export function judgeNamespace(
  project: EffectiveProject,
  target: { readonly cluster: string; readonly servers: readonly string[] },
  namespace: string,
  subject = '',
): Gate | undefined {
  const verdict = judgeDestination(project, target, namespace);
  if (verdict.type === 'allowed') return undefined;
  const location = ruleLocation(project, verdict.field);
  const rule = verdict.pattern === undefined ? '' : ` (${verdict.pattern})`;
  const wanted = namespace === '' ? 'a destination without namespace' : `namespace ${namespace}`;
  return {
    kind: 'refusal',
    reason: `project ${project.name} doesn't allow ${wanted} on cluster ${target.cluster}${rule}${subject}`,
    location,
    owner: `project ${project.name}`,
    remedy: `Allow it in destinations at ${formatLocation(location)}, or deploy elsewhere`,
  };
}
