import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digest } from '../../../core/digest.ts';
import type { Drift, DriftEvent } from '../../../core/drift.ts';
import type { ApplicationStatus } from '../../../core/status.ts';
import type { CatalogFile } from '../../../hub/catalog/catalog.ts';
import type { ApplicationRecord, Generation, StorePort } from '../../../hub/ports.ts';
import { openStore } from '../../../hub/store/open-store.ts';

const at = '2026-11-01T10:00:00.000Z';
const clock = { now: () => new Date(at) };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function record(name: string, change: Partial<ApplicationRecord> = {}): ApplicationRecord {
  return {
    application: `argocd/${name}`,
    name,
    project: 'platform',
    cluster: 'staging',
    environment: 'staging',
    namespace: 'payments',
    mode: 'heal',
    repoURL: 'https://git.example.com/platform-config.git',
    targetRevision: 'main',
    path: 'apps/payments',
    location: { file: 'applications/payments.yaml', line: 1 },
    deletesOnRemoval: false,
    gates: [],
    problems: [],
    ...change,
  };
}

function generation(change: Partial<Generation> = {}): Generation {
  return {
    fleetCommit: { id: 'a'.repeat(40), author: 'm.ortiz', committedAt: at, subject: 'payments: 1.2' },
    files: [],
    removedFiles: [],
    applications: [],
    removedApplications: [],
    heads: new Map(),
    blobs: new Map(),
    renders: new Map(),
    ...change,
  };
}

function status(application: string): ApplicationStatus {
  return {
    application,
    digest: 'd1',
    sync: 'Synced',
    health: { status: 'Healthy', message: '' },
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
  };
}

function driftEvent(change: DriftEvent['change'], id = 'abcdef012345'): DriftEvent {
  const drift: Drift = {
    id,
    application: 'argocd/payments',
    ref: { group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'web' },
    kind: 'changed',
    fields: [{ path: 'spec.replicas', desired: 3, live: 5 }],
    observedAt: at,
    verdict: 'exact',
  };
  return { drift, change, at, ...(change === 'closed' ? { end: 'healed' as const } : {}) };
}

