import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packChart } from '../../support/chart-archive.ts';
import { type ChartRig, loginFor, openChartRig } from '../../support/chart-rig.ts';
import { type ChartServer, startChartServer } from '../../support/chart-server.ts';

let server: ChartServer;
let rig: ChartRig;

beforeEach(async () => {
  server = await startChartServer();
  rig = await openChartRig();
});

afterEach(async () => {
  await server.stop();
  await rig.close();
});

async function publish(version: string, name = 'web'): Promise<void> {
  server.publish(name, version, await packChart(name, version));
}

const paths = () => server.take().map(({ path, status }) => `${status} ${path}`);

describe('a chart of an HTTP repository', () => {
  it('is found by version and range, and read as a tree', async () => {
    await publish('1.0.0');
    await publish('1.2.0');
    await publish('2.0.0-rc.1');
    expect(await rig.tell(server.url, '1.0.0', 'web')).toBe('1.0.0');
    expect(await rig.tell(`${server.url}/`, '^1', 'web')).toBe('1.2.0');
    expect(await rig.tell(server.url, '*', 'web')).toBe('1.2.0');
    const found = await rig.revision(server.url, '1.0.0', 'web');
    if (found.type !== 'found') throw new Error(found.message);
    expect(found.commit).toMatchObject({
      subject: 'web',
      version: '1.0.0',
      committedAt: '2026-11-02T10:00:00.000Z',
    });
    const source = await rig.charts.open(found.commit.id);
    const oid = source.tree.get('Chart.yaml')?.oid ?? '';
    expect(Buffer.from((await source.read([oid])).get(oid) ?? []).toString()).toContain('version: 1.0.0');
  });

  it('costs one request for the index and one for each archive, and then only a look at the index', async () => {
    await publish('1.0.0');
    await publish('3.1.0', 'api');
    const wishes = ['1.0.0', '^1', '*'].map((targetRevision) => ({ chart: 'web', targetRevision }));
    const all = [...wishes, { chart: 'api', targetRevision: '3.x' }];
    const found = await rig.charts.fetch(server.url, all);
    expect(found.map(({ type }) => type)).toEqual(['found', 'found', 'found', 'found']);
    expect(paths().sort()).toEqual([
      '200 /archives/api-3.1.0.tgz',
      '200 /archives/web-1.0.0.tgz',
      '200 /index.yaml',
    ]);
    await rig.charts.fetch(server.url, all);
    expect(paths()).toEqual(['304 /index.yaml']);
    rig.restart();
    expect((await rig.charts.fetch(server.url, all)).map(({ type }) => type)).not.toContain('missing');
    expect(paths()).toEqual(['304 /index.yaml']);
  });

  it('follows a range to a version that is published later', async () => {
    await publish('1.0.0');
    expect(await rig.tell(server.url, '1.x', 'web')).toBe('1.0.0');
    await publish('1.1.0');
    expect(await rig.tell(server.url, '1.x', 'web')).toBe('1.1.0');
  });

  it('that was changed under its version is refused, also after a restart, until its pin is deleted', async () => {
    await publish('1.0.0');
    const before = await rig.revision(server.url, '1.0.0', 'web');
    server.publish('web', '1.0.0', await packChart('web', '1.0.0', { 'Chart.yaml': 'name: web\n' }));
    rig.restart();
    const changed = await rig.revision(server.url, '1.0.0', 'web');
    expect(changed).toMatchObject({
      type: 'missing',
      field: 'targetRevision',
      message: expect.stringMatching(
        /^web 1\.0\.0 was published anew with other content: it was sha256:\w+ and is sha256:\w+ now$/,
      ),
      remedy: expect.stringContaining('charts/pins/'),
    });
    // What is pinned stays at hand.
    if (before.type !== 'found') throw new Error(before.message);
    await rig.charts.open(before.commit.id);
    for (const pin of await readdir(join(rig.dir, 'pins'))) await rm(join(rig.dir, 'pins', pin));
    expect(await rig.tell(server.url, '1.0.0', 'web')).toBe('1.0.0');
    expect(await rig.revision(server.url, '1.0.0', 'web')).not.toEqual(before);
  });

  it('whose archive is not the one that the index names is refused, and taken once it is', async () => {
    await publish('1.0.0');
    await publish('1.0.0', 'api');
    server.fail((path) => (path.includes('web-') ? 'corrupt' : undefined));
    expect(await rig.tell(server.url, '1.0.0', 'web')).toMatch(
      /archives\/web-1\.0\.0\.tgz: it has the digest sha256:\w+, and has to have sha256:\w+$/,
    );
    expect(await rig.tell(server.url, '1.0.0', 'api')).toBe('1.0.0');
    server.fail(() => undefined);
    expect(await rig.tell(server.url, '1.0.0', 'web')).toBe('1.0.0');
  });

  it('is downloaded again where the copy on disk was damaged', async () => {
    await publish('1.0.0');
    const found = await rig.revision(server.url, '1.0.0', 'web');
    if (found.type !== 'found') throw new Error(found.message);
    rig.restart();
    await writeFile(join(rig.dir, 'archives', `${found.commit.id}.tgz`), 'rubbish');
    await expect(rig.charts.open(found.commit.id)).rejects.toMatchObject({ code: 'not-found' });
    server.take();
    expect(await rig.revision(server.url, '1.0.0', 'web')).toEqual(found);
    expect(paths()).toEqual(['304 /index.yaml', '200 /archives/web-1.0.0.tgz']);
    await rig.charts.open(found.commit.id);
  });

  it('that holds what no chart may is refused once, without a download at each poll', async () => {
    rig.restart({ limits: { maxBytes: 100_000, maxUnpackedBytes: 1000, maxEntries: 10 } });
    server.publish('web', '1.0.0', await packChart('web', '1.0.0', { 'big.txt': 'x'.repeat(5000) }));
    const message = /the archive is refused: unpacked, it is larger than 1000 bytes$/;
    expect(await rig.tell(server.url, '1.0.0', 'web')).toMatch(message);
    expect(await rig.tell(server.url, '1.0.0', 'web')).toMatch(message);
    expect(paths().filter((path) => path.includes('archives'))).toHaveLength(1);
  });

  it.each([
    ['web', '9.0.0', 'web: there is no version 9.0.0: there is 1.0.0'],
    ['web', '^9', 'web: no version is in the range ^9: there is 1.0.0'],
    ['web', 'main', 'web: there is no version main: there is 1.0.0'],
    ['wep', '1.0.0', /has no chart wep$/],
  ])('%s %s is told with what there is', async (chart, revision, message) => {
    await publish('1.0.0');
    const found = await rig.revision(server.url, revision, chart);
    expect(found).toMatchObject({
      type: 'missing',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    if (chart === 'wep') expect(found).toMatchObject({ field: 'chart', remedy: 'Did you mean web?' });
  });
});

describe('an HTTP repository', () => {
  it.each([
    [{ status: 401 }, 'unauthenticated', 'it asks for credentials'],
    [{ status: 403 }, 'denied', 'the hub may not read it (403)'],
    [{ status: 404 }, 'not-found', 'there is no index.yaml'],
    [{ status: 429, headers: { 'retry-after': '30' } }, 'throttled', 'for 30 s (429)'],
    [{ status: 503 }, 'unavailable', 'it fails (503)'],
    ['cut', 'unavailable', 'its answer ended in the middle'],
    ['corrupt', 'invalid', "can't be read as the index"],
    [{ redirect: '/index.yaml' }, 'invalid', 'leads on more than 5 times'],
    [{ redirect: 'file:///etc/passwd' }, 'invalid', 'it leads to file:'],
  ] as const)('that answers with %j is a problem of all its charts', async (fault, code, message) => {
    await publish('1.0.0');
    server.fail(() => fault);
    await expect(rig.charts.fetch(server.url, [{ chart: 'web', targetRevision: '1' }])).rejects.toMatchObject(
      {
        code,
        message: expect.stringContaining(message),
        subject: `${server.url}/index.yaml`,
      },
    );
    server.fail(() => undefined);
    expect(await rig.tell(server.url, '1.0.0', 'web')).toBe('1.0.0');
  });

  it('that is down is a problem, and back without a download', async () => {
    await publish('1.0.0');
    await rig.tell(server.url, '1.0.0', 'web');
    await server.stop();
    await expect(rig.tell(server.url, '1.0.0', 'web')).rejects.toMatchObject({ code: 'unavailable' });
    await server.start();
    server.take();
    expect(await rig.tell(server.url, '1.0.0', 'web')).toBe('1.0.0');
    expect(paths()).toEqual(['304 /index.yaml']);
  });

  it('is shown the credentials of its URL; another host that it leads to is not', async () => {
    const [other, guarded] = [
      await startChartServer(),
      await startChartServer({ username: 'ada', password: 'pw' }),
    ];
    try {
      rig.restart({ find: loginFor(guarded.url, 'ada', 'pw') });
      const archive = await packChart('web', '1.0.0');
      for (const each of [other, guarded]) each.publish('web', '1.0.0', archive);
      guarded.fail((path) => (path.includes('archives') ? { redirect: `${other.url}${path}` } : undefined));
      expect(await rig.tell(guarded.url, '1.0.0', 'web')).toBe('1.0.0');
      expect(guarded.take().map(({ authorization }) => authorization !== undefined)).toEqual([true, true]);
      expect(other.take().map(({ path, authorization }) => [path, authorization])).toEqual([
        ['/archives/web-1.0.0.tgz', undefined],
      ]);
      rig.restart({ find: loginFor(guarded.url, 'ada', 'wrong') });
      await expect(rig.tell(guarded.url, '1.0.0', 'web')).rejects.toMatchObject({ code: 'unauthenticated' });
    } finally {
      await other.stop();
      await guarded.stop();
    }
  });
});
