import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openTestHub, type TestHub, testToken } from '../support/test-hub.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub();
});

afterAll(() => hub.close());

function fairlead(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, { FAIRLEAD_SERVER: hub.address, FAIRLEAD_TOKEN: testToken });
}

async function report(sequence: number, namespace: string, total: number): Promise<void> {
  const objects = [
    { group: '', kind: 'ConfigMap', name: 'by-hand', createdAt: '2026-11-01T10:00:00Z' },
    { group: 'batch', kind: 'Job', name: 'once' },
  ].slice(0, total);
  const [unread, observedAt] = [['x.io/Cat'], '2026-11-03T10:00:00.000Z'];
  const finds = { project: 'platform', namespace, objects, total, unread, observedAt };
  await hub.store.saveReports('prod', [{ sequence, report: { type: 'orphans', finds } }]);
}

test('what belongs to no application is listed, and its application is warned of it', async () => {
  expect((await fairlead('project', 'orphans', 'platform')).stdout).toContain('Nothing is known');
  expect((await fairlead('app', 'get', 'payments-prod')).stdout).not.toContain('belong to no application');

  await report(1_001, 'payments', 5);
  await report(1_002, 'of-nobody', 1);
  const { stdout, code } = await fairlead('project', 'orphans', 'platform');
  expect(code).toBe(0);
  for (const text of ['prod', 'payments', 'by-hand', 'Job.batch', '3 more', 'x.io/Cat'])
    expect(stdout).toContain(text);
  expect(stdout).not.toContain('of-nobody');

  const app = await fairlead('app', 'get', 'payments-prod');
  expect(app.stdout).toContain(
    '5 objects in it belong to no application: ConfigMap by-hand, Job once, 3 more',
  );
  expect(app.stdout).toContain('fairlead project orphans platform');
  const staging = await fairlead('app', 'get', 'payments-staging');
  expect(staging.stdout).not.toContain('belong to no application');

  const ofOne = JSON.parse(
    (await fairlead('project', 'orphans', 'platform', '--app', 'payments-prod', '-o', 'json')).stdout,
  );
  expect(ofOne).toMatchObject([{ cluster: 'prod', namespace: 'payments', total: 5 }]);
});

test('a project that there is not is named', async () => {
  const { code, stderr } = await fairlead('project', 'orphans', 'plattform');
  expect(code).toBe(1);
  expect(stderr).toContain('platform');
});
