import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatLocation } from '../../core/problem.ts';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import {
  administration,
  applicationText,
  clusterText,
  configMapText,
  fleetText,
  projectText,
} from '../support/fleet-texts.ts';
import type { FileChanges } from '../support/git-repo.ts';
import { startGitServer } from '../support/git-server.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

/**
 * What is wrong in Git changes nothing on any cluster, and nothing else waits for it. Every application here carries the
 * resources finalizer: if anything counted as removed, its objects would be deleted.
 */
let tmpDir: string;
let render: RenderPort;
let rig: LoopRig;
let before: Readonly<Record<string, string>>;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-freezing-'));
  const { kustomize } = await ensureBinaries(['kustomize'], {
    log: (line) => process.stderr.write(`${line}\n`),
  });
  render = await openRender({ helm: undefined, kustomize: kustomize.path, tmpDir, log: recordLog() });
}, 300_000);

afterAll(() => rm(tmpDir, { recursive: true, force: true }));

beforeEach(async () => {
  rig = await openLoopRig({ render, repositories: ['apps.git', 'shop.git'], path: 'catalog' });
  const apps = rig.repo('apps.git');
  await apps.commit({
    'web/config.yaml': configMapText('web', 'first'),
    'steady/config.yaml': configMapText('steady', 'first'),
  });
  await apps.git('branch', 'release');
  await rig.repo('shop.git').commit({
    'base/kustomization.yaml': 'resources: [config.yaml]\n',
    'base/config.yaml': configMapText('shop', 'first'),
    'overlay/kustomization.yaml': 'resources: [../base]\n',
  });
  await rig.commit(below('catalog', { ...administration, ...applications() }));
  expect(rig.loop.problems()).toEqual([]);
  expect([...(await rig.head('one')).entries.keys()]).toEqual(['argocd/steady', 'argocd/web']);
  expect([...(await rig.head('two')).entries.keys()]).toEqual(['argocd/released', 'argocd/shop']);
  before = await rig.heads();
  rig.takeGenerations();
});

afterEach(() => rig.close());

/** The documents of all applications; `steady` is the one that goes on. */
function applications(): FileChanges {
  const repoURL = rig.url('apps.git');
  const finalizer = 'resources';
  return {
    'applications/web.yaml': applicationText('web', { repoURL, finalizer }),
    'applications/steady.yaml': applicationText('steady', { repoURL, finalizer }),
    'applications/released.yaml': applicationText('released', {
      repoURL,
      finalizer,
      path: 'web',
      revision: 'release',
      cluster: 'two',
    }),
    'applications/shop.yaml': applicationText('shop', {
      repoURL: rig.url('shop.git'),
      finalizer,
      path: 'overlay',
      cluster: 'two',
      project: 'shop',
    }),
  };
}

function below(folder: string, changes: FileChanges): FileChanges {
  return Object.fromEntries(Object.entries(changes).map(([path, change]) => [`${folder}/${path}`, change]));
}

/** Changes the good application in the same pass, and looks that this alone reached a cluster. */
async function steadyGoesOn(breakIt: () => Promise<unknown>): Promise<void> {
  await breakIt();
  await rig.repo('apps.git').commit({ 'steady/config.yaml': configMapText('steady', 'second') });
  const one = await rig.head('one');
  await rig.pass();
  const next = await rig.head('one');
  expect(next.generation).toBe(one.generation + 1);
  const changed = [...next.entries].filter(([name, digest]) => one.entries.get(name) !== digest);
  expect(changed.map(([name]) => name)).toEqual(['argocd/steady']);
  expect(next.entries.size).toBe(one.entries.size);
  expect((await rig.heads())['two']).toBe(before['two']);
}

/** The one gate of an application: its kind, the place that it names, and what it says. */
async function gateOf(name: string): Promise<{ kind: string; at: string; reason: string; remedy: string }> {
  const gates = (await rig.record(name))?.gates ?? [];
  expect(gates).toHaveLength(1);
  const [gate] = gates;
  if (gate === undefined) throw new Error(`${name} has no gate`);
  const { kind, location, reason, remedy } = gate;
  return { kind, at: location === undefined ? '' : formatLocation(location), reason, remedy };
}

async function untouched(): Promise<void> {
  expect(await rig.heads()).toEqual(before);
  expect(rig.takeGenerations().flat()).toEqual([]);
}

