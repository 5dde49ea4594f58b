import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StorePort } from '../../../hub/ports.ts';
import { openStore } from '../../../hub/store/open-store.ts';

const hour = 3_600_000;
let dir: string;
let nowMs: number;
let store: StorePort;

const open = (): Promise<StorePort> => openStore({ dir, clock: { now: () => new Date(nowMs) } });

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-holds-'));
  nowMs = Date.parse('2026-11-25T12:00:00.000Z');
  store = await open();
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

function inHours(hours: number): string {
  return new Date(nowMs + hours * hour).toISOString();
}

async function create(cluster: string, hours: number, application?: string) {
  const hold = { cluster, reason: 'INC-7', heldBy: 'm.ortiz', until: inHours(hours) };
  return store.createHold(application === undefined ? hold : { ...hold, application });
}

const running = async (cluster: string) => (await store.readRunningHolds(cluster)).map(({ id }) => id);

test('a hold runs from its creation to its time, on its cluster, across a restart', async () => {
  const whole = await create('prod', 1);
  const one = await create('prod', 2, 'argocd/web');
  await create('staging', 1);
  expect(one).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}$/),
    cluster: 'prod',
    application: 'argocd/web',
    reason: 'INC-7',
    heldBy: 'm.ortiz',
    since: inHours(0),
    until: inHours(2),
  });
  expect((await running('prod')).sort()).toEqual([whole.id, one.id].sort());
  await store.close();
  nowMs += hour;
  store = await open();
  expect(await store.readRunningHolds('prod')).toEqual([one]);
  expect(await store.listHolds()).toHaveLength(3);
});

test('a hold that somebody ends runs no more, and keeps who ended it first', async () => {
  const { id } = await create('prod', 2);
  nowMs += hour;
  const end = { endedAt: inHours(0), endedBy: 'token a' };
  expect(await store.endHold(id, 'token a')).toMatchObject({ id, ...end });
  expect(await running('prod')).toEqual([]);
  nowMs += 60_000;
  expect(await store.endHold(id, 'token b')).toMatchObject(end);
  expect(await store.endHold('unknown', 'token b')).toBeUndefined();
});

test('one whose time has passed is not ended again, and is forgotten after 30 days', async () => {
  const { id } = await create('prod', 1);
  nowMs += 2 * hour;
  expect(await store.endHold(id, 'token a')).not.toHaveProperty('endedAt');
  nowMs += 31 * 24 * hour;
  await create('prod', 1);
  expect((await store.listHolds()).map((hold) => hold.id)).not.toContain(id);
});
