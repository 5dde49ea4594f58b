import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApplicationStatus } from '../../../core/status.ts';
import { openHosts } from '../../../hub/hosts/open-hosts.ts';
import type { RenderPort } from '../../../hub/ports.ts';
import type { Proposal } from '../../../hub/promotion/proposal.ts';
import type { RollbackRequest } from '../../../hub/promotion/rollback.ts';
import { rollback } from '../../../hub/proposal/rollback.ts';
import { openRender } from '../../../hub/render/open-render.ts';
import { ensureBinaries } from '../../clusters/binaries.ts';
import { administration, applicationText } from '../../support/fleet-texts.ts';
import type { FileChanges } from '../../support/git-repo.ts';
import { type LoopRig, openLoopRig } from '../../support/loop-rig.ts';
import { recordLog } from '../../support/record-log.ts';

const clock = { now: () => new Date('2026-11-03T14:00:00.000Z') };
let dir: string;
let render: RenderPort;
let rig: LoopRig;
let sequence: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-rollback-'));
  const { kustomize } = await ensureBinaries(['kustomize'], { log: () => undefined });
  render = await openRender({ helm: undefined, kustomize: kustomize.path, tmpDir: dir, log: recordLog() });
});

afterAll(() => rm(dir, { recursive: true, force: true }));

beforeEach(async () => {
  rig = await openLoopRig({ render, repositories: ['apps.git'] });
  sequence = 0;
});

afterEach(() => rig.close());