describe('an application freezes, and others go on', () => {
  test('by a syntax error in its document', async () => {
    const text = String(applications()['applications/web.yaml']);
    await steadyGoesOn(() =>
      rig.repo('fleet.git').commit({ 'catalog/applications/web.yaml': `${text}  broken: [\n` }),
    );
    const gate = await gateOf('web');
    expect(gate).toMatchObject({ kind: 'frozen', at: 'catalog/applications/web.yaml:17' });
    expect(rig.loop.problems()[0]?.location).toEqual({ file: 'catalog/applications/web.yaml', line: 17 });
    expect((await rig.record('web'))?.cluster).toBe('one');

    await rig.commit({ 'catalog/applications/web.yaml': text });
    expect((await rig.record('web'))?.gates).toEqual([]);
    expect(rig.loop.problems()).toEqual([]);
    expect((await rig.heads())['two']).toBe(before['two']);
  });

  test('by a document that became empty or another kind', async () => {
    for (const text of ['', '# all gone\n', 'kind: Application\n', 'just words\n', '- a\n- list\n']) {
      await rig.commit({ 'catalog/applications/web.yaml': text });
      expect((await rig.desired('one', 'web'))?.removal, JSON.stringify(text)).toBeUndefined();
    }
    await untouched();
  });

  test('by a syntax error in its project, whatever its source does', async () => {
    await steadyGoesOn(async () => {
      await rig.repo('fleet.git').commit({ 'catalog/fleet/projects/shop.yaml': 'apiVersion: {\n' });
      await rig.repo('shop.git').commit({ 'base/config.yaml': configMapText('shop', 'second') });
    });
    expect(await gateOf('shop')).toMatchObject({
      kind: 'frozen',
      at: expect.stringContaining('catalog/fleet/projects/shop.yaml:'),
      reason: expect.stringContaining('AppProject shop'),
    });
  });

  test('by a syntax error in a manifest of its source', async () => {
    await steadyGoesOn(() =>
      rig.repo('apps.git').commit({ 'web/config.yaml': `${configMapText('web', 'second')}  oops: [\n` }),
    );
    expect(await gateOf('web')).toMatchObject({
      kind: 'frozen',
      at: expect.stringMatching(/^web\/config\.yaml:\d+$/),
    });
    expect((await rig.record('web'))?.commit?.id).not.toBe(await rig.repo('apps.git').head());
  });

  test('by a base of its kustomization that is gone', async () => {
    await steadyGoesOn(() =>
      rig.repo('shop.git').commit({ 'base/kustomization.yaml': null, 'base/config.yaml': null }),
    );
    expect(await gateOf('shop')).toMatchObject({
      kind: 'frozen',
      at: 'overlay/kustomization.yaml:1',
      reason: expect.stringContaining('../base'),
    });
  });

  test('by a source path that is gone', async () => {
    await steadyGoesOn(() => rig.repo('apps.git').commit({ 'web/config.yaml': null }));
    expect(await gateOf('web')).toMatchObject({
      kind: 'frozen',
      at: 'catalog/applications/web.yaml:11',
      reason: expect.stringContaining('no folder web'),
    });
  });

  test('by a branch that is gone', async () => {
    await steadyGoesOn(() => rig.repo('apps.git').git('branch', '-D', 'release'));
    expect(await gateOf('released')).toMatchObject({
      kind: 'frozen',
      at: 'catalog/applications/released.yaml:10',
      reason: expect.stringContaining('release'),
    });
  });

  test('by a source repository that is gone, and by one that does not answer', async () => {
    const folder = rig.repo('shop.git').dir;
    await steadyGoesOn(() => rename(folder, `${folder}.away`));
    expect(await gateOf('shop')).toMatchObject({
      kind: 'frozen',
      at: 'catalog/applications/shop.yaml:9',
      reason: expect.stringContaining(rig.url('shop.git')),
      remedy: expect.stringContaining('Check the URL'),
    });
    await rename(`${folder}.away`, folder);
    await rig.pass();
    expect((await rig.record('shop'))?.gates).toEqual([]);

    const elsewhere = await startGitServer({ dir: join(rig.dir, 'git') });
    const repoURL = elsewhere.url('shop.git');
    await rig.commit({
      'catalog/applications/shop.yaml': applicationText('shop', {
        repoURL,
        finalizer: 'resources',
        path: 'overlay',
        cluster: 'two',
        project: 'shop',
      }),
    });
    expect((await rig.record('shop'))?.repoURL).toBe(repoURL);
    before = await rig.heads();
    rig.takeGenerations();
    await elsewhere.close();
    await rig.pass();
    expect(await gateOf('shop')).toMatchObject({ kind: 'frozen', reason: expect.stringContaining(repoURL) });
    await untouched();
  });

  test('by two files that claim it', async () => {
    await steadyGoesOn(() =>
      rig.repo('fleet.git').commit({
        'catalog/applications/copy.yaml': applicationText('web', {
          repoURL: rig.url('shop.git'),
          path: 'base',
        }),
      }),
    );
    expect(await gateOf('web')).toMatchObject({
      kind: 'frozen',
      reason: expect.stringMatching(/declared 2 times.*copy\.yaml:1 and .*web\.yaml:1/),
    });
  });

  test('by a Chart.yaml that landed among its documents', async () => {
    for (const folder of ['catalog', 'catalog/applications']) {
      await rig.commit({ [`${folder}/Chart.yaml`]: 'apiVersion: v2\nname: slip\nversion: 1.0.0\n' });
      await untouched();
    }
    await rig.restart();
    await untouched();
  });

  test('by a link in place of its document', async () => {
    await rig.commit({ 'catalog/applications/web.yaml': { symlink: 'steady.yaml' } });
    await untouched();
    expect(await gateOf('web')).toMatchObject({ kind: 'frozen' });
  });
});

