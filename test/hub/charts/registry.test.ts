import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseChartAddress } from '../../../hub/charts/address.ts';
import { parseChallenge } from '../../../hub/charts/oci-challenge.ts';
import { fileEntry, packChart, packEntries } from '../../support/chart-archive.ts';
import { type ChartRig, loginFor, openChartRig } from '../../support/chart-rig.ts';
import { startChartServer } from '../../support/chart-server.ts';
import { type OciServer, type OciServerOptions, startOciServer } from '../../support/oci-server.ts';

let server: OciServer;
let rig: ChartRig;

async function open(options: OciServerOptions = {}): Promise<void> {
  server = await startOciServer(options);
}

beforeEach(async () => {
  rig = await openChartRig();
});

afterEach(async () => {
  await server.stop();
  await rig.close();
});

async function push(tag: string, name = 'charts/web'): Promise<void> {
  server.push(name, tag, await packChart('web', tag.replace('_', '+')));
}

const paths = () => server.take().map(({ method, path, status }) => `${method} ${status} ${path}`);

describe('a chart of a registry', () => {
  it('is found by version and range, however its address is written', async () => {
    await open({ pageSize: 2 });
    for (const tag of ['1.0.0', 'latest', '1.2.0_build.5', '2.0.0-rc.1', '0.9.0']) await push(tag);
    const repository = `${server.host}/charts`;
    expect(await rig.tell(repository, '1.0.0', 'web')).toBe('1.0.0');
    expect(await rig.tell(`oci://${repository}`, '^1', 'web')).toBe('1.2.0+build.5');
    expect(await rig.tell(`oci://${repository}/web`, '0.x')).toBe('0.9.0');
    expect(await rig.tell(`oci://${repository}/web`, 'latest')).toBe('latest');
    expect(await rig.tell(`${repository}/`, '1.0', 'web')).toBe('1.0.0');
  });

  it('is downloaded once; then a look at its tag is enough, also after a restart', async () => {
    await open();
    await push('1.0.0');
    const first = await rig.revision(`${server.host}/charts`, '1.0.0', 'web');
    expect(paths()).toEqual([
      'GET 200 /v2/charts/web/manifests/1.0.0',
      expect.stringMatching(/^GET 200 \/v2\/charts\/web\/blobs\/sha256:/),
    ]);
    rig.restart();
    expect(await rig.revision(`${server.host}/charts`, '1.0.0', 'web')).toEqual(first);
    expect(paths()).toEqual(['HEAD 200 /v2/charts/web/manifests/1.0.0']);
    if (first.type !== 'found') throw new Error(first.message);
    expect((await rig.charts.open(first.commit.id)).tree.has('templates/config.yaml')).toBe(true);
  });

  it('that was pushed anew with the same content is the same; with other content it is refused', async () => {
    await open();
    await push('1.0.0');
    const first = await rig.revision(`${server.host}/charts`, '1.0.0', 'web');
    server.push('charts/web', '1.0.0', await packChart('web', '1.0.0'), { annotations: { at: 'noon' } });
    expect(await rig.revision(`${server.host}/charts`, '1.0.0', 'web')).toEqual(first);
    server.push('charts/web', '1.0.0', await packChart('web', '1.0.0', { 'Chart.yaml': 'name: web\n' }));
    expect(await rig.revision(`${server.host}/charts`, '1.0.0', 'web')).toMatchObject({
      type: 'missing',
      message: expect.stringContaining('was published anew with other content'),
    });
  });

  it('by a tag that moves is what the tag names; by a digest it is always that', async () => {
    await open();
    await push('latest');
    const first = await rig.revision(`oci://${server.host}/charts/web`, 'latest');
    server.push('charts/web', 'latest', await packChart('web', '2.0.0'));
    const second = await rig.revision(`oci://${server.host}/charts/web`, 'latest');
    expect(second.type).toBe('found');
    expect(second).not.toEqual(first);
    expect(await rig.tell(`oci://${server.host}/charts/web`, `sha256:${'0'.repeat(64)}`)).toContain(
      'has no sha256:000',
    );
  });

  it('may be a packed folder, which keeps its paths', async () => {
    await open();
    const archive = await packEntries([fileEntry('base/config.yaml', 'kind: ConfigMap\n')]);
    server.push('configs', '1.0.0', archive, { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' });
    const found = await rig.revision(`oci://${server.host}/configs`, '1.0.0');
    if (found.type !== 'found') throw new Error(found.message);
    expect((await rig.charts.open(found.commit.id)).tree.has('base/config.yaml')).toBe(true);
  });

  it('may be named by the index of a repository', async () => {
    await open();
    const archive = await packChart('web', '1.0.0');
    server.push('charts/web', '1.0.0', archive);
    const repository = await startChartServer();
    try {
      repository.publish('web', '1.0.0', archive, `oci://${server.host}/charts/web:1.0.0`);
      expect(await rig.tell(repository.url, '1.0.0', 'web')).toBe('1.0.0');
      server.push('charts/web', '1.1.0', archive);
      repository.publish('web', '1.1.0', Buffer.from('other'), `oci://${server.host}/charts/web:1.1.0`);
      expect(await rig.tell(repository.url, '1.1.0', 'web')).toMatch(
        /is sha256:\w+ there, and sha256:\w+ in the/,
      );
    } finally {
      await repository.stop();
    }
  });

  it.each(['token', 'basic'] as const)(
    'is read with a login by %s, which the token server alone is shown',
    async (type) => {
      const auth = { type, username: 'ada', password: 'pw' };
      await open({ auth });
      await push('1.0.0');
      const repository = `${server.host}/charts`;
      expect(await rig.tell(repository, '1.0.0', 'web')).toContain('(401)');
      rig.restart({ find: loginFor(`oci://${repository}`, 'ada', 'pw') });
      server.take();
      expect(await rig.tell(repository, '1.0.0', 'web')).toBe('1.0.0');
      const basics = server.take().filter(({ authorization }) => authorization?.startsWith('Basic'));
      if (type === 'token') expect(basics.map(({ path }) => path.split('?')[0])).toEqual(['/token']);
      rig.restart({ find: loginFor(`oci://${repository}`, 'ada', 'wrong') });
      expect(await rig.tell(repository, '1.0.0', 'web')).toContain('(401)');
    },
  );

  it('is read where the content lies elsewhere, which is shown no credentials', async () => {
    await open({ auth: { type: 'basic', username: 'ada', password: 'pw' } });
    await push('1.0.0');
    const store = await startOciServer();
    try {
      store.push('charts/web', '1.0.0', await packChart('web', '1.0.0'));
      server.fail((path) => (path.includes('/blobs/') ? { redirect: `${store.url}${path}` } : undefined));
      rig.restart({ find: loginFor(`oci://${server.host}`, 'ada', 'pw') });
      expect(await rig.tell(`${server.host}/charts`, '1.0.0', 'web')).toBe('1.0.0');
      expect(store.take().map(({ authorization }) => authorization)).toEqual([undefined]);
    } finally {
      await store.stop();
    }
  });

  it.each([
    [{ status: 403 }, 'the hub may not read it (403)'],
    [{ status: 404 }, 'has no 1.0.0, or the hub may not see it (404)'],
    [{ status: 500 }, 'it fails (500)'],
    ['cut', 'its answer ended in the middle'],
    ['corrupt', 'it is something else, not a chart'],
  ] as const)('of a registry that answers with %j is a problem', async (fault, message) => {
    await open();
    await push('1.0.0');
    server.fail(() => fault);
    expect(await rig.tell(`${server.host}/charts`, '1.0.0', 'web')).toContain(message);
    server.fail(() => undefined);
    expect(await rig.tell(`${server.host}/charts`, '1.0.0', 'web')).toBe('1.0.0');
  });

  it.each([
    ['cut', 'its answer ended in the middle'],
    ['corrupt', 'it has the digest sha256:'],
    [{ status: 404 }, 'lacks the content sha256:'],
  ] as const)(
    'whose content comes as %j is refused, and taken once it comes whole',
    async (fault, message) => {
      await open();
      await push('1.0.0');
      server.fail((path) => (path.includes('/blobs/') ? fault : undefined));
      expect(await rig.tell(`${server.host}/charts`, '1.0.0', 'web')).toContain(message);
      server.fail(() => undefined);
      expect(await rig.tell(`${server.host}/charts`, '1.0.0', 'web')).toBe('1.0.0');
    },
  );

  it('that is an image of a container is told apart', async () => {
    await open();
    server.push('app', '1.0.0', Buffer.from('x'), {
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    });
    expect(await rig.tell(`oci://${server.host}/app`, '1.0.0')).toContain('its layers are no chart');
  });
});

describe('an address of charts', () => {
  it.each([
    ['https://charts.example.com/stable/', 'web', 'https://charts.example.com/stable/'],
    ['https://user@charts.example.com?x=1', 'web', 'https://charts.example.com/'],
    ['ghcr.io/acme/charts', 'web', 'https://ghcr.io ghcr.io/acme/charts/web'],
    ['oci://GHCR.io/acme/charts/web', undefined, 'https://ghcr.io ghcr.io/acme/charts/web'],
    ['docker.io/acme', 'web', 'https://registry-1.docker.io docker.io/acme/web'],
    ['localhost:5000', 'web', 'http://localhost:5000 localhost:5000/web'],
  ])('%s with %s is %s', (repoURL, chart, expected) => {
    const address = parseChartAddress({ repoURL, chart });
    expect(address.type === 'http' ? address.url : `${address.origin} ${address.label}`).toBe(expected);
  });

  it.each(['ssh://git@example.com/x', 'ghcr.io/Acme', 'ghcr.io', 'ghcr.io/../x', 'ghcr.io/a b', 'oci://'])(
    '%s is none',
    (repoURL) => {
      expect(() => parseChartAddress({ repoURL })).toThrow();
    },
  );
});

it.each([
  ['Basic realm="x"', { type: 'basic' }],
  [
    'Bearer realm="https://auth.example.com/token",service="r",scope="repository:a/b:pull,push"',
    {
      type: 'bearer',
      realm: 'https://auth.example.com/token',
      service: 'r',
      scope: 'repository:a/b:pull,push',
    },
  ],
  [
    'bearer realm=https://auth.example.com/token',
    { type: 'bearer', realm: 'https://auth.example.com/token' },
  ],
  ['Bearer realm="not a url"', undefined],
  ['Negotiate', undefined],
  [null, undefined],
])('the challenge %s is read', (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected);
});