describe('the store', () => {
  let dir: string;
  let store: StorePort;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
    store = await openStore({ dir, clock });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function reopen(): Promise<void> {
    await store.close();
    store = await openStore({ dir, clock });
  }

  it('gives back a generation after a restart, with maps of field lines and the newest head', async () => {
    const file: CatalogFile = {
      path: 'fleet/clusters/staging.yaml',
      oid: 'b1',
      problems: [],
      stale: false,
      documents: [
        {
          kind: 'Cluster',
          name: 'staging',
          labels: {},
          environment: 'staging',
          servers: [],
          location: { file: 'fleet/clusters/staging.yaml', line: 1 },
          fieldLines: new Map([['spec.environment', 6]]),
        },
      ],
    };
    const head = { generation: 3, entries: new Map([['argocd/payments', 'd1']]) };
    await store.saveGeneration(
      generation({ files: [file], applications: [record('payments')], heads: new Map([['staging', head]]) }),
    );
    await reopen();
    const stored = await store.readFleet();
    expect(stored.files).toEqual([file]);
    expect(stored.applications).toEqual([record('payments')]);
    expect(stored.heads.get('staging')).toEqual(head);
    expect(stored.fleetCommit?.subject).toBe('payments: 1.2');
  });

  it('replaces only what a later generation changes, and forgets what it removes', async () => {
    const entries = new Map([
      ['argocd/a', 'd1'],
      ['argocd/b', 'd2'],
    ]);
    await store.saveGeneration(
      generation({
        applications: [record('a'), record('b')],
        heads: new Map([['staging', { generation: 1, entries }]]),
      }),
    );
    await store.saveReports('staging', [
      { sequence: 1, report: { type: 'application', status: status('argocd/b') } },
    ]);
    const next = { generation: 2, entries: new Map([['argocd/a', 'd3']]) };
    await store.saveGeneration(
      generation({
        applications: [record('a', { mode: 'sync' })],
        removedApplications: ['argocd/b'],
        heads: new Map([['staging', next]]),
      }),
    );
    expect(await store.readHead('staging')).toEqual(next);
    expect((await store.listApplications()).map((each) => [each.name, each.mode])).toEqual([['a', 'sync']]);
    expect((await store.readStatuses()).size).toBe(0);
  });

  it('keeps contents encrypted on disk and gives them back whole', async () => {
    const secret = 'correct horse battery staple, forty times over';
    const content = bytes(secret);
    await store.saveGeneration(
      generation({
        blobs: new Map([['d1', content]]),
        heads: new Map([['staging', { generation: 1, entries: new Map([['argocd/a', 'd1']]) }]]),
      }),
    );
    expect([...(await store.readBlobs(['d1', 'absent'])).keys()]).toEqual(['d1']);
    await store.close();
    expect(readFileSync(join(dir, 'fleet.sqlite')).includes(secret)).toBe(false);
    expect(statSync(join(dir, 'store.key')).mode & 0o777).toBe(0o600);
    store = await openStore({ dir, clock });
    expect(new TextDecoder().decode((await store.readBlobs(['d1'])).get('d1'))).toBe(secret);
  });

  it('collects contents that neither a head nor a render names, and no others', async () => {
    const head = (entry: string) =>
      new Map([['staging', { generation: 1, entries: new Map([['argocd/a', entry]]) }]]);
    await store.saveGeneration(
      generation({
        blobs: new Map([
          ['in-head', bytes('1')],
          ['in-render', bytes('2')],
          ['nowhere', bytes('3')],
        ]),
        renders: new Map([['key', 'in-render']]),
        heads: head('in-head'),
      }),
    );
    await reopen();
    const kept = await store.readBlobs(['in-head', 'in-render', 'nowhere']);
    expect([...kept.keys()].sort()).toEqual(['in-head', 'in-render']);
    expect(await store.readRender('key')).toBe('in-render');
    expect(await store.readRender('unknown')).toBeUndefined();
  });

  it('counts each report once, however often it is sent', async () => {
    const reports = [
      { sequence: 1, report: { type: 'drift' as const, event: driftEvent('opened') } },
      { sequence: 2, report: { type: 'drift' as const, event: driftEvent('closed') } },
    ];
    expect(await store.saveReports('staging', reports)).toBe(2);
    expect(await store.saveReports('staging', reports)).toBe(2);
    expect(await store.readAcknowledged('staging')).toBe(2);
    const found = await store.readDrift('abcdef');
    expect(found?.events?.map((event) => event.change)).toEqual(['opened', 'closed']);
    expect(found).toMatchObject({ state: 'closed', end: 'healed', closedAt: at });
    expect(await store.listDrifts({ state: 'open' })).toEqual([]);
  });

  it('keeps the newest of what an agent found orphaned in a namespace, until it says that nobody asks', async () => {
    const finds = { project: 'shop', namespace: 'web', objects: [], total: 2, unread: [], observedAt: at };
    const report = (sequence: number, more: object) => ({
      sequence,
      report: { type: 'orphans' as const, finds: { ...finds, ...more } },
    });
    await store.saveReports('staging', [
      report(1, {}),
      report(2, { total: 3 }),
      report(3, { project: 'other' }),
    ]);
    await store.saveReports('prod', [report(1, { namespace: 'api' })]);
    expect(await store.listOrphans('shop')).toEqual([
      { ...finds, namespace: 'api', cluster: 'prod' },
      { ...finds, total: 3, cluster: 'staging' },
    ]);
    await store.saveReports('staging', [report(4, { total: 0, ended: true })]);
    expect((await store.listOrphans('shop')).map(({ cluster }) => cluster)).toEqual(['prod']);
  });

  it('keeps the first event of a drift and the newest 49, and counts the others', async () => {
    const moments = Array.from(
      { length: 60 },
      (_, index) => `2026-11-01T10:00:${String(index).padStart(2, '0')}Z`,
    );
    const reports = moments.map((moment, index) => {
      const event = { ...driftEvent(index === 0 ? 'opened' : 'changed'), at: moment };
      return { sequence: index + 1, report: { type: 'drift' as const, event } };
    });
    await store.saveReports('staging', reports.slice(0, 50));
    const whole = await store.readDrift('abcdef');
    expect(whole?.events).toHaveLength(50);
    expect(whole?.droppedEvents).toBeUndefined();
    await store.saveReports('staging', reports.slice(50));
    const found = await store.readDrift('abcdef');
    expect(found?.droppedEvents).toBe(10);
    expect(found?.events?.map((event) => event.at)).toEqual([moments[0], ...moments.slice(11)]);
  });

  it('finds a drift by the beginning of its id only where that names one', async () => {
    await store.saveReports('staging', [
      { sequence: 1, report: { type: 'drift', event: driftEvent('opened', 'abcdef01') } },
      { sequence: 2, report: { type: 'drift', event: driftEvent('opened', 'abcdef02') } },
    ]);
    expect(await store.readDrift('abcdef')).toBeUndefined();
    expect((await store.readDrift('abcdef01'))?.drift.id).toBe('abcdef01');
    expect(await store.readDrift('abc')).toBeUndefined();
    expect(await store.readDrift('%%%%%%%')).toBeUndefined();
    const report = { type: 'drift', event: driftEvent('opened', "a'%b#") } as const;
    await store.saveReports('staging', [{ sequence: 3, report }]);
    expect((await store.readDrift("a'%b#"))?.drift.id).toBe("a'%b#");
    expect(await store.readDrift("a'%b")).toBeUndefined();
  });

  it('spends an enrolment token once, and never after it expired', async () => {
    const secretDigest = digest('secret');
    await store.createToken({ cluster: 'dev', secretDigest, expiresAt: '2026-11-01T11:00:00.000Z' });
    expect(await store.spendToken(digest('other'), at)).toBeUndefined();
    expect(await store.spendToken(secretDigest, at)).toBe('dev');
    expect(await store.spendToken(secretDigest, at)).toBeUndefined();
    await store.createToken({ cluster: 'dev', secretDigest, expiresAt: at });
    expect(await store.spendToken(secretDigest, at)).toBeUndefined();
  });

  it('keeps an operation pending until its result, and the first final result for ever', async () => {
    const operation = await store.createOperation({
      application: 'argocd/payments',
      cluster: 'staging',
      request: { type: 'sync' },
      requestedBy: 'token',
    });
    expect(await store.readPendingOperations('staging')).toEqual([operation]);
    const result = (sequence: number, phase: 'Running' | 'Succeeded' | 'Failed') => ({
      sequence,
      report: { type: 'operation' as const, result: { id: operation.id, phase, message: phase, at } },
    });
    await store.saveReports('staging', [result(1, 'Running')]);
    expect((await store.readPendingOperations('staging'))[0]?.phase).toBe('Running');
    await store.saveReports('staging', [result(2, 'Succeeded'), result(3, 'Failed')]);
    expect(await store.readPendingOperations('staging')).toEqual([]);
    expect(await store.readOperation(operation.id)).toMatchObject({ phase: 'Succeeded', finishedAt: at });
  });

  it('keeps who cancelled an operation first, and only while it has no result', async () => {
    const wanted = { cluster: 'staging', request: { type: 'sync' }, requestedBy: 'token' } as const;
    const ends = await store.createOperation({ ...wanted, application: 'argocd/payments' });
    const other = await store.createOperation({ ...wanted, application: 'argocd/search' });
    expect(await store.cancelOperation(ends.id, 'ana')).toMatchObject({ id: ends.id, cancelledBy: 'ana' });
    expect(await store.cancelOperation(ends.id, 'bo')).toMatchObject({ cancelledBy: 'ana' });
    expect(await store.readPendingOperations('staging')).toMatchObject([{ cancelledBy: 'ana' }, other]);
    const result = { id: ends.id, phase: 'Failed' as const, message: 'it was cancelled', at };
    await store.saveReports('staging', [{ sequence: 1, report: { type: 'operation', result } }]);
    expect(await store.cancelOperation(ends.id, 'bo')).toBeUndefined();
    expect(await store.cancelOperation('none', 'bo')).toBeUndefined();
    const ids = async (state: 'open' | 'all', application?: string) => {
      const filter = { state, limit: 10, ...(application === undefined ? {} : { application }) };
      return (await store.listOperations(filter)).map(({ id }) => id).sort();
    };
    expect(await ids('open')).toEqual([other.id]);
    expect(await ids('all')).toEqual([ends.id, other.id].sort());
    expect(await ids('all', 'argocd/payments')).toEqual([ends.id]);
  });

  it('appends an epoch at each start and keeps its digest key', async () => {
    const [first] = store.epochs;
    const key = store.digestKey;
    await reopen();
    expect(store.epochs).toHaveLength(2);
    expect(store.epochs[0]).toEqual(first);
    expect(store.epochs[1]?.counter).toBe(2);
    expect(store.digestKey).toEqual(key);
  });

  it('refuses a file that is no store, and a second process, in words that say what to do', async () => {
    await expect(openStore({ dir, clock })).rejects.toMatchObject({ code: 'conflict' });
    const other = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
    writeFileSync(join(other, 'fleet.sqlite'), 'this is not a database at all, not even a small one');
    await expect(openStore({ dir: other, clock })).rejects.toMatchObject({
      code: 'invalid',
      subject: join(other, 'fleet.sqlite'),
    });
    rmSync(other, { recursive: true });
  });

  it('never makes a new key beside contents of another, and takes no file for a key that is none', async () => {
    await store.close();
    const file = join(dir, 'store.key');
    const key = readFileSync(file);
    rmSync(file);
    await expect(openStore({ dir, clock })).rejects.toMatchObject({
      code: 'invalid',
      subject: file,
      message: expect.stringContaining('is missing'),
      remedy: expect.stringContaining('Restore it from a backup'),
    });
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, 'short');
    await expect(openStore({ dir, clock })).rejects.toMatchObject({ code: 'invalid', subject: file });
    writeFileSync(file, Buffer.alloc(32, 1));
    await expect(openStore({ dir, clock })).rejects.toMatchObject({
      message: expect.stringContaining('the key of the store is another'),
    });
    writeFileSync(file, key);
    store = await openStore({ dir, clock });
    expect(store.epochs).toHaveLength(2);
  });
});
