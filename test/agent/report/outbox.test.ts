import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Outbox, openOutbox } from '../../../agent/report/open-outbox.ts';
import { maxDriftEvents, PendingReports } from '../../../agent/report/pending-reports.ts';
import type { Drift } from '../../../core/drift.ts';
import type { Report } from '../../../core/session.ts';
import { temporaryFolder } from '../../session/live-pair.ts';

const clock = { now: () => new Date(1_000_000) };

function status(application: string, message: string): Report {
  return { type: 'application', status: { application, health: { status: 'Healthy', message } } } as Report;
}

function drift(id: string): Report {
  return { type: 'drift', event: { drift: { id, application: 'a' } as Drift, change: 'opened', at: '' } };
}

function result(id: string, message: string): Report {
  return { type: 'operation', result: { id, phase: 'Running', message, at: '' } };
}

async function open(dir: string): Promise<Outbox> {
  const outbox = await openOutbox({ dir, clock });
  onTestFinished(() => outbox.close().catch(() => undefined));
  return outbox;
}

async function folder(): Promise<string> {
  return temporaryFolder((work) => onTestFinished(work));
}

test('what was added is there after a restart, the newest of each subject and every drift', async () => {
  const dir = await folder();
  const outbox = await open(dir);
  await Promise.all([
    outbox.add(drift('1')),
    outbox.add(status('a', 'old')),
    outbox.add(status('b', 'only')),
    outbox.add(result('op', 'old')),
    outbox.add(drift('2')),
    outbox.add(status('a', 'new')),
    outbox.add(result('op', 'new')),
  ]);
  await outbox.close();
  const again = await open(dir);
  expect(again.read(0, 100).map(({ report }) => report)).toEqual([
    drift('1'),
    status('b', 'only'),
    drift('2'),
    status('a', 'new'),
    result('op', 'new'),
  ]);
});

test('numbers only grow: across restarts, and after everything was acknowledged', async () => {
  const dir = await folder();
  const outbox = await open(dir);
  await outbox.add(drift('1'));
  const [first] = outbox.read(0, 1);
  await outbox.acknowledge(first?.sequence ?? 0);
  expect(outbox.read(0, 10)).toEqual([]);
  await outbox.close();
  const again = await open(dir);
  await again.add(drift('2'));
  expect(again.read(0, 1)[0]?.sequence).toBeGreaterThan(first?.sequence ?? 0);
});

test('an agent whose folder was lost goes on above what the hub has from it', async () => {
  const outbox = await open(await folder());
  await outbox.add(drift('1'));
  const told: number[] = [];
  outbox.onAdded(() => told.push(outbox.read(0, 10).length));
  await outbox.acknowledge(5_000_000);
  expect(outbox.read(0, 10)).toEqual([{ sequence: 5_000_001, report: drift('1') }]);
  expect(told).toEqual([1]);
});

test('a report can be read once it is on disk, and not before', async () => {
  const dir = await folder();
  const outbox = await open(dir);
  const added = outbox.add(drift('1'));
  expect(outbox.read(0, 10)).toEqual([]);
  await added;
  expect(outbox.read(0, 10)).toHaveLength(1);
  expect(await readFile(join(dir, 'outbox.jsonl'), 'utf8')).toContain('"id":"1"');
});

test('a line that a crash cut short is no line, and the next one is whole', async () => {
  const dir = await folder();
  const outbox = await open(dir);
  await outbox.add(drift('1'));
  await outbox.close();
  await appendFile(join(dir, 'outbox.jsonl'), '{"type":"report","numbered":{"sequence":10000');
  const again = await open(dir);
  await again.add(drift('2'));
  await again.close();
  const third = await open(dir);
  expect(third.read(0, 10).map(({ report }) => report)).toEqual([drift('1'), drift('2')]);
});

test('the log does not grow with what was delivered', async () => {
  const dir = await folder();
  const outbox = await open(dir);
  for (let round = 0; round < 30; round += 1) {
    await Promise.all(Array.from({ length: 100 }, () => outbox.add(status('a', `round ${round}`))));
    await outbox.acknowledge(outbox.read(0, 1).at(-1)?.sequence ?? 0);
  }
  await outbox.add(drift('last'));
  await outbox.close();
  const lines = (await readFile(join(dir, 'outbox.jsonl'), 'utf8')).split('\n').length;
  expect(lines).toBeLessThan(1300);
  expect((await open(dir)).read(0, 10).map(({ report }) => report)).toEqual([drift('last')]);
});

test('drift history is kept up to its bound; what goes beyond is counted until all is delivered', () => {
  const pending = new PendingReports();
  for (let sequence = 1; sequence <= maxDriftEvents + 3; sequence += 1) {
    pending.add({ sequence, report: drift(String(sequence)) });
  }
  pending.add({ sequence: maxDriftEvents + 4, report: status('a', 'kept') });
  expect(pending.lost).toBe(3);
  expect(pending.read(0, 1)[0]?.sequence).toBe(4);
  expect(pending.size).toBe(maxDriftEvents + 1);
  pending.acknowledge(maxDriftEvents + 4);
  expect(pending.lost).toBe(0);
});