describe('a refusal that newly hits what runs leaves it as it is', () => {
  test('where its cluster has no document any more', async () => {
    await steadyGoesOn(() => rig.repo('fleet.git').commit({ 'catalog/fleet/clusters/two.yaml': null }));
    expect(await gateOf('shop')).toMatchObject({ kind: 'refusal' });
    expect(await rig.record('shop')).toMatchObject({ cluster: 'two', mode: 'heal' });
  });

  test('where its cluster and its own document go together', async () => {
    await steadyGoesOn(() =>
      rig.repo('fleet.git').commit({
        'catalog/fleet/clusters/two.yaml': null,
        'catalog/applications/shop.yaml': null,
        'catalog/applications/released.yaml': null,
      }),
    );
    expect(await gateOf('shop')).toMatchObject({
      kind: 'frozen',
      reason: expect.stringContaining('cluster two'),
    });
  });

  test('where its project is gone, tightened, or forbids a kind that it holds', async () => {
    const project = 'catalog/fleet/projects/shop.yaml';
    for (const text of [
      null,
      projectText('shop').replace('team-*', 'elsewhere'),
      projectText('shop', '  namespaceResourceWhitelist: [{ group: apps, kind: Deployment }]\n'),
      projectText('shop').replace("['*']", "['https://git.example.com/*']"),
    ]) {
      await rig.commit({ [project]: text });
      expect(await gateOf('shop')).toMatchObject({ kind: 'refusal' });
      await untouched();
    }
    await rig.commit({ [project]: projectText('shop') });
    expect((await rig.record('shop'))?.gates).toEqual([]);
    await untouched();
  });

  test('where its environment is not declared any more', async () => {
    await rig.commit({ 'catalog/fleet/fleet.yaml': fleetText(['other']) });
    expect(await gateOf('web')).toMatchObject({ kind: 'refusal' });
    expect(await rig.record('web')).toMatchObject({ mode: 'heal', environment: 'test' });
    await untouched();
  });

  test('where two clusters claim the server that it names', async () => {
    const server = 'https://kubernetes.default.svc';
    await rig.commit({
      'catalog/fleet/clusters/one.yaml': clusterText('one', [server]),
      'catalog/applications/web.yaml': applicationText('web', {
        repoURL: rig.url('apps.git'),
        server,
        finalizer: 'resources',
      }),
    });
    expect(await rig.record('web')).toMatchObject({ cluster: 'one', gates: [] });
    before = await rig.heads();
    rig.takeGenerations();
    await rig.commit({ 'catalog/fleet/clusters/two.yaml': clusterText('two', [server]) });
    expect(await gateOf('web')).toMatchObject({
      kind: 'refusal',
      reason: expect.stringMatching(/one .*one\.yaml:\d+.* and two .*two\.yaml:\d+/),
    });
    await untouched();
  });

  test('where it moves to a cluster that is not there', async () => {
    await rig.commit({
      'catalog/applications/web.yaml': applicationText('web', {
        repoURL: rig.url('apps.git'),
        cluster: 'three',
        finalizer: 'resources',
      }),
    });
    expect(await gateOf('web')).toMatchObject({
      kind: 'refusal',
      reason: expect.stringContaining('known clusters are: one, two'),
    });
    expect((await rig.record('web'))?.cluster).toBe('one');
    await untouched();
  });
});

