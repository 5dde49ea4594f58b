import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Schemas, unwrap } from '../../cli/client/open-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { exampleFleet } from '../support/example-fleet.ts';
import { type FleetRig, openFleetRig, type RigCluster } from '../support/fleet-rig.ts';
import { createGitRepo, type FileChanges, type GitRepo } from '../support/git-repo.ts';
import { type GitServer, startGitServer } from '../support/git-server.ts';
import { readOwned, versionsOf } from '../support/rendered.ts';

const guestbook = 'apps/guestbook/staging';
const overlay = 'apps/payments/overlays/staging/kustomization.yaml';
const chart = 'charts/storefront';
/** Loopback's discard port, where nobody answers. */
const nowhere = 'http://127.0.0.1:9/config.git';

/** How a change breaks an application, and where and how its owner is told. */
interface Breakage {
  readonly what: string;
  readonly application: string;
  /** The file that is at fault, and what its text becomes; `undefined`: its folder is deleted. */
  readonly file: string;
  readonly edit: ((text: string) => string) | undefined;
  /** Where it is told, if not in `file`; the line is the one that holds `line`. */
  readonly toldIn?: string;
  readonly line: string;
  readonly words: RegExp;
}

const breakages: readonly Breakage[] = [
  {
    what: 'a syntax error in plain YAML',
    application: 'guestbook-staging',
    file: `${guestbook}/deployment.yaml`,
    edit: (text) => text.replace('  replicas: 1', '  replicas: [1'),
    line: 'replicas: [1',
    words: /./,
  },
  {
    what: 'a syntax error in the Application itself',
    application: 'guestbook-staging',
    file: 'applications/staging/guestbook.yaml',
    edit: (text) => text.replace('project: shop', 'project: "shop'),
    line: 'project: "shop',
    words: /./,
  },
  {
    what: 'an unknown field in a kustomization',
    application: 'payments-staging',
    file: overlay,
    edit: (text) => `${text}resoures: []\n`,
    line: 'resoures',
    words: /resoures/,
  },
  {
    what: 'a base that is not there',
    application: 'payments-staging',
    file: overlay,
    edit: (text) => text.replace('../../base', '../../nowhere'),
    line: '../../nowhere',
    words: /nowhere/,
  },
  {
    what: 'a syntax error below a kustomization',
    application: 'payments-staging',
    file: 'apps/payments/base/service.yaml',
    edit: (text) => text.replace('name: http', 'name: http: x'),
    line: 'name: http: x',
    words: /service\.yaml/,
  },
  {
    what: 'a syntax error in values',
    application: 'storefront-staging',
    file: `${chart}/values-staging.yaml`,
    edit: (text) => text.replace('replicaCount: 2', 'replicaCount: 2: x'),
    line: 'replicaCount: 2: x',
    words: /./,
  },
  {
    what: 'a template that does not render',
    application: 'storefront-staging',
    file: `${chart}/templates/service.yaml`,
    edit: (text) => text.replace('.Values.service.type', '.Values.service.type.of'),
    line: '.Values.service.type.of',
    words: /type/,
  },
  {
    what: 'a values file that is not there',
    application: 'storefront-staging',
    file: 'applications/staging/storefront.yaml',
    edit: (text) => text.replace('values-staging.yaml', 'values-stagin.yaml'),
    line: 'values-stagin.yaml',
    words: /values-stagin\.yaml/,
  },
  {
    what: 'a repository where nobody answers',
    application: 'payments-staging',
    file: 'applications/staging/payments.yaml',
    edit: (text) => text.replace(/repoURL: .*/, `repoURL: ${nowhere}`),
    line: 'repoURL:',
    words: /127\.0\.0\.1:9/,
  },
  {
    what: 'a branch that is not there',
    application: 'payments-staging',
    file: 'applications/staging/payments.yaml',
    edit: (text) => text.replace('targetRevision: main', 'targetRevision: mian'),
    line: 'targetRevision:',
    words: /mian/,
  },
  {
    what: 'a deleted path',
    application: 'guestbook-staging',
    file: guestbook,
    edit: undefined,
    toldIn: 'applications/staging/guestbook.yaml',
    line: 'path:',
    words: /apps\/guestbook\/staging/,
  },
];

