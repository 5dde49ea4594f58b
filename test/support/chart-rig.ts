import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindRemote } from '../../hub/charts/ask.ts';
import type { ChartPort, ChartRevision } from '../../hub/charts/chart-port.ts';
import { type OpenChartsOptions, openCharts } from '../../hub/charts/open-charts.ts';

/** The hub's view of charts on a folder of its own, with the little that tests ask it. */
export interface ChartRig {
  readonly dir: string;
  readonly charts: ChartPort;
  /** `version` where it was found, else the message. */
  tell(repoURL: string, targetRevision: string, chart?: string): Promise<string>;
  revision(repoURL: string, targetRevision: string, chart?: string): Promise<ChartRevision>;
  /** What a hub that starts again on the same folder sees. */
  restart(options?: Partial<OpenChartsOptions>): void;
  close(): Promise<void>;
}

export async function openChartRig(options: Partial<OpenChartsOptions> = {}): Promise<ChartRig> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-charts-'));
  const open = (more: Partial<OpenChartsOptions>): ChartPort =>
    openCharts({ dir, now: () => new Date(Date.UTC(2026, 10, 3)), ...options, ...more });
  let charts = open({});
  const revision = async (
    repoURL: string,
    targetRevision: string,
    chart?: string,
  ): Promise<ChartRevision> => {
    const wish = { targetRevision, ...(chart === undefined ? {} : { chart }) };
    const [found] = await charts.fetch(repoURL, [wish]);
    if (found === undefined) throw new Error('no answer');
    return found;
  };
  return {
    dir,
    get charts() {
      return charts;
    },
    revision,
    async tell(...of) {
      const found = await revision(...of);
      return found.type === 'found' ? (found.commit.version ?? '') : found.message;
    },
    restart: (more = {}) => {
      charts = open(more);
    },
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

/** Shows a login to URLs of one beginning, and nothing to others. */
export function loginFor(prefix: string, username: string, password: string): FindRemote {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const shown = { authorization, login: { username, password } };
  return (url) => ({ fetch, ...(url.startsWith(prefix) ? shown : {}) });
}
