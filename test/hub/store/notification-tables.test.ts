import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DriftEvent } from '../../../core/drift.ts';
import type { Incident } from '../../../hub/incident/incident.ts';
import type { StorePort } from '../../../hub/ports.ts';
import { openStore } from '../../../hub/store/open-store.ts';
import { drift } from '../../support/test-hub.ts';

const at = '2026-11-03T14:00:00.000Z';
const everything = { resolvedAfter: '1970-01-01T00:00:00.000Z' };
let dir: string;
let store: StorePort;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
  store = await openStore({ dir, clock: { now: () => new Date(at) } });
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

function incident(id: string, rest: Partial<Incident> = {}): Incident {
  return {
    id,
    key: `drift/argocd/${id}`,
    state: 'open',
    condition: {
      key: `drift/argocd/${id}`,
      trigger: 'drift',
      subject: { application: `argocd/${id}`, cluster: 'prod', environment: 'prod' },
      summary: 'It drifted.',
      detail: '',
      nextStep: '',
      waitMs: 0,
      severity: 'warning',
    },
    since: at,
    openings: [at],
    routes: [],
    ...rest,
  };
}

const name = { notification: 'n', receiver: 'r' };
const nothing = { saved: [], dropped: [], tellings: [], news: [] };

async function tell(id: string, state: 'firing' | 'resolved', rest: Partial<Incident> = {}): Promise<void> {
  await store.saveIncidents({
    ...nothing,
    saved: [incident(id, rest)],
    tellings: [{ incident: id, ...name, state }],
  });
}

test('an incident and what is to be told of it are stored together and survive a restart', async () => {
  await tell('one', 'firing');
  await store.saveIncidents({ ...nothing, saved: [incident('two', { state: 'pending' })] });
  await store.close();
  store = await openStore({ dir, clock: { now: () => new Date(at) } });
  const [one, two] = await store.readIncidents({});
  expect(one?.deliveries).toEqual([
    { ...name, incident: 'one', wanted: 'firing', wantedAt: at, attempts: 0 },
  ]);
  expect(two).toMatchObject({ incident: { state: 'pending' }, deliveries: [] });
  await store.saveIncidents({ ...nothing, dropped: ['two'] });
  expect(await store.readIncidents(everything)).toHaveLength(1);
});

test('what was confirmed stays known while more comes to be wanted, until the end is confirmed', async () => {
  await tell('one', 'firing');
  await store.saveAttempt({ ...name, incident: 'one', attempts: 2, nextAttemptAt: at, lastError: 'down' });
  expect((await store.readOutbox())[0]?.deliveries[0]).toMatchObject({ attempts: 2, lastError: 'down' });
  await store.saveAttempt({ ...name, incident: 'one', told: 'firing', toldAt: at, attempts: 0 });
  await tell('one', 'resolved', { state: 'resolved', resolvedAt: at });
  const [delivery] = (await store.readOutbox())[0]?.deliveries ?? [];
  expect(delivery).toMatchObject({ wanted: 'resolved', told: 'firing' });
  expect(delivery?.lastError).toBeUndefined();
  await store.saveAttempt({ ...name, incident: 'one', told: 'resolved', toldAt: at, attempts: 0 });
  expect(await store.readOutbox()).toEqual([]);
  expect(await store.listLastDeliveries()).toEqual([{ ...name, at }]);
});

test('what was resolved before a moment is dropped, told or not; what goes on never is', async () => {
  await tell('old', 'resolved', { state: 'resolved', resolvedAt: '2026-09-01T00:00:00.000Z' });
  await tell('new', 'resolved', { state: 'resolved', resolvedAt: at });
  await tell('open', 'firing', { since: '2026-01-01T00:00:00.000Z' });
  await store.collectIncidents('2026-10-01T00:00:00.000Z');
  const left = await store.readIncidents(everything);
  expect(left.map(({ incident: { id } }) => id).sort()).toEqual(['new', 'open']);
  expect((await store.readOutbox()).flatMap(({ deliveries }) => deliveries)).toHaveLength(2);
});

test('a receiver that is gone has nothing to be told, and others keep theirs', async () => {
  await tell('one', 'firing');
  const other = { notification: 'n', receiver: 'other' };
  await store.saveIncidents({ ...nothing, tellings: [{ incident: 'one', ...other, state: 'firing' }] });
  await store.deleteReceiver(name);
  expect((await store.readOutbox())[0]?.deliveries).toMatchObject([other]);
});

test('a drift is news from its report to the look at it, as it is by then', async () => {
  const events: readonly DriftEvent[] = [
    { drift, change: 'opened', at },
    { drift, change: 'closed', at, end: 'healed' },
  ];
  for (const [index, event] of events.entries())
    await store.saveReports('prod', [{ sequence: index + 1, report: { type: 'drift', event } }]);
  expect(await store.listDriftNews()).toMatchObject([
    { state: 'closed', end: 'healed', drift: { id: drift.id } },
  ]);
  await store.saveIncidents({ ...nothing, news: [drift.id] });
  expect(await store.listDriftNews()).toEqual([]);
});

test('incidents are read however many there are, each with what is to be told of it', async () => {
  await tell('first', 'firing');
  await store.close();
  const count = 33_000;
  const sqlite = new SqliteDatabase(join(dir, 'fleet.sqlite'));
  sqlite.exec(`
    CREATE TEMP TABLE more AS WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
      SELECT 'incident-' || i AS id FROM n;
    INSERT INTO incident (id, key, state, since, body_json)
      SELECT more.id, more.id, state, since, replace(body_json, 'first', more.id) FROM more, incident;
    INSERT INTO delivery (incident, notification, receiver, wanted, wanted_at, attempts)
      SELECT more.id, notification, receiver, wanted, wanted_at, attempts FROM more, delivery;
  `);
  sqlite.close();
  store = await openStore({ dir, clock: { now: () => new Date(at) } });
  for (const read of [await store.readIncidents({}), await store.readOutbox()]) {
    expect(read).toHaveLength(count);
    expect(read.every(({ incident: { id }, deliveries }) => deliveries[0]?.incident === id)).toBe(true);
  }
});
