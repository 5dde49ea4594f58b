import { formatProblem } from '../../core/problem.ts';
import { version } from '../../core/version.ts';
import type { Client, Schemas } from '../client/open-client.ts';
import { localViewer, showMoment } from '../output/moment.ts';
import { type Check, fail, ok, warn } from './check.ts';

type Status = Schemas['FleetStatus'];

const remedies = {
  store: "Look into the hub's log; free disk space, or restore its data folder",
  'last-pass': "Wait for the first pass, or look into the hub's log",
  'fleet-repository': "Check the hub's fleet URL, its credentials, and the way from the hub to Git",
} as const;

const moment = /\d{4}-\d\d-\d\dT[\d:.]+Z/;

/** The hub's own checks. It answers with 503 and the same body where it isn't ready. */
export async function checkReadiness(client: Client): Promise<readonly Check[]> {
  const { data, error } = await client.GET('/readyz');
  const readiness = (data ?? error) as Schemas['Readiness'] | undefined;
  if (readiness?.checks === undefined)
    return [fail('hub ready', 'it gave no checks', 'Is this a Fairlead hub?')];
  return readiness.checks.map(({ name, status, message: told }) => {
    const label = `hub ${name}`;
    const message = told.replace(moment, (each) => showMoment(each, localViewer()));
    if (status === 'ok') return ok(label, message);
    return status === 'warn' ? warn(label, message, remedies[name]) : fail(label, message, remedies[name]);
  });
}

export function checkVersion(status: Status): Check {
  const message = `hub ${status.version}, this command ${version}`;
  if (status.version === version) return ok('versions', message);
  return warn('versions', message, 'Use the same version here where a command behaves oddly');
}

/** How Git was read: sources, then documents. */
export function checkStatus(status: Status): readonly Check[] {
  const broken = status.sources.flatMap(({ url, problem, fetchedAt }) => {
    if (problem === undefined) return [];
    const remedy =
      'Its applications keep their last good state; check address, credentials and network of the hub';
    const message = problem.startsWith(url) ? problem : `${url}: ${problem}`;
    return [fetchedAt === undefined ? fail('source', message, remedy) : warn('source', message, remedy)];
  });
  const good = status.sources.length - broken.length;
  const documents = status.problems.map((problem) => {
    const { remedy = 'Mend the document and push; `fairlead validate DIR` checks it before', ...rest } =
      problem;
    return warn('document', formatProblem(rest), remedy);
  });
  return [
    ...(good > 0 ? [ok('sources', `${good} of ${status.sources.length} fetched`)] : []),
    ...broken,
    ...documents,
    ...(documents.length === 0 ? [ok('documents', 'no problems')] : []),
  ];
}

/** What needs somebody is told by `app list`; here, only that there is something. */
export function checkApplications(applications: readonly Schemas['ApplicationItem'][]): Check {
  const troubled = applications.filter(({ tone }) => tone !== 'calm' && tone !== 'moving');
  const total = `${applications.length} application${applications.length === 1 ? '' : 's'}`;
  if (troubled.length === 0) return ok('applications', `${total}, none needs somebody`);
  return warn(
    'applications',
    `${troubled.length} of ${total} need somebody`,
    'See `fairlead app list`, the worst first',
  );
}

export function checkClusters(clusters: readonly Schemas['Cluster'][]): readonly Check[] {
  if (clusters.length === 0) {
    return [warn('clusters', 'there are none', 'Commit a Cluster document below the protected path')];
  }
  return clusters.flatMap((cluster) => {
    const problems = cluster.problems.map((problem) =>
      warn(`agent ${cluster.name}`, problem, "Check the rights and the log of that cluster's agent"),
    );
    if (!cluster.connected)
      return [warn(`cluster ${cluster.name}`, trim(cluster.sentence), remedyOf(cluster)), ...problems];
    return problems.length > 0 ? problems : [ok(`cluster ${cluster.name}`, trim(cluster.sentence))];
  });
}

function remedyOf(cluster: Schemas['Cluster']): string | undefined {
  if (cluster.lastSeenAt !== undefined) return 'Is its agent running, and can it reach the hub?';
  return cluster.enrolledAt === undefined
    ? undefined
    : 'Start its agent; its state folder holds its certificate';
}

function trim(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