/** Every one of these commits must change nothing on the cluster, say why and where, and be forgotten once mended. */
describe('commits and repositories that are broken', () => {
  let rig: FleetRig;
  let staging: RigCluster;
  let library: { readonly server: GitServer; readonly repo: GitRepo; readonly dir: string };

  beforeAll(async () => {
    rig = await openFleetRig({ clusters: ['staging'], controllers: 'none', files: fleetFiles });
    staging = rig.cluster('staging');
    await openLibrary();
    await rig.untilSynced();
  });

  afterAll(async () => {
    await library?.server.close();
    await rig?.close();
  });

  async function fleetFiles(url: string): Promise<FileChanges> {
    const files = await exampleFleet(url, (path) => !/^applications\/(dev|prod)\//.test(path));
    const project = 'fleet/projects/platform.yaml';
    const values = `${chart}/values-staging.yaml`;
    return {
      ...files,
      [project]: String(files[project]).replace(
        'sourceRepos:\n',
        'sourceRepos:\n    - http://127.0.0.1:*/*.git\n',
      ),
      // Without controllers no Job ever ends.
      [values]: `${String(files[values])}migrations:\n  enabled: false\n`,
    };
  }

  /** An application whose source is a repository of its own. */
  async function openLibrary(): Promise<void> {
    const dir = join(rig.dir, 'library');
    const repo = await createGitRepo(dir, 'library.git');
    await repo.commit(configMap('v1'));
    const server = await startGitServer({ dir });
    library = { server, repo, dir };
    const text = await read('applications/staging/payments.yaml');
    await rig.push({
      'applications/staging/library.yaml': text
        .replace('payments-staging', 'library-staging')
        .replace(/repoURL: .*/, `repoURL: ${server.url('library.git')}`)
        .replace(/path: .*/, 'path: library'),
    });
  }

  const read = async (path: string): Promise<string> => `${await rig.repo.git('show', `main:${path}`)}\n`;

  async function brokenChanges({
    file,
    edit,
  }: Breakage): Promise<{ broken: FileChanges; mended: FileChanges }> {
    const names =
      edit === undefined ? await rig.repo.git('ls-tree', '-r', '--name-only', 'main', file) : file;
    const broken: Record<string, string | null> = {};
    const mended: Record<string, string> = {};
    for (const name of names.split('\n')) {
      mended[name] = await read(name);
      broken[name] = edit === undefined ? null : edit(mended[name]);
      expect(broken[name]).not.toBe(mended[name]);
    }
    return { broken, mended };
  }

  const versions = async (): Promise<ReadonlyMap<string, string>> =>
    versionsOf(await readOwned(staging.live));

  /** Nothing was written, and only the one application is told to be at fault. */
  async function expectUnchanged(
    before: ReadonlyMap<string, string>,
    broken: readonly string[],
  ): Promise<void> {
    await rig.untilIdle();
    expect(staging.writes()).toEqual([]);
    expect(await versions()).toEqual(before);
    const { items } = await unwrap(rig.client.GET('/api/v1/applications', {}));
    expect(items.filter(({ sync }) => sync !== 'Synced').map((item) => item.name)).toEqual(broken);
  }

  function expectFrozen(
    view: Schemas['Application'],
    location: { readonly file: string; readonly line: number },
    words: RegExp,
  ): void {
    expect(view).toMatchObject({ sync: 'Unknown', cause: 'frozen', gates: [{ kind: 'frozen' }] });
    expect(view.problems[0]?.location, view.sentence).toEqual(location);
    expect(view.problems[0]?.message).toMatch(words);
    expect(view.problems[0]?.remedy ?? view.gates[0]?.remedy).toMatch(/\w/);
    expect(view.sentence).toContain(`${location.file}:${location.line}`);
  }

  async function lineOf(file: string, text: string): Promise<number> {
    const lines = (await read(file)).split('\n');
    const index = lines.findIndex((line) => line.includes(text));
    expect(index, `${text} in ${file}`).toBeGreaterThanOrEqual(0);
    return index + 1;
  }

  it.each(breakages)(
    '$what changes nothing, is told with file and line, and is mended by a commit',
    async (breakage) => {
      const { application, file, toldIn = file, line, words } = breakage;
      const { broken, mended } = await brokenChanges(breakage);
      await rig.untilIdle();
      const before = await versions();
      staging.forgetRequests();

      try {
        await rig.push(broken);
        const view = await rig.application(application);
        expectFrozen(view, { file: toldIn, line: await lineOf(toldIn, line) }, words);
        await expectUnchanged(before, [application]);
      } finally {
        await rig.push(mended);
      }

      await rig.untilSynced();
      expect((await rig.application(application)).problems).toEqual([]);
      await expectUnchanged(before, []);
    },
  );

  it('goes on with every other application of a commit that breaks one, and heals the broken one meanwhile', async () => {
    const page = `${guestbook}/config-map.yaml`;
    const [kustomization, text] = [await read(overlay), await read(page)];
    const place = { apiVersion: 'v1', kind: 'Service', name: 'payments', namespace: 'payments' };
    const selector = (await staging.live.get(place)).spec.selector;

    await rig.push({
      [overlay]: kustomization.replace('../../base', '../../nowhere'),
      [page]: text.replace('Guestbook', 'Visitors'),
    });
    await rig.untilSynced('guestbook-staging');
    const live = await staging.live.get({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'guestbook',
      namespace: 'guestbook',
    });
    expect(live.data['index.html']).toContain('Visitors');

    expect(await rig.application('payments-staging')).toMatchObject({ cause: 'frozen' });
    await staging.live.patch(place, { spec: { selector: { edited: 'by-hand' } } });
    await waitUntil(
      'the edit is healed',
      async () => {
        return (await staging.live.get(place)).spec.selector.edited === undefined;
      },
      { limitMs: 30_000 },
    );
    expect((await staging.live.get(place)).spec.selector).toEqual(selector);

    await rig.push({ [overlay]: kustomization });
    await rig.untilSynced();
  });

  it('keeps what runs while the repository of a source is away, and goes on by itself when it is back', async () => {
    await rig.untilIdle();
    const before = await versions();
    staging.forgetRequests();

    await library.server.stop();

    const file = 'applications/staging/library.yaml';
    const view = await rig.until('library-staging', 'is frozen', ({ cause }) => cause === 'frozen');
    expectFrozen(view, { file, line: await lineOf(file, 'repoURL:') }, /library\.git/);
    await library.repo.commit(configMap('v2'));
    await expectUnchanged(before, ['library-staging']);

    await library.server.start();
    await untilLibrary('v2');
    expect((await rig.application('library-staging')).problems).toEqual([]);
  });

  it('keeps what runs while the fleet repository is away, says so, and goes on by itself when it is back', async () => {
    await rig.untilIdle();
    const before = await versions();
    staging.forgetRequests();

    await rig.gitServer.stop();

    const problem = await waitUntil(
      'the hub says so',
      async () => (await unwrap(rig.client.GET('/api/v1/status', {}))).problems[0],
      { limitMs: 30_000 },
    );
    expect(problem).toMatchObject({ code: 'fleet-unreadable' });
    expect(problem.message).toContain(rig.url);
    const page = `${guestbook}/config-map.yaml`;
    await rig.repo.commit({ [page]: (await read(page)).replace(/<h1>.*<\/h1>/, '<h1>Back again</h1>') });
    await expectUnchanged(before, []);

    await rig.gitServer.start();
    const place = { apiVersion: 'v1', kind: 'ConfigMap', name: 'guestbook', namespace: 'guestbook' };
    await waitUntil(
      'the commit is live',
      async () => {
        return (await staging.live.get(place)).data['index.html'].includes('Back again');
      },
      { limitMs: 30_000 },
    );
    expect((await unwrap(rig.client.GET('/api/v1/status', {}))).problems).toEqual([]);
  });

  async function untilLibrary(version: string): Promise<void> {
    const place = { apiVersion: 'v1', kind: 'ConfigMap', name: 'library', namespace: 'payments' };
    await waitUntil(
      `the library is ${version}`,
      async () => {
        return (await staging.live.get(place)).data.version === version;
      },
      { limitMs: 30_000 },
    );
    await rig.untilSynced('library-staging');
  }
});

function configMap(version: string): FileChanges {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'library' }, data: { version } };
  return { 'library/config-map.yaml': JSON.stringify(object) };
}
