import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ApplicationStatus } from '../../../core/status.ts';
import type { ApplicationRecord, StorePort } from '../../../hub/ports.ts';
import { judgeHistory } from '../../../hub/promotion/history.ts';
import { openStore } from '../../../hub/store/open-store.ts';

let dir: string;
let store: StorePort;
let minute: number;
let sequence: number;

const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 3, 12, minutes)).toISOString();

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-history-'));
  minute = 0;
  sequence = 0;
  store = await openStore({ dir, clock: { now: () => new Date(at(minute)) } });
});

afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true, force: true });
});

const commit = (id: string) => ({
  id,
  author: 'Ada <ada@example.com>',
  committedAt: at(0),
  subject: `to ${id}`,
});

/** What a pass decides for `web`: objects, and the policies around them. */
async function decide(
  objects: string,
  policies = 'heal',
  change: Partial<ApplicationRecord> = {},
): Promise<void> {
  minute += 1;
  const record: ApplicationRecord = {
    application: 'argocd/web',
    name: 'web',
    project: 'platform',
    cluster: 'one',
    environment: 'test',
    namespace: 'team-a',
    mode: 'heal',
    repoURL: 'https://git.example.com/apps.git',
    targetRevision: 'main',
    path: 'web',
    location: { file: 'applications/web.yaml', line: 1 },
    commit: commit(`${objects}-${minute}`),
    digest: `${objects}/${policies}`,
    objectsDigest: objects,
    deletesOnRemoval: false,
    gates: [],
    problems: [],
    ...change,
  };
  await store.saveGeneration({
    fleetCommit: commit(`fleet-${minute}`),
    files: [],
    removedFiles: [],
    applications: [record],
    removedApplications: [],
    heads: new Map(),
    blobs: new Map(),
    renders: new Map(),
  });
}

async function report(
  appliedDigest: string,
  cluster = 'one',
  change: Partial<ApplicationStatus> = {},
): Promise<void> {
  minute += 1;
  sequence += 1;
  const status: ApplicationStatus = {
    application: 'argocd/web',
    digest: appliedDigest,
    sync: 'Synced',
    appliedDigest,
    appliedAt: at(minute),
    health: { status: 'Healthy', message: '' },
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
    ...change,
  };
  await store.saveReports(cluster, [{ sequence, report: { type: 'application', status } }]);
}

/** `commit first→last state`, newest first. */
async function history(): Promise<readonly string[]> {
  const entries = judgeHistory(await store.listHistory('argocd/web'));
  const clock = (moment: string | undefined): string => moment?.slice(14, 16) ?? '-';
  return entries.map(
    ({ commit: { id }, firstAppliedAt, lastAppliedAt, state }) =>
      `${id} ${clock(firstAppliedAt)}→${clock(lastAppliedAt)} ${state}`,
  );
}

test('each change of what runs is an entry, with the time it was decided, first and last applied', async () => {
  await decide('A');
  expect(await history()).toEqual(['A-1 -→- pending']);
  await report('A/heal');
  await report('A/heal');
  expect(await history()).toEqual(['A-1 02→03 running']);
  await decide('B');
  expect(await history()).toEqual(['B-4 -→- pending', 'A-1 02→03 running']);
  await report('B/heal');
  expect(await history()).toEqual(['B-4 05→05 running', 'A-1 02→03 past']);
  const [newest] = await store.listHistory('argocd/web');
  expect(newest).toMatchObject({ decidedAt: at(4), fleetCommit: { id: 'fleet-4' }, digest: 'B/heal' });
});

test('going back to an earlier state is an entry of its own', async () => {
  for (const objects of ['A', 'B', 'A']) {
    await decide(objects);
    await report(`${objects}/heal`);
  }
  expect(await history()).toEqual(['A-5 06→06 running', 'B-3 04→04 past', 'A-1 02→02 past']);
});

test('what was taken back before the agent met it leaves the same state running, and the agent says nothing of it', async () => {
  await decide('A');
  await report('A/heal');
  await decide('B');
  await decide('A');
  expect(await history()).toEqual(['A-4 02→02 running', 'B-3 -→- never-applied', 'A-1 02→02 past']);
  await report('B/heal');
  expect(await history()).toEqual(['A-4 02→02 pending', 'B-3 05→05 running', 'A-1 02→02 past']);
});

test('a commit or a policy that leaves the objects as they are is no entry, and its reports count for the same', async () => {
  await decide('A');
  await report('A/heal');
  await decide('A', 'sync');
  expect(await history()).toEqual(['A-1 02→02 running']);
  await report('A/sync');
  expect(await history()).toEqual(['A-1 02→04 running']);
});

test('what was replaced before it was applied says so, and a failed change leaves the last one running', async () => {
  await decide('A');
  await report('A/heal');
  await decide('B');
  await decide('C');
  expect(await history()).toEqual(['C-4 -→- pending', 'B-3 -→- never-applied', 'A-1 02→02 running']);
});

test('an agent that repeats an older time, or speaks for a cluster that it has left, changes nothing', async () => {
  await decide('A');
  await report('A/heal');
  const before = await history();
  await report('A/heal', 'two');
  expect(await history()).toEqual(before);
});

test('the newest hundred are kept, and they go with the application', async () => {
  for (let index = 0; index < 103; index += 1) await decide(`v${index}`);
  const entries = await store.listHistory('argocd/web');
  expect(entries).toHaveLength(100);
  expect(entries[0]?.objectsDigest).toBe('v102');
  expect(entries.at(-1)?.objectsDigest).toBe('v3');
  await store.saveGeneration({
    fleetCommit: commit('fleet'),
    files: [],
    removedFiles: [],
    applications: [],
    removedApplications: ['argocd/web'],
    heads: new Map(),
    blobs: new Map(),
    renders: new Map(),
  });
  expect(await store.listHistory('argocd/web')).toEqual([]);
});

test('an application that is being removed, or that nothing was decided for, has no new entry', async () => {
  await decide('A');
  await decide('gone', 'heal', { removal: 'delete' });
  minute += 1;
  const { digest: _digest, ...undecided } = (await store.readApplication('argocd/web')) as ApplicationRecord;
  await store.saveGeneration({
    fleetCommit: commit('fleet'),
    files: [],
    removedFiles: [],
    applications: [undecided],
    removedApplications: [],
    heads: new Map(),
    blobs: new Map(),
    renders: new Map(),
  });
  expect(await history()).toEqual(['A-1 -→- pending']);
});

test('a state is complete once, when its agent first says so, and no cluster that it has left may say it', async () => {
  const completedAt = async () => (await store.listHistory('argocd/web'))[0]?.completedAt;
  await decide('A');
  await report('A/heal');
  expect(await completedAt()).toBeUndefined();
  await report('A/heal', 'two', { completedDigest: 'A/heal', completedAt: at(30) });
  expect(await completedAt()).toBeUndefined();
  await report('A/heal', 'one', { completedDigest: 'A/heal', completedAt: at(40) });
  await report('A/heal', 'one', { completedDigest: 'A/heal', completedAt: at(50) });
  expect(await completedAt()).toBe(at(40));
  await decide('B');
  await report('B/heal', 'one', { completedDigest: 'A/heal', completedAt: at(40) });
  expect(await completedAt()).toBeUndefined();
});