const deployment = (image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      containers:
        - name: web # the only one
          image: ${image}
`;

/** Says as the agent does that what is desired now was applied whole. */
async function applied(name: string): Promise<void> {
  const record = await rig.record(name);
  if (record?.digest === undefined) throw new Error(`${name} has no desired state`);
  sequence += 1;
  const status: ApplicationStatus = {
    application: record.application,
    digest: record.digest,
    sync: 'Synced',
    appliedDigest: record.digest,
    appliedAt: new Date(Date.UTC(2026, 10, 3, 13, sequence)).toISOString(),
    health: { status: 'Healthy', message: '' },
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
  };
  await rig.store.saveReports(record.cluster, [{ sequence, report: { type: 'application', status } }]);
}

function rollBack(name: string, request: Partial<RollbackRequest> = {}): Promise<Proposal> {
  return rollback(
    {
      git: rig.git,
      hosts: openHosts({ hosts: [], clock }),
      render,
      store: rig.store,
      fleet: rig.fleet,
      resolution: () => rig.loop.resolution(),
    },
    `argocd/${name}`,
    { dryRun: false, ...request },
  );
}

const apps = () => rig.repo('apps.git');
const own = (name: string, rest: Partial<Parameters<typeof applicationText>[1]> = {}): FileChanges => ({
  [`applications/${name}.yaml`]: applicationText(name, { repoURL: rig.url('apps.git'), ...rest }),
});

/** Commits to the applications' repository, waits for the pass, and lets every application named be applied. */
async function change(files: FileChanges, message: string, ...names: readonly string[]): Promise<string> {
  const commit = await apps().commit(files, { message });
  await rig.pass();
  for (const name of names) await applied(name);
  return commit;
}

/** Paths that differ between a branch and main of the applications' repository. */
async function changedPaths(branch: string, repo = apps()): Promise<readonly string[]> {
  const out = await repo.git('diff', '--name-only', 'main', branch);
  return out === '' ? [] : out.split('\n');
}

describe('one application in a repository of several', () => {
  let first: string;
  let bad: string;

  beforeEach(async () => {
    first = await apps().commit(
      { 'web/web.yaml': deployment('web:1'), 'other/web.yaml': deployment('other:1'), 'README.md': 'one\n' },
      { message: 'web: 1' },
    );
    await rig.commit({ ...administration, ...own('web'), ...own('other') });
    await applied('web');
    await applied('other');
    bad = await change({ 'web/web.yaml': deployment('web:2-broken') }, 'web: 2', 'web');
    await change({ 'other/web.yaml': deployment('other:2'), 'README.md': 'two\n' }, 'other: 2', 'other');
  });

  test('goes back to the last state that was applied, and nothing else does', async () => {
    const proposal = await rollBack('web', { author: { name: 'Max', email: 'max@example.com' } });
    expect(proposal).toMatchObject({
      state: 'written',
      applications: ['argocd/web'],
      base: 'main',
      branch: `fairlead/rollback-web-${first.slice(0, 7)}`,
      title: `Roll back web to ${first.slice(0, 7)}`,
      sourceCommits: [{ id: bad, subject: 'web: 2' }],
      changes: [
        {
          ref: { kind: 'Deployment', name: 'web' },
          field: 'spec.template.spec.containers[name=web].image',
          before: 'web:2-broken',
          after: 'web:1',
        },
      ],
    });
    expect(proposal.text).toContain('exactly what was applied then');
    expect(proposal.files.map(({ path }) => path)).toEqual(['web/web.yaml']);
    expect(proposal.files[0]?.patch).toContain('-          image: web:2-broken\n+          image: web:1\n');
    expect(await changedPaths(proposal.branch)).toEqual(['web/web.yaml']);
    expect(await apps().git('rev-parse', `${proposal.branch}:web`)).toBe(
      await apps().git('rev-parse', `${first}:web`),
    );
  });

  test('the commit alone tells what happened, in the name of who asked', async () => {
    const { branch } = await rollBack('web', { author: { name: 'Max', email: 'max@example.com' } });
    const log = await apps().git('log', '-1', '--format=%an <%ae>|%cn|%s|%P|%(trailers:unfold)', branch);
    const [author, committer, subject, parent, trailers] = log.split('|');
    expect([author, committer, subject]).toEqual([
      'Max <max@example.com>',
      'Fairlead',
      `Roll back web to ${first.slice(0, 7)}`,
    ]);
    expect(parent).toBe(await apps().head());
    expect(trailers?.trim().split('\n')).toEqual([
      'Fairlead-Application: argocd/web',
      `Fairlead-Reverts: ${bad}`,
      `Fairlead-Source-Commit: ${first}`,
    ]);
  });

  test('asked again it is the same branch; a preview writes nothing', async () => {
    const preview = await rollBack('web', { dryRun: true });
    expect(preview.state).toBe('preview');
    expect(await apps().git('branch', '--list', 'fairlead/*')).toBe('');
    const written = await rollBack('web');
    expect(await rollBack('web')).toMatchObject({ state: 'exists', commit: written.commit });
  });

  test('after the merge it runs the old state again, and going forward is the next rollback', async () => {
    const { branch } = await rollBack('web');
    await apps().git('update-ref', 'refs/heads/main', branch);
    await rig.pass();
    await applied('web');
    const entries = await rig.store.listHistory('argocd/web');
    expect(entries).toHaveLength(3);
    expect(entries[0]?.objectsDigest).toBe(entries[2]?.objectsDigest);
    const forward = await rollBack('web');
    expect(forward.changes).toMatchObject([{ before: 'web:1', after: 'web:2-broken' }]);
    // And back once more: the branch of the first rollback is merged already, and is made anew.
    await apps().git('update-ref', 'refs/heads/main', forward.branch);
    await rig.pass();
    await applied('web');
    const again = await rollBack('web', { to: first });
    expect(again).toMatchObject({ state: 'written', branch });
    expect(await changedPaths(branch)).toEqual(['web/web.yaml']);
  });

  test('a change that never became effective is taken back to what still runs', async () => {
    await change({ 'web/web.yaml': deployment('web:3') }, 'web: 3');
    const proposal = await rollBack('web');
    expect(proposal.changes).toMatchObject([{ before: 'web:3', after: 'web:2-broken' }]);
  });

  test('a commit or a time chooses the entry', async () => {
    await change({ 'web/web.yaml': deployment('web:3') }, 'web: 3', 'web');
    expect((await rollBack('web', { to: first.slice(0, 8), dryRun: true })).changes).toMatchObject([
      { after: 'web:1' },
    ]);
    const entries = await rig.store.listHistory('argocd/web');
    const before = entries[1]?.firstAppliedAt ?? '';
    expect((await rollBack('web', { before, dryRun: true })).changes).toMatchObject([{ after: 'web:1' }]);
  });

  test('an unknown commit, what Git says already, and nothing before: each refused with what to do', async () => {
    await expect(rollBack('web', { to: '0123456' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('no entry of its history is of commit 0123456'),
      remedy: expect.stringContaining(bad.slice(0, 7)),
    });
    await expect(rollBack('web', { to: bad })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('is what Git says already'),
    });
    await expect(rollBack('web', { before: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(rollBack('missing')).rejects.toMatchObject({ code: 'not-found' });
    expect(await apps().git('branch', '--list', 'fairlead/*')).toBe('');
  });

  test('files that came since go, and files that went come back with their kind', async () => {
    const good = await change(
      { 'web/hooks/run.sh': { executable: '#!/bin/sh\n' }, 'web/web.yaml': deployment('web:3') },
      'web: 3',
      'web',
    );
    await change(
      { 'web/extra.yaml': deployment('web:x').replace('name: web', 'name: extra'), 'web/hooks/run.sh': null },
      'web: extra',
      'web',
    );
    const proposal = await rollBack('web');
    // What its render doesn't read stays as it is.
    expect(await changedPaths(proposal.branch)).toEqual(['web/extra.yaml']);
    expect(proposal.branch).toContain(good.slice(0, 7));
    expect(proposal.changes).toMatchObject([{ ref: { name: 'extra' }, before: 'present', after: '' }]);
  });
});

test('what other applications share stays as it is, and the proposal says so', async () => {
  const overlay = (image: string): string =>
    `resources: [../base]\nimages: [{ name: web, newName: ${image} }]\n`;
  await apps().commit({
    'base/kustomization.yaml': 'resources: [web.yaml]\n',
    'base/web.yaml': deployment('web'),
    'staging/kustomization.yaml': overlay('web-1'),
    'prod/kustomization.yaml': overlay('web-1'),
  });
  await rig.commit({
    ...administration,
    ...own('staging'),
    ...own('prod', { cluster: 'two' }),
  });
  await applied('prod');
  await change(
    { 'prod/kustomization.yaml': overlay('web-2'), 'base/web.yaml': `${deployment('web')}  replicas: 3\n` },
    'both',
    'prod',
  );
  const proposal = await rollBack('prod');
  expect(await changedPaths(proposal.branch)).toEqual(['prod/kustomization.yaml']);
  expect(proposal.text).toContain('`base/web.yaml`, with argocd/staging');
  expect(proposal.text).toContain('not exactly what was applied then: files that it shares with others');
  await apps().git('update-ref', 'refs/heads/main', proposal.branch);
  await rig.pass();
  await applied('prod');
  await change({ 'base/web.yaml': `${deployment('web')}  replicas: 5\n` }, 'base only', 'prod');
  const isShared = {
    code: 'conflict',
    message: expect.stringMatching(/all that changed since is shared with argocd\/staging.*base\/web.yaml/),
    remedy: expect.stringContaining('git revert'),
  };
  await expect(rollBack('prod')).rejects.toMatchObject(isShared);
  // One that is refused now reads it again once it is allowed.
  await rig.commit(own('staging', { project: 'nobody' }));
  expect((await rig.record('staging'))?.gates[0]?.kind).toBe('refusal');
  await expect(rollBack('prod')).rejects.toMatchObject(isShared);
});

test('what a Secret is made of is restored and not shown', async () => {
  await apps().commit({
    'web/kustomization.yaml':
      'resources: [web.yaml]\nsecretGenerator: [{ name: web, envs: [web.properties] }]\n',
    'web/web.yaml': deployment('web:1'),
    'web/web.properties': 'password=hunter22\nstage=prod\n',
  });
  await rig.commit({ ...administration, ...own('web') });
  await applied('web');
  await change({ 'web/web.properties': 'password=hunter33\nstage=prod\n' }, 'web: 2', 'web');
  const proposal = await rollBack('web');
  expect(await apps().git('show', `${proposal.branch}:web/web.properties`)).toContain('hunter22');
  expect(proposal.files.map(({ path }) => path)).toEqual(['web/web.properties']);
  expect(proposal.files[0]?.patch).toContain('-(hidden');
  expect(JSON.stringify(proposal)).not.toContain('hunter');
});

describe('the Application document', () => {
  const kustomized = (image: string): string =>
    applicationText('web', { repoURL: rig.url('apps.git') }).replace(
      '    path: web\n',
      `    path: web\n    kustomize: { images: ['web=${image}'] }\n`,
    );

  beforeEach(async () => {
    await apps().commit({
      'web/kustomization.yaml': 'resources: [web.yaml]\n',
      'web/web.yaml': deployment('web'),
    });
  });

  test('is brought back in the fleet repository where it alone changed', async () => {
    await rig.commit({ ...administration, 'applications/web.yaml': kustomized('web:1') });
    await applied('web');
    await rig.commit({ 'applications/web.yaml': kustomized('web:2') });
    await applied('web');
    const proposal = await rollBack('web');
    expect(proposal).toMatchObject({
      repoURL: rig.url('fleet.git'),
      changes: [{ before: 'web:2', after: 'web:1' }],
      sourceCommits: [{ id: await rig.repo('fleet.git').head() }],
    });
    expect(proposal.text).toContain('exactly what was applied then');
    expect(await changedPaths(proposal.branch, rig.repo('fleet.git'))).toEqual(['applications/web.yaml']);
  });

  test('that pins a revision is brought back too; where it can not be, the field and file to change are named', async () => {
    const one = await apps().head();
    const two = await apps().commit({ 'web/web.yaml': deployment('web:2') });
    const pin = (revision: string, more = ''): FileChanges => ({
      'applications/web.yaml': applicationText('web', { repoURL: rig.url('apps.git'), revision }) + more,
    });
    await rig.commit({ ...administration, ...pin(one) });
    await applied('web');
    await rig.commit(pin(two));
    await applied('web');
    const proposal = await rollBack('web', { dryRun: true });
    expect(proposal).toMatchObject({
      repoURL: rig.url('fleet.git'),
      changes: [{ before: 'web:2', after: 'web' }],
    });
    expect(proposal.files[0]?.patch).toContain(`+    targetRevision: ${one}`);
    await rig.commit(
      pin(two, `---\n${applicationText('second', { repoURL: rig.url('apps.git'), path: 'web' })}`),
    );
    await expect(rollBack('web')).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('is a tag or a commit'),
      remedy: expect.stringMatching(
        new RegExp(`Set spec.source.targetRevision to ${one} in applications/web.yaml:\\d+ of the fleet`),
      ),
    });
  });

  test('that differs in anything else stays, since bringing it back would change that too', async () => {
    const labelled = (text: string) => text.replace('metadata:\n', 'metadata:\n  labels: { tier: gold }\n');
    await rig.commit({ ...administration, 'applications/web.yaml': kustomized('web:1') });
    await applied('web');
    await rig.commit({ 'applications/web.yaml': labelled(kustomized('web:2')) });
    await applied('web');
    await expect(rollBack('web')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('and differs in other fields as well'),
    });
    await rig.commit({ 'applications/web.yaml': `${kustomized('web:2')}--- # another\nkind: Other\n` });
    await expect(rollBack('web')).rejects.toMatchObject({
      message: expect.stringContaining('applications/web.yaml holds other documents as well'),
    });
  });

  test('in another repository stays where files changed as well, and the proposal says so', async () => {
    await rig.commit({ ...administration, 'applications/web.yaml': kustomized('web:1') });
    await applied('web');
    await apps().commit({ 'web/web.yaml': `${deployment('web')}  replicas: 3\n` });
    await rig.commit({ 'applications/web.yaml': kustomized('web:2') });
    await applied('web');
    const proposal = await rollBack('web');
    expect(proposal.repoURL).toBe(rig.url('apps.git'));
    expect(await changedPaths(proposal.branch)).toEqual(['web/web.yaml']);
    expect(proposal.text).toContain('Note: its document in applications/web.yaml of the fleet repository');
    expect(proposal.text).toContain('not exactly what was applied then');
  });
});

