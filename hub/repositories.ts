import { AppError } from '../core/error.ts';
import type { RepositoriesPort } from './api/context.ts';
import type { ChartPort } from './charts/chart-port.ts';
import { describeRepositories } from './credentials/describe-repositories.ts';
import {
  afterFailure,
  hasFailed,
  passed,
  type RepositoryTest,
  skipped,
  stepsOfLook,
  type TestStep,
} from './credentials/describe-test.ts';
import { comparableUrl } from './credentials/match-url.ts';
import type { RemotePort } from './credentials/remote.ts';
import { parseGitAddress } from './git/credentials.ts';
import type { GitPort, SourceState, StorePort } from './ports.ts';

export interface RepositoriesDeps {
  readonly remote: RemotePort;
  readonly git: GitPort;
  readonly charts: Pick<ChartPort, 'fetch'>;
  readonly store: StorePort;
  readonly sources: () => readonly SourceState[];
  readonly fleetUrl: string;
}

export function createRepositories(deps: RepositoriesDeps): RepositoriesPort {
  const { remote, store, sources, fleetUrl } = deps;
  return {
    async list() {
      const records = await store.listApplications();
      const entryOf = (url: string) => remote.entry(url);
      return describeRepositories({ sources: sources(), records, fleetUrl, entryOf });
    },
    test: (url, signal) => testRepository(deps, url, signal),
  };
}

async function testRepository(
  { remote, git, charts }: RepositoriesDeps,
  rawUrl: string,
  signal: AbortSignal | undefined,
): Promise<RepositoryTest> {
  const { url, authorization } = parseGitAddress(rawUrl, []);
  if (authorization !== undefined) {
    throw new AppError('invalid', 'a URL must not hold credentials here', {
      subject: url,
      remedy: 'Put them into the list of credentials (--credentials)',
    });
  }
  if (comparableUrl(url) === undefined) {
    throw new AppError('invalid', 'this is no address of a repository', {
      subject: url,
      remedy: 'Write https://git.example.com/team/repository.git or git@git.example.com:team/repository.git',
    });
  }
  const credentials = await credentialStep(remote, url);
  if (credentials.result === 'failed') {
    const rest = ['name', 'connection', 'tls', 'authentication', 'repository', 'branch'] as const;
    return { url, steps: [credentials, ...rest.map((step) => afterFailure(step))] };
  }
  const steps = [credentials, ...(await remote.probe(url))];
  if (hasFailed(steps)) {
    const rest = ['authentication', 'repository', 'branch'] as const;
    return { url, steps: [...steps, ...rest.map((step) => afterFailure(step))] };
  }
  return { url, steps: [...steps, ...(await look(git, charts, url, signal))] };
}

async function credentialStep(remote: RemotePort, url: string): Promise<TestStep> {
  try {
    await remote.access(url);
  } catch (error) {
    const { subject, message, remedy } = AppError.from(error);
    const detail = subject === undefined ? message : `${subject}: ${message}`;
    return { step: 'credentials', result: 'failed', detail, ...(remedy === undefined ? {} : { remedy }) };
  }
  const entry = remote.entry(url);
  if (entry === undefined) return skipped('credentials', 'no entry fits: the server is shown nothing');
  return passed('credentials', `those of ${entry.name} (${entry.place})`);
}

async function look(
  git: GitPort,
  charts: RepositoriesDeps['charts'],
  url: string,
  signal: AbortSignal | undefined,
): Promise<readonly TestStep[]> {
  if (/^oci:/i.test(url)) {
    const why = 'what a registry lets the hub read shows when a chart is read';
    return (['authentication', 'repository', 'branch'] as const).map((step) => skipped(step, why));
  }
  try {
    return stepsOfLook(await git.look(url, signal));
  } catch (error) {
    const failure = AppError.from(error);
    const isCharts = failure.code === 'not-found' && (await hasIndex(charts, url, signal));
    return isCharts ? chartSteps : stepsOfLook(failure);
  }
}

const chartSteps: readonly TestStep[] = [
  passed('authentication', 'the server lets the hub in'),
  passed('repository', 'it is a repository of charts: its index.yaml was read'),
  skipped('branch', 'charts have versions instead'),
];

/** Whether an HTTP address that is no Git repository is one of charts. */
async function hasIndex(
  charts: RepositoriesDeps['charts'],
  url: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!/^https?:/i.test(url)) return false;
  try {
    await charts.fetch(url, [], signal);
    return true;
  } catch {
    return false;
  }
}
