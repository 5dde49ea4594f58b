import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RenderPort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { administration, applicationText, configMapText, projectText } from '../support/fleet-texts.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

/** One bad application, source or document changes nothing for the others (design §5.6). */
let tmpDir: string;
let render: RenderPort;
let rig: LoopRig;
let deaf: Server;
let calls = 0;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-isolation-'));
  const { helm } = await ensureBinaries(['helm'], { log: () => undefined });
  render = await openRender({ helm: helm.path, kustomize: undefined, tmpDir, log: recordLog() });
  // Takes connections and never says a word.
  deaf = createServer(() => {
    calls += 1;
  });
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
}, 300_000);

afterAll(async () => {
  deaf.close();
  await rm(tmpDir, { recursive: true, force: true });
});
afterEach(() => rig.close());

const deafUrl = () => `http://127.0.0.1:${(deaf.address() as AddressInfo).port}/deaf.git`;

/** The application `good`, whose next version must arrive whatever stands beside it. */
async function openWithGood(): Promise<LoopRig> {
  const opened = await openLoopRig({ render, repositories: ['apps.git'] });
  await opened.repo('apps.git').commit({ 'good/config.yaml': configMapText('good', 'first') });
  await opened.commit({
    ...administration,
    'applications/good.yaml': applicationText('good', { repoURL: opened.url('apps.git') }),
  });
  return opened;
}

async function expectGoodArrives(value: string): Promise<void> {
  await rig.repo('apps.git').commit({ 'good/config.yaml': configMapText('good', value) });
  await rig.pass();
  expect((await rig.desired('one', 'good'))?.manifests[0]?.object).toMatchObject({ data: { value } });
}

test('a repository that a project refuses is never asked', async () => {
  rig = await openWithGood();
  const before = calls;
  await rig.commit({
    'fleet/narrow.yaml': projectText('narrow').replace("'*'", "'https://git.example.com/**'"),
    'applications/curious.yaml': applicationText('curious', { repoURL: deafUrl(), project: 'narrow' }),
  });
  expect(calls).toBe(before);
  expect((await rig.record('curious'))?.gates[0]?.kind).toBe('refusal');
  expect(rig.loop.sources().map(({ url }) => url)).not.toContain(deafUrl());
});

test('a source that no application names any more is no source', async () => {
  rig = await openWithGood();
  await rig.commit({
    'applications/lost.yaml': applicationText('lost', { repoURL: rig.url('lost.git') }),
  });
  expect(rig.loop.sources().map(({ url }) => url)).toContain(rig.url('lost.git'));
  await rig.commit({ 'applications/lost.yaml': null });
  expect(rig.loop.sources().map(({ url }) => url)).not.toContain(rig.url('lost.git'));
});

test('a document nested beyond reason is a problem of its file alone', async () => {
  rig = await openWithGood();
  await rig.commit({
    'applications/deep.yaml': `apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: ${'['.repeat(50_000)}\n`,
  });
  expect(rig.loop.problems().map(({ location }) => location?.file)).toContain('applications/deep.yaml');
  await expectGoodArrives('second');
});

test('aliases that multiply over many documents freeze their application alone', async () => {
  rig = await openWithGood();
  const bomb = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata:\n  a: &a ${'x'.repeat(10_000)}\n${Array.from({ length: 5_000 }, (_, index) => `  k${index}: *a\n`).join('')}`;
  const files = Array.from({ length: 12 }, (_, index) => [
    `bomb/${index}.yaml`,
    bomb.replace('NAME', `bomb-${index}`),
  ]);
  await rig.repo('apps.git').commit(Object.fromEntries(files));
  await rig.commit({
    'applications/bomb.yaml': applicationText('bomb', { repoURL: rig.url('apps.git') }),
  });
  expect((await rig.record('bomb'))?.gates[0]?.kind).toBe('frozen');
  await expectGoodArrives('second');
});

test('a tag of something else than a commit is no failure of its repository', async () => {
  rig = await openWithGood();
  const blob = (await rig.repo('apps.git').git('rev-parse', 'main:good/config.yaml')).trim();
  await rig.repo('apps.git').git('tag', 'key', blob);
  await rig.commit({
    'applications/odd.yaml': applicationText('odd', { repoURL: rig.url('apps.git'), revision: 'key' }),
  });
  expect((await rig.record('odd'))?.problems[0]?.message).toContain('key');
  await expectGoodArrives('second');
  expect(rig.log.entries.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a chart that fails is rendered again when it changes, not at every pass', async () => {
  rig = await openWithGood();
  await rig.repo('apps.git').commit({
    'bad/Chart.yaml': 'apiVersion: v2\nname: bad\nversion: 1.0.0\n',
    'bad/templates/a.yaml': '{{ fail "never" }}\n',
  });
  await rig.commit({ 'applications/bad.yaml': applicationText('bad', { repoURL: rig.url('apps.git') }) });
  expect(rig.takeRenders()).toContain('bad');
  await expectGoodArrives('second');
  expect(rig.takeRenders()).toEqual(['good']);
  expect((await rig.record('bad'))?.problems[0]?.message).toContain('never');
  await rig.repo('apps.git').commit({ 'bad/templates/a.yaml': configMapText('bad', 'mended') });
  await rig.pass();
  expect((await rig.record('bad'))?.gates).toEqual([]);
});

test('a repository that never answers delays no other', async () => {
  rig = await openWithGood();
  await rig.commit({
    'applications/waiting.yaml': applicationText('waiting', { repoURL: deafUrl() }),
  });
  expect((await rig.record('waiting'))?.gates[0]?.kind).toBe('frozen');
  await expectGoodArrives('second');
});