test('a commit that can not be rendered is taken back, since what runs is older', async () => {
  await apps().commit({ 'web/web.yaml': deployment('web:1') });
  await rig.commit({ ...administration, ...own('web') });
  await applied('web');
  await change({ 'web/web.yaml': deployment('web:2') }, 'web: 2', 'web');
  await change({ 'web/web.yaml': 'kind: [\n', 'web/new.yaml': deployment('x') }, 'broken');
  const proposal = await rollBack('web');
  expect(await changedPaths(proposal.branch)).toEqual(['web/new.yaml', 'web/web.yaml']);
  expect(await apps().git('show', `${proposal.branch}:web/web.yaml`)).toContain('web:1');
});

test('a base that moves in the middle costs a second try, from its newest commit', async () => {
  await apps().commit({ 'web/web.yaml': deployment('web:1') });
  await rig.commit({ ...administration, ...own('web') });
  await applied('web');
  await change({ 'web/web.yaml': deployment('web:2') }, 'web: 2', 'web');
  let tries = 0;
  const git = {
    ...rig.git,
    async writeBranch(...call: Parameters<typeof rig.git.writeBranch>) {
      tries += 1;
      if (tries === 1) await apps().commit({ 'README.md': 'meanwhile\n' });
      return rig.git.writeBranch(...call);
    },
  };
  const hosts = openHosts({ hosts: [], clock });
  const deps = { git, hosts, render, store: rig.store, fleet: rig.fleet };
  const proposal = await rollback({ ...deps, resolution: () => rig.loop.resolution() }, 'argocd/web', {
    dryRun: false,
  });
  expect(tries).toBe(2);
  expect(await apps().git('rev-parse', `${proposal.branch}^`)).toBe(await apps().head());
  expect(await changedPaths(proposal.branch)).toEqual(['web/web.yaml']);
});
