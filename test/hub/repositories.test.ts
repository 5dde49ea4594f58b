import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCharts } from '../../hub/charts/open-charts.ts';
import { openGit } from '../../hub/git/open-git.ts';
import type { StorePort } from '../../hub/ports.ts';
import { createRepositories } from '../../hub/repositories.ts';
import { packChart } from '../support/chart-archive.ts';
import { type ChartServer, startChartServer } from '../support/chart-server.ts';
import { recordLog } from '../support/record-log.ts';
import { openTestRemote } from '../support/test-git.ts';

let dir: string;
let server: ChartServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-repositories-'));
  server = await startChartServer();
  server.publish('podinfo', '6.1.0', await packChart('podinfo', '6.1.0'));
});

afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

test.for(['git', 'isomorphic-git'] as const)(
  'a repository of charts is known as one, by %s',
  async (implementation) => {
    const folder = await mkdtemp(join(dir, 'hub-'));
    const remote = await openTestRemote();
    const git = await openGit({ dir: join(folder, 'git'), implementation, remote, log: recordLog() });
    const repositories = createRepositories({
      remote,
      git,
      charts: openCharts({
        dir: join(folder, 'charts'),
        find: (url) => remote.access(url),
        now: () => new Date(),
      }),
      store: { listApplications: async () => [] } as Partial<StorePort> as StorePort,
      sources: () => [],
      fleetUrl: 'https://git.example.com/fleet.git',
    });
    try {
      const { steps } = await repositories.test(server.url);
      expect(steps.map(({ step, result }) => `${step} ${result}`).slice(-3)).toEqual([
        'authentication passed',
        'repository passed',
        'branch skipped',
      ]);
      const nothing = await repositories.test(`${server.url}/elsewhere`);
      expect(nothing.steps.find(({ step }) => step === 'repository')).toMatchObject({ result: 'failed' });
    } finally {
      await git.close();
      await remote.close();
    }
  },
);