describe('all freezes', () => {
  /** Problems of the fleet as one text. */
  const problems = (): string =>
    rig.loop
      .problems()
      .map(({ message, remedy }) => `${message}. ${remedy ?? ''}`)
      .join('\n');

  test('while the fleet repository does not answer, and goes on by itself', async () => {
    await rig.repo('apps.git').commit({ 'web/config.yaml': configMapText('web', 'second') });
    await rig.server.stop();
    await rig.pass();
    expect(problems()).toContain(rig.url('fleet.git'));
    expect(problems()).toMatch(/nothing answers at its address/);
    await untouched();
    await rig.server.start();
    await rig.pass();
    expect(rig.loop.problems()).toEqual([]);
    expect((await rig.desired('one', 'web'))?.manifests[0]?.object).toMatchObject({
      data: { value: 'second' },
    });
  });

  test('where its branch is gone', async () => {
    await rig.repo('fleet.git').git('branch', '-m', 'main', 'trunk');
    await rig.pass();
    expect(problems()).toMatch(/main/);
    await untouched();
  });

  test('where the Fleet document is gone, cut short, or not alone', async () => {
    for (const change of [
      { 'catalog/fleet/fleet.yaml': null },
      { 'catalog/fleet/fleet.yaml': null, 'catalog/applications/web.yaml': null },
      { 'catalog/fleet/fleet.yaml': fleetText(), 'catalog/fleet/second.yaml': fleetText(['test', 'more']) },
    ]) {
      await rig.commit({ ...below('catalog', applications()), ...change });
      expect(problems()).toMatch(/Fleet/);
      await untouched();
    }
    await rig.commit({ 'catalog/fleet/second.yaml': null });
    expect(rig.loop.problems()).toEqual([]);
    await untouched();
  });

  test('where the catalog is gone: its folder, or everything', async () => {
    const files = await rig.repo('fleet.git').git('ls-tree', '-r', '--name-only', 'main');
    await rig.commit(Object.fromEntries(files.split('\n').map((file) => [file, null])));
    expect(problems()).toMatch(/no folder catalog/);
    await untouched();
    await rig.restart();
    expect(problems()).toMatch(/no folder catalog/);
    await untouched();
  });

  test('where the store has no room, and goes on by itself', async () => {
    await rig.close();
    let room: 'full' | 'free' = 'free';
    rig = await openLoopRig({
      render,
      repositories: ['apps.git', 'shop.git'],
      store: (store) => ({
        ...store,
        saveGeneration: (generation) =>
          room === 'free'
            ? store.saveGeneration(generation)
            : Promise.reject(Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })),
      }),
    });
    await rig.repo('apps.git').commit({ 'web/config.yaml': configMapText('web', 'first') });
    const web = applicationText('web', { repoURL: rig.url('apps.git') });
    await rig.commit({ ...administration, 'applications/web.yaml': web });
    before = await rig.heads();
    rig.takeGenerations();
    room = 'full';
    await rig.repo('apps.git').commit({ 'web/config.yaml': configMapText('web', 'second') });
    await rig.pass();
    expect(problems()).toMatch(/disk is full/);
    await untouched();
    room = 'free';
    await rig.pass();
    expect(rig.loop.problems()).toEqual([]);
    expect((await rig.heads())['one']).not.toBe(before['one']);
  });
});

test('a hub that starts again on a broken commit keeps the last good documents and heads', async () => {
  await rig.commit({
    'catalog/applications/web.yaml': 'kind: [\n',
    'catalog/fleet/projects/shop.yaml': 'kind: [\n',
    'catalog/fleet/clusters/one.yaml': 'kind: [\n',
    'catalog/fleet/fleet.yaml': 'kind: [\n',
  });
  await rig.repo('shop.git').commit({ 'base/config.yaml': configMapText('shop', 'second') });
  await rig.restart();
  await rig.restart();
  await untouched();
  expect(rig.takeRenders().filter((name) => name === 'shop')).toEqual(['shop']);
  expect(new Set(rig.loop.problems().map((problem) => problem.location?.file))).toEqual(
    new Set([
      'catalog/applications/web.yaml',
      'catalog/fleet/clusters/one.yaml',
      'catalog/fleet/fleet.yaml',
      'catalog/fleet/projects/shop.yaml',
    ]),
  );
  expect(await gateOf('web')).toMatchObject({ kind: 'frozen', at: 'catalog/applications/web.yaml:2' });
  expect(await gateOf('shop')).toMatchObject({ kind: 'frozen' });
});

test('a hub that starts while Git is away keeps its heads', async () => {
  await rig.server.stop();
  await rig.restart();
  await untouched();
  expect(rig.loop.catalog()?.applications.size).toBe(4);
});
