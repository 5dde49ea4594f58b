import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BreakableFleet, openBreakableFleet } from '../support/breakable-fleet.ts';
import {
  applicationText,
  clusterText,
  configMapText,
  fleetText,
  projectText,
} from '../support/fleet-texts.ts';
import { startGitServer } from '../support/git-server.ts';
import type { LoopRig } from '../support/loop-rig.ts';

/** What is wrong in Git changes nothing on any cluster, and nothing else waits for it. */
let fleet: BreakableFleet;
let rig: LoopRig;

beforeEach(async () => {
  fleet = await openBreakableFleet();
  rig = fleet.rig;
}, 300_000);

afterEach(() => fleet.close());

describe('an application freezes, and others go on', () => {
  test('by a syntax error in its document', async () => {
    const text = String(fleet.documents['applications/web.yaml']);
    await fleet.steadyGoesOn(() =>
      rig.repo('fleet.git').commit({ 'catalog/applications/web.yaml': `${text}  broken: [\n` }),
    );
    const gate = await fleet.gateOf('web');
    expect(gate).toMatchObject({ kind: 'frozen', at: 'catalog/applications/web.yaml:16' });
    expect(rig.loop.problems()[0]?.location).toEqual({ file: 'catalog/applications/web.yaml', line: 16 });
    expect((await rig.record('web'))?.cluster).toBe('one');

    await rig.commit({ 'catalog/applications/web.yaml': text });
    expect((await rig.record('web'))?.gates).toEqual([]);
    expect(rig.loop.problems()).toEqual([]);
  });

  test('by a document that became empty or another kind', async () => {
    for (const text of ['', '# all gone\n', 'kind: Application\n', 'just words\n', '- a\n- list\n']) {
      await rig.commit({ 'catalog/applications/web.yaml': text });
      expect((await rig.desired('one', 'web'))?.removal, JSON.stringify(text)).toBeUndefined();
    }
    await fleet.untouched();
  });

  test('by a syntax error in its project, whatever its source does', async () => {
    await fleet.steadyGoesOn(async () => {
      await rig.repo('fleet.git').commit({ 'catalog/fleet/projects/shop.yaml': 'apiVersion: {\n' });
      await rig.repo('shop.git').commit({ 'base/config.yaml': configMapText('shop', 'second') });
    });
    expect(await fleet.gateOf('shop')).toMatchObject({
      kind: 'frozen',
      at: expect.stringContaining('catalog/fleet/projects/shop.yaml:'),
      reason: expect.stringContaining('AppProject shop'),
    });
  });

  test('by a syntax error in a manifest of its source', async () => {
    await fleet.steadyGoesOn(() =>
      rig.repo('apps.git').commit({ 'web/config.yaml': `${configMapText('web', 'second')}  oops: [\n` }),
    );
    expect(await fleet.gateOf('web')).toMatchObject({
      kind: 'frozen',
      at: expect.stringMatching(/^web\/config\.yaml:\d+$/),
    });
    expect((await rig.record('web'))?.commit?.id).not.toBe(await rig.repo('apps.git').head());
  });

  test('by a base of its kustomization that is gone', async () => {
    await fleet.steadyGoesOn(() =>
      rig.repo('shop.git').commit({ 'base/kustomization.yaml': null, 'base/config.yaml': null }),
    );
    expect(await fleet.gateOf('shop')).toMatchObject({
      kind: 'frozen',
      at: 'overlay/kustomization.yaml:1',
      reason: expect.stringContaining('../base'),
    });
  });

  test('by a source path that is gone', async () => {
    await fleet.steadyGoesOn(() => rig.repo('apps.git').commit({ 'web/config.yaml': null }));
    expect(await fleet.gateOf('web')).toMatchObject({
      kind: 'frozen',
      at: 'catalog/applications/web.yaml:11',
      reason: expect.stringContaining('no folder web'),
    });
  });

  test('by a branch that is gone', async () => {
    await fleet.steadyGoesOn(() => rig.repo('apps.git').git('branch', '-D', 'release'));
    expect(await fleet.gateOf('released')).toMatchObject({
      kind: 'frozen',
      at: 'catalog/applications/released.yaml:10',
      reason: expect.stringContaining('release'),
    });
  });

  test('by a source repository that is gone, and by one that does not answer', async () => {
    const folder = rig.repo('shop.git').dir;
    await fleet.steadyGoesOn(() => rename(folder, `${folder}.away`));
    expect(await fleet.gateOf('shop')).toMatchObject({
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
    await fleet.remember();
    await elsewhere.close();
    await rig.pass();
    expect(await fleet.gateOf('shop')).toMatchObject({
      kind: 'frozen',
      reason: expect.stringContaining(repoURL),
    });
    await fleet.untouched();
  });

  test('by two files that claim it', async () => {
    await fleet.steadyGoesOn(() =>
      rig.repo('fleet.git').commit({
        'catalog/applications/copy.yaml': applicationText('web', {
          repoURL: rig.url('shop.git'),
          path: 'base',
        }),
      }),
    );
    expect(await fleet.gateOf('web')).toMatchObject({
      kind: 'frozen',
      reason: expect.stringMatching(/declared 2 times.*copy\.yaml:1 and .*web\.yaml:1/),
    });
  });

  test('by a Chart.yaml that landed among its documents', async () => {
    for (const folder of ['catalog', 'catalog/applications']) {
      await rig.commit({ [`${folder}/Chart.yaml`]: 'apiVersion: v2\nname: slip\nversion: 1.0.0\n' });
      await fleet.untouched();
    }
    await rig.restart();
    await fleet.untouched();
  });

  test('by a link in place of its document', async () => {
    await rig.commit({ 'catalog/applications/web.yaml': { symlink: 'steady.yaml' } });
    await fleet.untouched();
    expect(await fleet.gateOf('web')).toMatchObject({ kind: 'frozen' });
  });
});

describe('a refusal that newly hits what runs leaves it as it is', () => {
  test('where its cluster has no document any more', async () => {
    await fleet.steadyGoesOn(() => rig.repo('fleet.git').commit({ 'catalog/fleet/clusters/two.yaml': null }));
    expect(await fleet.gateOf('shop')).toMatchObject({ kind: 'refusal' });
    expect(await rig.record('shop')).toMatchObject({ cluster: 'two', mode: 'heal' });
  });

  test('where its cluster and its own document go together', async () => {
    await fleet.steadyGoesOn(() =>
      rig.repo('fleet.git').commit({
        'catalog/fleet/clusters/two.yaml': null,
        'catalog/applications/shop.yaml': null,
        'catalog/applications/released.yaml': null,
      }),
    );
    expect(await fleet.gateOf('shop')).toMatchObject({
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
      expect(await fleet.gateOf('shop')).toMatchObject({ kind: 'refusal' });
      await fleet.untouched();
    }
    await rig.commit({ [project]: projectText('shop') });
    expect((await rig.record('shop'))?.gates).toEqual([]);
    await fleet.untouched();
  });

  test('where its environment is not declared any more', async () => {
    await rig.commit({ 'catalog/fleet/fleet.yaml': fleetText(['other']) });
    expect(await fleet.gateOf('web')).toMatchObject({ kind: 'refusal' });
    expect(await rig.record('web')).toMatchObject({ mode: 'heal', environment: 'test' });
    await fleet.untouched();
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
    await fleet.remember();
    await rig.commit({ 'catalog/fleet/clusters/two.yaml': clusterText('two', [server]) });
    expect(await fleet.gateOf('web')).toMatchObject({
      kind: 'refusal',
      reason: expect.stringMatching(/one .*one\.yaml:\d+.* and two .*two\.yaml:\d+/),
    });
    await fleet.untouched();
  });

  test('where it moves to a cluster that is not there', async () => {
    await rig.commit({
      'catalog/applications/web.yaml': applicationText('web', {
        repoURL: rig.url('apps.git'),
        cluster: 'three',
        finalizer: 'resources',
      }),
    });
    expect(await fleet.gateOf('web')).toMatchObject({
      kind: 'refusal',
      reason: expect.stringContaining('known clusters are: one, two'),
    });
    expect((await rig.record('web'))?.cluster).toBe('one');
    await fleet.untouched();
  });
});
