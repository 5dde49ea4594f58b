import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openTestHub, type TestHub, testToken } from '../support/test-hub.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub();
});

afterAll(() => hub.close());

function decommission(...args: readonly string[]): Promise<CliResult> {
  const environment = { FAIRLEAD_SERVER: hub.address, FAIRLEAD_TOKEN: testToken };
  return runCli(['cluster', 'decommission', ...args], environment);
}

async function asked(): Promise<number> {
  return (await hub.store.listOperations({ state: 'all', limit: 10 })).filter(
    ({ request }) => request.type === 'decommission',
  ).length;
}

test('without a choice it says what would end and each way to end it, and changes nothing', async () => {
  const { code, stdout } = await decommission('prod');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^prod runs \d+ applications? with \d+ objects?\. Nothing was changed\./);
  for (const way of ['--delete-objects', '--release', '--abandon']) {
    expect(stdout).toContain(`fairlead cluster decommission prod ${way} --yes prod`);
  }
  expect(await asked()).toBe(0);
});

test('a choice without its confirmation, or with that of another cluster, changes nothing', async () => {
  const plain = await decommission('prod', '--release');
  expect(plain).toMatchObject({ code: 1, stderr: '' });
  expect(plain.stdout).not.toContain('--delete-objects');
  const other = await decommission('prod', '--release', '--yes', 'staging');
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('the confirmation names staging, not prod');
  const both = await decommission('prod', '--release', '--delete-objects', '--yes', 'prod');
  expect(both.code).toBe(1);
  expect(both.stderr).toContain('cannot be used with option');
  expect(await asked()).toBe(0);
});

test('an unknown cluster suggests near names', async () => {
  const { code, stderr } = await decommission('prodd', '--release', '--yes', 'prodd');
  expect(code).toBe(1);
  expect(stderr).toContain('Did you mean prod');
});

test('confirmed it is asked for once, and shown as an operation without an application', async () => {
  const { code, stdout } = await decommission('prod', '--release', '--yes', 'prod', '--no-wait');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /prod is being decommissioned\. See it end: fairlead operation get [0-9a-f-]+ --watch/,
  );
  expect(await asked()).toBe(1);
  const environment = { FAIRLEAD_SERVER: hub.address, FAIRLEAD_TOKEN: testToken };
  const list = await runCli(['operation', 'list'], environment);
  expect(list.stdout).toContain('decommission');
  const cluster = await runCli(['cluster', 'get', 'prod'], environment);
  expect(cluster.stdout).toContain('prod is being decommissioned');
});
