import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openGuard } from '../../core/guard.ts';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { openStore } from '../../hub/store/open-store.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import type { FileChanges } from '../support/git-repo.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

let tmpDir: string;
let render: RenderPort;
let rig: LoopRig;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-loop-render-'));
  const { helm, kustomize } = await ensureBinaries(['helm', 'kustomize'], {
    log: (line) => process.stderr.write(`${line}\n`),
  });
  render = await openRender({ helm: helm.path, kustomize: kustomize.path, tmpDir, log: recordLog() });
}, 300_000);

afterAll(() => rm(tmpDir, { recursive: true, force: true }));
afterEach(() => rig.close());

const names = Array.from({ length: 12 }, (_, index) => `app-${index}`);

/** Twelve applications of plain files in `apps.git`, the even ones on cluster one, the others on two. */
async function openTwelve(): Promise<LoopRig> {
  const opened = await openLoopRig({ render, repositories: ['apps.git', 'other.git'] });
  const repoURL = opened.url('apps.git');
  await opened
    .repo('apps.git')
    .commit(Object.fromEntries(names.map((name) => [`${name}/config.yaml`, configMapText(name, 'first')])));
  const documents = names.map((name, index) => [
    `applications/${name}.yaml`,
    applicationText(name, { repoURL, cluster: index % 2 === 0 ? 'one' : 'two' }),
  ]);
  await opened.commit({ ...administration, ...Object.fromEntries(documents) });
  return opened;
}

/** Forgets what was counted so far. */
function forget(): void {
  rig.takeRenders();
  rig.takeFetches();
  rig.takeGenerations();
}

test('a commit that changes one of twelve applications costs one render, one entry and one fetch', async () => {
  rig = await openTwelve();
  expect(rig.takeRenders()).toEqual([...names].sort());
  expect((await rig.head('one')).entries.size).toBe(6);
  forget();
  const [one, two] = [await rig.head('one'), await rig.head('two')];

  await rig.repo('apps.git').commit({ 'app-4/config.yaml': configMapText('app-4', 'second') });
  const before = rig.server.requests('apps.git');
  await rig.pass();

  expect(rig.takeRenders()).toEqual(['app-4']);
  expect(rig.takeGenerations()).toEqual([['one']]);
  const next = await rig.head('one');
  expect(next.generation).toBe(one.generation + 1);
  const changed = [...next.entries].filter(([name, digest]) => one.entries.get(name) !== digest);
  expect(changed.map(([name]) => name)).toEqual(['argocd/app-4']);
  expect(await rig.head('two')).toEqual(two);
  expect((await rig.desired('one', 'app-4'))?.manifests[0]?.object).toMatchObject({
    data: { value: 'second' },
  });
  expect((await rig.record('app-4'))?.commit?.id).toBe(await rig.repo('apps.git').head());
  expect((await rig.record('app-6'))?.commit?.id).not.toBe((await rig.record('app-4'))?.commit?.id);
  expect(rig.takeFetches().filter((url) => url === rig.url('apps.git'))).toHaveLength(1);
  // One fetch of something new: what changed, then the objects.
  expect(rig.server.requests('apps.git') - before).toBeLessThanOrEqual(3);
});

test('a poll without a new commit stores no generation, renders nothing and asks each repository once', async () => {
  rig = await openTwelve();
  forget();
  const heads = await rig.heads();
  const before = [rig.server.requests('apps.git'), rig.server.requests('fleet.git')];
  await rig.pass();
  await rig.pass();
  expect(rig.takeFetches()).toHaveLength(4);
  expect(rig.server.requests('apps.git') - (before[0] ?? 0)).toBeLessThanOrEqual(4);
  expect(rig.server.requests('fleet.git') - (before[1] ?? 0)).toBeLessThanOrEqual(4);
  expect(rig.takeRenders()).toEqual([]);
  expect(rig.takeGenerations()).toEqual([]);
  expect(await rig.heads()).toEqual(heads);
});

test('a commit that touches nothing of an application stores no generation for its cluster', async () => {
  rig = await openTwelve();
  forget();
  const heads = await rig.heads();
  await rig.repo('apps.git').commit({ 'README.md': 'words\n' });
  await rig.commit({ 'docs/notes.yaml': 'some: notes\n' });
  expect(rig.takeRenders()).toEqual([]);
  expect(rig.takeGenerations()).toEqual([]);
  expect(await rig.heads()).toEqual(heads);
  expect(rig.loop.lastPass()?.commit.id).toBe(await rig.repo('fleet.git').head());
});

test('a webhook for one repository fetches only that one', async () => {
  rig = await openTwelve();
  await rig.commit({
    'applications/extra.yaml': applicationText('extra', { repoURL: rig.url('other.git') }),
  });
  forget();
  const before = [rig.server.requests('fleet.git'), rig.server.requests('other.git')];
  await rig.repo('apps.git').commit({ 'app-1/config.yaml': configMapText('app-1', 'by webhook') });
  await rig.pass('apps.git');
  expect(rig.takeFetches()).toEqual([rig.url('apps.git')]);
  expect([rig.server.requests('fleet.git'), rig.server.requests('other.git')]).toEqual(before);
  expect(rig.takeGenerations()).toEqual([['two']]);
  expect(rig.takeRenders()).toEqual(['app-1']);
});

