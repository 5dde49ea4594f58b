import { formatLocation, type Problem } from '../../core/problem.ts';
import { settleAccess } from './access-policies.ts';
import { applicationKey, type Catalog, type CatalogFile, type Claim } from './catalog.ts';
import type {
  ApplicationDocument,
  ClusterDocument,
  Document,
  FleetDocument,
  ProjectDocument,
} from './documents.ts';
import { fieldLocation } from './field-location.ts';
import { globalProjectsOf } from './global-projects.ts';
import { referenceProblems } from './reference-problems.ts';

/** What the claims of one kind come to. */
interface Settled<Kind extends Document> {
  readonly winners: ReadonlyMap<string, Claim<Kind>>;
  /** Names that two files claim, or whose file can't be read now. */
  readonly held: ReadonlyMap<string, Problem>;
  readonly problems: readonly Problem[];
}

/**
 * Puts the files of one commit together. Nothing of it depends on the order of the files. Where two good files claim
 * one name, neither counts as right: the name is held as it is until one of them is gone. A good file wins over a
 * stale one, so that a document may move out of a file that can't be read.
 */
export function buildCatalog(files: readonly CatalogFile[]): Catalog {
  const sorted = files
    .filter(({ documents, problems }) => documents.length > 0 || problems.length > 0)
    .sort((left, right) => (left.path < right.path ? -1 : 1));
  const claims = findClaims(sorted);
  const applications = settle(claimsOf(claims, 'Application'), applicationKey);
  const projects = settle(claimsOf(claims, 'AppProject'), ({ name }) => name);
  const clusters = settle(claimsOf(claims, 'Cluster'), ({ name }) => name);
  const notifications = settle(claimsOf(claims, 'Notification'), ({ name }) => name);
  const fleets = settle(claimsOf(claims, 'Fleet'), () => 'the fleet');
  const fleet = fleets.problems.length > 0 ? undefined : fleets.winners.get('the fleet')?.document;
  const access = settleAccess(claimsOf(claims, 'AccessPolicy'));
  const documents = {
    fleet,
    accessPolicies: access.documents,
    projects: documentsOf(projects),
    clusters: documentsOf(clusters),
    notifications: documentsOf(notifications),
    applications: documentsOf(applications),
  };
  const problems = [
    ...sorted.flatMap((file) => file.problems),
    ...applications.problems,
    ...projects.problems,
    ...clusters.problems,
    ...notifications.problems,
    ...access.problems,
    ...fleets.problems,
    ...fleetProblems(fleets),
    ...environmentProblems(documents.clusters, fleet),
    ...referenceProblems(documents),
  ];
  return {
    ...documents,
    frozen: findFrozen(applications, projects, clusters, fleet),
    problems: problems.sort(byLocation),
  };
}

/** What each file says of each kind, in the order of the files. */
type Claims = ReadonlyMap<Document['kind'], readonly Claim<Document>[]>;

function findClaims(files: readonly CatalogFile[]): Claims {
  const claims = files.flatMap((file) => file.documents.map((document) => ({ document, file })));
  return Map.groupBy(claims, ({ document }) => document.kind);
}

function claimsOf<Kind extends Document['kind']>(
  claims: Claims,
  kind: Kind,
): readonly Claim<Extract<Document, { kind: Kind }>>[] {
  return (claims.get(kind) ?? []) as readonly Claim<Extract<Document, { kind: Kind }>>[];
}

function settle<Kind extends Document>(
  claims: readonly Claim<Kind>[],
  keyOf: (document: Kind) => string,
): Settled<Kind> {
  const winners = new Map<string, Claim<Kind>>();
  const held = new Map<string, Problem>();
  const problems: Problem[] = [];
  for (const [key, all] of Map.groupBy(claims, ({ document }) => keyOf(document))) {
    const good = all.filter(({ file }) => !file.stale);
    const [winner, ...others] = good.length > 0 ? good : all;
    if (winner === undefined) continue;
    winners.set(key, winner);
    if (others.length > 0) {
      const duplicate = duplicateProblem(winner, others, key);
      held.set(key, duplicate);
      problems.push(duplicate);
    } else if (winner.file.stale) {
      held.set(key, staleProblem(winner));
    }
  }
  return { winners, held, problems };
}

