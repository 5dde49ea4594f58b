import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestHub, records, status, type TestHub, testToken } from '../../support/test-hub.ts';

const namespace = { group: '', kind: 'Namespace', namespace: '', name: 'payments' };

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub();
  const fleetCommit = records[0]?.commit;
  if (fleetCommit === undefined) throw new Error('the records of the tests have commits');
  await hub.store.saveGeneration({
    fleetCommit,
    files: [],
    removedFiles: [],
    applications: [],
    removedApplications: [],
    heads: new Map([
      ['prod', { generation: 1, entries: new Map([['argocd/payments-prod', 'sha256:payments-prod']]) }],
      ['staging', { generation: 1, entries: new Map([['argocd/payments-staging', 'sha256:p']]) }],
    ]),
    blobs: new Map(),
    renders: new Map(),
  });
  const objects = [...status.objects, { ref: namespace, sync: 'Synced' as const }];
  const report = { type: 'application', status: { ...status, objects } } as const;
  await hub.store.saveReports('prod', [{ sequence: 3, report }]);
});

afterAll(() => hub.close());

async function call(path: string, body?: unknown): Promise<{ code: number; value: Record<string, unknown> }> {
  const method = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${hub.address}/api/v1${path}`, {
    ...method,
    headers: {
      authorization: `Bearer ${testToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
  });
  return { code: answer.status, value: (await answer.json()) as Record<string, unknown> };
}

test('the preview names every object, and what stays all the same', async () => {
  const { code, value } = await call('/clusters/prod/decommission');
  expect(code).toBe(200);
  expect(value).toMatchObject({
    cluster: 'prod',
    connected: true,
    applications: [
      {
        application: 'argocd/payments-prod',
        objects: [{ kind: 'Deployment', name: 'web' }, namespace],
        left: [namespace],
      },
    ],
  });
  expect((await call('/clusters/prodd/decommission')).code).toBe(404);
});

test('without the name of the cluster as its confirmation nothing is asked for', async () => {
  const body = { objects: 'delete', confirm: 'staging' };
  const { code, value } = await call('/clusters/prod/decommission', body);
  expect(code).toBe(400);
  expect(JSON.stringify(value)).toContain('the confirmation names staging, not prod');
  expect((await call('/clusters/prod/decommission', { objects: 'all', confirm: 'prod' })).code).toBe(400);
  expect(await hub.store.listDecommissions()).toEqual([]);
});

test('while it runs the operation says what is left, or that the agent is silent and how to do without it', async () => {
  const { code, value } = await call('/clusters/prod/decommission', { objects: 'delete', confirm: 'prod' });
  expect(code).toBe(202);
  const running = await call(`/operations/${String(value['id'])}`);
  expect(running.value['message']).toBe('1 application is left on prod');

  const other = await call('/clusters/staging/decommission', { objects: 'release', confirm: 'staging' });
  const waiting = await call(`/operations/${String(other.value['id'])}`);
  expect(waiting.value).toMatchObject({ phase: 'Pending', cluster: 'staging', application: '' });
  expect(waiting.value['message']).toContain('waits for the agent of staging, which is silent since');
  expect(waiting.value['message']).toContain('fairlead cluster decommission staging --abandon --yes staging');

  const listed = await call('/operations?cluster=staging');
  expect(JSON.stringify(listed.value)).toContain('waits for the agent of staging');
  const cluster = await call('/clusters/staging');
  expect(cluster.value['decommission']).toBe(other.value['id']);
  expect(cluster.value['sentence']).toContain('its agent is silent');
});

test('what the hub itself waits for comes first', async () => {
  const [open] = await hub.store.listDecommissions();
  if (open === undefined) throw new Error('the test before asked for one');
  await hub.store.saveProgress(open.id, { phase: 'Running', message: "waits: Git can't be read" });
  const { value } = await call(`/operations/${open.id}`);
  expect(value['message']).toMatch(/^waits: Git can't be read; .*1 application is left/);
  await hub.store.saveProgress(open.id, { phase: 'Running', message: '' });
});

test('cancelled, it says so and no more', async () => {
  const [open] = await hub.store.listDecommissions();
  const { code } = await call(`/operations/${open?.id}/cancel`, {});
  expect(code).toBe(202);
  const { value } = await call(`/operations/${open?.id}`);
  expect(value['cancelledBy']).toBeDefined();
  expect(value['message']).not.toContain('left on');
});