test('requests that come during a pass cost one more pass together', async () => {
  rig = await openTwelve();
  forget();
  for (let time = 0; time < 20; time += 1) rig.loop.refresh();
  await rig.loop.whenIdle();
  expect(rig.takeFetches()).toHaveLength(2);
});

test('a webhook may spell the URL in its own way', async () => {
  rig = await openTwelve();
  forget();
  rig.loop.refresh(
    `${rig
      .url('apps.git')
      .replace(/\.git$/, '')
      .replace('http://', 'http://bot@')}/`,
  );
  await rig.loop.whenIdle();
  expect(rig.takeFetches()).toEqual([rig.url('apps.git')]);
});

test('a revert renders nothing: the earlier result is still stored', async () => {
  rig = await openTwelve();
  const first = await rig.head('one');
  const change = await rig
    .repo('apps.git')
    .commit({ 'app-0/config.yaml': configMapText('app-0', 'mistake') });
  await rig.pass();
  forget();
  await rig.repo('apps.git').revert(change);
  await rig.pass();
  expect(rig.takeRenders()).toEqual([]);
  expect((await rig.head('one')).entries).toEqual(first.entries);
});

test('a hub that starts again renders nothing and gives the same heads', async () => {
  rig = await openTwelve();
  forget();
  const heads = await rig.heads();
  await rig.restart();
  expect(rig.takeRenders()).toEqual([]);
  expect(rig.takeGenerations()).toEqual([]);
  expect(await rig.heads()).toEqual(heads);
  expect(rig.loop.problems()).toEqual([]);
});

test('a new repository that a commit names is fetched in the same pass', async () => {
  rig = await openTwelve();
  await rig.repo('other.git').commit({ 'extra/config.yaml': configMapText('extra', 'other') });
  forget();
  await rig.commit({
    'applications/extra.yaml': applicationText('extra', { repoURL: rig.url('other.git') }),
  });
  expect(rig.takeFetches().filter((url) => url === rig.url('other.git'))).toHaveLength(1);
  expect((await rig.desired('one', 'extra'))?.manifests).toHaveLength(1);
});

test('what a cluster serves renders again only the charts that ask for it', async () => {
  rig = await openLoopRig({ render, repositories: ['apps.git'] });
  const repoURL = rig.url('apps.git');
  const template = (text: string): string => `${configMapText('made', 'by helm')}${text}`;
  const sources: FileChanges = {
    'asks/Chart.yaml': 'apiVersion: v2\nname: asks\nversion: 1.0.0\n',
    'asks/templates/a.yaml': template(
      '{{ if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}\n---\n' +
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\n{{ end }}\n',
    ),
    'blind/Chart.yaml': 'apiVersion: v2\nname: blind\nversion: 1.0.0\n',
    'blind/templates/a.yaml': template(''),
    'layered/kustomization.yaml': 'resources: [config.yaml]\n',
    'layered/config.yaml': configMapText('layered', 'x'),
  };
  await rig.repo('apps.git').commit(sources);
  const documents = ['asks', 'blind', 'layered'].map((name) => [
    `applications/${name}.yaml`,
    applicationText(name, { repoURL }),
  ]);
  await rig.commit({ ...administration, ...Object.fromEntries(documents) });
  expect(rig.takeRenders()).toEqual(['asks', 'blind', 'layered']);
  forget();
  const before = await rig.head('one');

  await rig.reportCapabilities('one', { apiVersions: ['monitoring.coreos.com/v1'] });

  expect(rig.takeRenders()).toEqual(['asks']);
  expect(rig.takeFetches()).toEqual([]);
  expect((await rig.desired('one', 'asks'))?.manifests).toHaveLength(2);
  const after = await rig.head('one');
  expect(after.entries.get('argocd/blind')).toBe(before.entries.get('argocd/blind'));
  forget();
  await rig.reportCapabilities('one', { apiVersions: ['monitoring.coreos.com/v1'] });
  expect(rig.takeRenders()).toEqual([]);
});

test('what an agent was installed for is a gate before anything is sent, and gone once it is widened', async () => {
  rig = await openTwelve();
  const guard = { ...openGuard, kinds: { deny: ['*'] } };
  const gates = async () => {
    const records = await Promise.all(names.map((name) => rig.record(name)));
    return records.flatMap((record) => record?.gates ?? []);
  };
  const heads = await rig.heads();
  await rig.reportCapabilities('one', {}, guard);
  const held = await gates();
  expect(new Set(held.map(({ kind }) => kind))).toEqual(new Set(['guard']));
  expect(held[0]?.owner).toBe('the agent of cluster one');
  // What runs is frozen by it, not deleted.
  expect(await rig.heads()).toEqual(heads);
  await rig.reportCapabilities('one', {}, openGuard);
  expect(await gates()).toEqual([]);
  expect(await rig.heads()).toEqual(heads);
});

test('a second hub on the folder of a running one is turned away and changes nothing', async () => {
  rig = await openTwelve();
  const heads = await rig.heads();
  await expect(
    openStore({ dir: join(rig.dir, 'store'), clock: { now: () => new Date() } }),
  ).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('another process'),
    remedy: expect.stringContaining('data folder of its own'),
  });
  await rig.pass();
  expect(await rig.heads()).toEqual(heads);
  expect(rig.loop.problems()).toEqual([]);
});