function duplicateProblem<Kind extends Document>(
  { document }: Claim<Kind>,
  others: readonly Claim<Kind>[],
  key: string,
): Problem {
  const name = document.kind === 'Fleet' ? 'Fleet' : `${document.kind} ${key}`;
  const places = [document, ...others.map((claim) => claim.document)].map(({ location }) =>
    formatLocation(location),
  );
  const effect =
    document.kind === 'Notification'
      ? `so the one at ${places[0]} counts`
      : 'so neither counts and what runs stays as it is';
  return {
    code: 'duplicate',
    message: `${name} is declared ${places.length} times, at ${places.join(' and ')}, ${effect}`,
    location: document.location,
    remedy: document.kind === 'Fleet' ? 'Keep one of them' : 'Rename or remove all but one',
  };
}

/** Why a stale file's documents are held: its first problem, as the reason and the place. */
function staleProblem({ file, document }: Claim<Document>): Problem {
  const [first] = file.problems;
  return {
    code: 'stale-file',
    message: `${file.path} can't be read now, so ${document.kind} ${document.name} stays as it was${first === undefined ? '' : `: ${first.message}`}`,
    location: first?.location ?? { file: file.path },
    remedy: first?.remedy ?? 'Mend the file',
  };
}

function findFrozen(
  applications: Settled<ApplicationDocument>,
  projects: Settled<ProjectDocument>,
  clusters: Settled<ClusterDocument>,
  fleet: FleetDocument | undefined,
): ReadonlyMap<string, Problem> {
  const frozen = new Map<string, Problem>();
  for (const [key, { document }] of applications.winners) {
    const problem =
      applications.held.get(key) ??
      heldProject(document.project, projects, fleet) ??
      heldCluster(document, clusters);
    if (problem !== undefined) frozen.set(key, problem);
  }
  return frozen;
}

/** Why a project, or one that it inherits from, stays as it is. */
function heldProject(
  name: string,
  { held, winners }: Settled<ProjectDocument>,
  fleet: FleetDocument | undefined,
): Problem | undefined {
  const project = winners.get(name)?.document;
  const globals = project === undefined ? [] : globalProjectsOf(fleet, project);
  const found = [name, ...globals].find((each) => held.has(each));
  return found === undefined ? undefined : held.get(found);
}

/** Two files that claim a cluster leave open where its applications belong. A stale one keeps its last good version. */
function heldCluster(
  { destination }: ApplicationDocument,
  clusters: Settled<ClusterDocument>,
): Problem | undefined {
  for (const [name, problem] of clusters.held) {
    const servers = clusters.winners.get(name)?.document.servers ?? [];
    const isMeant =
      destination.name === name || (destination.server !== undefined && servers.includes(destination.server));
    if (problem.code === 'duplicate' && isMeant) return problem;
  }
  return undefined;
}

function fleetProblems(fleets: Settled<FleetDocument>): readonly Problem[] {
  if (fleets.winners.size > 0) return [];
  return [
    {
      code: 'no-fleet',
      message:
        'There is no Fleet document that can be read, so no environment is known and nothing is assigned',
      remedy:
        'Add fleet/fleet.yaml with apiVersion: fairlead.dev/v1alpha1, kind: Fleet, metadata: {name: fleet} and spec: {environments: [{name: dev}]}',
    },
  ];
}

function environmentProblems(
  clusters: ReadonlyMap<string, ClusterDocument>,
  fleet: FleetDocument | undefined,
): readonly Problem[] {
  if (fleet === undefined) return [];
  const known = fleet.environments.map(({ name }) => name);
  return [...clusters.values()]
    .filter(({ environment }) => !known.includes(environment))
    .map((cluster) => ({
      code: 'unknown-environment',
      message: `The environment ${cluster.environment} of cluster ${cluster.name} isn't declared`,
      location: fieldLocation(cluster, 'spec.environment'),
      field: 'spec.environment',
      remedy: `Declare it in ${formatLocation(fleet.location)}, or use one of ${known.join(', ') || '(none yet)'}`,
    }));
}

function documentsOf<Kind extends Document>(settled: Settled<Kind>): ReadonlyMap<string, Kind> {
  const names = [...settled.winners.keys()].sort();
  return new Map(
    names.flatMap((name) => {
      const winner = settled.winners.get(name);
      return winner === undefined ? [] : [[name, winner.document] as const];
    }),
  );
}

function byLocation(left: Problem, right: Problem): number {
  const [leftFile, rightFile] = [left.location?.file ?? '', right.location?.file ?? ''];
  if (leftFile !== rightFile) return leftFile < rightFile ? -1 : 1;
  return (left.location?.line ?? 0) - (right.location?.line ?? 0);
}
