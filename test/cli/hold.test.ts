import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openTestHub, type TestHub, testToken } from '../support/test-hub.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub();
});

afterAll(() => hub.close());

function fairlead(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, {
    FAIRLEAD_SERVER: hub.address,
    FAIRLEAD_TOKEN: testToken,
    GIT_AUTHOR_NAME: 'M. Ortiz',
    GIT_AUTHOR_EMAIL: 'm@example.com',
  });
}

async function holdIn(...args: readonly string[]) {
  const { stdout, stderr, code } = await fairlead('hold', ...args, '-o', 'json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

test('an application is held by any of its names, listed, and let go by its id', async () => {
  const made = await holdIn('prod/payments-prod', '--for', '1h30m', '--reason', 'INC-42: by hand');
  expect(made).toMatchObject({
    source: 'hub',
    cluster: 'prod',
    application: 'argocd/payments-prod',
    reason: 'INC-42: by hand',
    state: 'waiting',
  });
  expect(made.heldBy).toMatch(/^M\. Ortiz, admin$/);
  expect(Date.parse(made.until) - Date.parse(made.since)).toBe(5_400_000);
  expect(await hub.store.readRunningHolds('prod')).toHaveLength(1);
  const list = await fairlead('hold', 'list');
  for (const text of [made.id, 'argocd/payments-prod on prod', 'waiting', 'INC-42'])
    expect(list.stdout).toContain(text);

  const ended = await fairlead('hold', 'end', made.id);
  expect(ended.stdout).toBe(`The hold ${made.id} of argocd/payments-prod on prod has ended.\n`);
  expect((await fairlead('hold', 'list')).stdout).toBe('Nothing is held.\n');
  expect((await fairlead('hold', 'list', '--all')).stdout).toContain('ended');
});

test('a cluster is held whole, and unhold ends every hold of it', async () => {
  await holdIn('prod', '--for', '2h', '--reason', 'one');
  await holdIn('prod', '--for', '3h', '--reason', 'two', '--cluster');
  const list = await fairlead('hold', 'list');
  expect(list.stdout.match(/all of prod/g)).toHaveLength(2);
  const { stdout, code } = await fairlead('unhold', 'prod');
  expect([code, stdout.match(/of all of prod has ended/g)?.length]).toEqual([0, 2]);
  expect(await hub.store.readRunningHolds('prod')).toEqual([]);
});

test('what an agent keeps to is in force, and what kubectl holds is listed with it', async () => {
  const { id } = await holdIn('payments-prod', '--for', '2h', '--reason', 'kept');
  const capabilities = { kubernetesVersion: 'v1.37.2', apiVersions: [], clusterScopedKinds: [] };
  const ref = { group: '', kind: 'Namespace', namespace: '', name: 'shop' };
  const [since, until] = [new Date(0).toISOString(), new Date(8.64e14).toISOString()];
  const holds = [
    { type: 'hub', id },
    { type: 'kubectl', ref, since, until },
  ] as const;
  const report = { type: 'cluster', status: { capabilities, problems: [], generation: 1, holds } } as const;
  await hub.store.saveReports('prod', [{ sequence: 2_000_000, report }]);
  const { stdout } = await fairlead('hold', 'list');
  expect(stdout).toMatch(new RegExp(`${id} +argocd/payments-prod on prod +in force`));
  expect(stdout).toMatch(/\(kubectl\) +Namespace shop on \S+ +in force/);
  expect((await fairlead('hold', 'end', id)).stdout).toContain('ends once its agent has heard of it');
});

test.each([
  [['hold', 'nothing', '--for', '2h', '--reason', 'x'], 'there is no such application'],
  [['hold', 'nowhere', '--for', '2h', '--reason', 'x', '--cluster'], 'there is no such cluster'],
  [['hold', 'prod', '--for', 'long', '--reason', 'x'], '--for can\'t be "long"'],
  [['hold', 'prod', '--for', '5s', '--reason', 'x'], '--for can\'t be "5s"'],
  [['hold', 'prod', '--for', '90d', '--reason', 'x'], 'forSeconds'],
  [['hold', 'prod', '--for', '2h'], 'a hold needs --for and --reason'],
  [['hold', 'end', 'abc'], 'there is no such hold'],
  [['unhold', 'staging'], 'nothing holds it by the hub'],
] as const)('%j says what is wrong with it', async (args, words) => {
  const { code, stderr } = await fairlead(...args);
  expect(code).not.toBe(0);
  expect(stderr).toContain(words);
});
