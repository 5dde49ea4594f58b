import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError, formatError } from '../../../core/error.ts';
import { deployment, promotionFleet } from '../../support/promotion-fleet.ts';
import { openPromotionRig, type PromotionRig, type PromotionWish } from '../../support/promotion-rig.ts';
import { drift } from '../../support/test-hub.ts';

let rig: PromotionRig;

beforeAll(async () => {
  rig = await openPromotionRig();
  const url = rig.hub.url('fleet.git');
  await rig.hub.repo('fleet.git').commit(promotionFleet(url), { message: 'the fleet' });
  await rig.hub.repo('fleet.git').tag('v1');
  await rig.hub
    .repo('fleet.git')
    .commit(
      { 'pinned/web.yaml': deployment('web', 'registry.example/web:1.1') },
      { message: 'pinned: web 1.1' },
    );
  await rig.hub.pass();
  await rig.reportAll();
}, 600_000);

afterAll(() => rig.close());

/** The one file that a promotion changes, before and after. */
async function edited(
  key: string,
  wish: PromotionWish = {},
): Promise<{ path: string; before: string; after: string }> {
  const proposal = await rig.promote(key, wish);
  expect(['written', 'exists']).toContain(proposal.state);
  expect(proposal.files).toHaveLength(1);
  const path = proposal.files[0]?.path ?? '';
  return { path, before: await rig.read(path), after: await rig.read(path, proposal.branch) };
}

async function refusal(key: string, wish: PromotionWish = {}): Promise<string> {
  const branches = await rig.branches();
  const error = await rig.promote(key, wish).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AppError);
  expect(await rig.branches()).toEqual(branches);
  return `${(error as AppError).code}: ${formatError(error as AppError)}`;
}

test('an overlay without an entry gets one, with tag and digest, and the shared base stays', async () => {
  const { path, before, after } = await edited('shop');
  expect(path).toBe('shop/prod/kustomization.yaml');
  const entry = `images:\n  - name: registry.example/web\n    newTag: "1.1"\n    digest: sha256:${'ab'.repeat(32)}\n`;
  expect(after).toBe(before.replace('nameSuffix: -prod\n', `nameSuffix: -prod\n${entry}`));
});

test('applications of several clusters that share a file move in one commit', async () => {
  const proposal = await rig.promote('plain', { dryRun: true });
  expect(proposal.applications).toEqual(['argocd/plain-p1', 'argocd/plain-p2']);
  expect(proposal.files.map(({ path }) => path)).toEqual(['plain/prod/web.yaml']);
  expect(proposal.changes).toHaveLength(2);
});

test('an image option of the Application document is edited there', async () => {
  const { path, before, after } = await edited('option');
  expect(path).toBe('apps/option-prod.yaml');
  expect(after).toBe(before.replace('web:1.0', 'web:1.1'));
});

test('a value is added to the values in the Application document, where there is no values file', async () => {
  const { path, before, after } = await edited('inline');
  expect(path).toBe('apps/inline.yaml');
  expect(after).toBe(
    before.replace('        replicas: 2\n', '        replicas: 2\n        image:\n          tag: "1.1"\n'),
  );
});

test('a label joins applications whose names say nothing, and a mirror of their own stays', async () => {
  const { after } = await edited('omega');
  expect(after).toContain(`image: mirror.prod.example/web@sha256:${'cd'.repeat(32)} # runs`);
});

test('a pinned revision moves to the commit that the source runs', async () => {
  const proposal = await rig.promote('pinned');
  const head = await rig.hub.repo('fleet.git').head();
  expect(await rig.read('apps/pinned.yaml', proposal.branch)).toContain(`targetRevision: ${head} # released`);
  expect(proposal.changes[0]).toEqual({ field: 'spec.source.targetRevision', before: 'v1', after: head });
  expect(proposal.changes[1]).toMatchObject({
    before: 'registry.example/web:1.0',
    after: 'registry.example/web:1.1',
  });
});

test('the version of a chart that an umbrella is made of moves, with what is committed of it', async () => {
  const proposal = await rig.promote('umbrella');
  expect(proposal.files.map(({ path }) => path)).toEqual([
    'umbrella/prod/Chart.lock',
    'umbrella/prod/Chart.yaml',
    'umbrella/prod/charts/web/Chart.yaml',
    'umbrella/prod/charts/web/values.yaml',
  ]);
  const chart = await rig.read('umbrella/prod/Chart.yaml');
  const moved = chart.replace('version: 1.0.0 # tested', 'version: 2.0.0 # tested');
  expect(await rig.read('umbrella/prod/Chart.yaml', proposal.branch)).toBe(moved);
  expect(proposal.title).toBe('Promote umbrella to prod');
  expect(proposal.changes.map(({ field, after }) => `${field} ${after}`)).toEqual([
    'Chart.yaml dependencies[name=web].version 2.0.0',
    'spec.template.spec.containers[name=web].image registry.example/web:1.1',
  ]);
  expect(proposal.text).toContain(
    '- chart web `1.0.0` → `2.0.0`\n- changes in other fields than images: Deployment web',
  );
});

test('a password that a chart invents with every render holds nothing back', async () => {
  const { path, before, after } = await edited('chance');
  expect(path).toBe('chance/prod/values.yaml');
  expect(after).toBe(before.replace('tag: "1.0"', 'tag: "1.1"'));
});

test('a value that a Secret is made of is not shown, though it stands beside the one that changes', async () => {
  const { files } = await rig.promote('chance', { dryRun: true });
  expect(files).toHaveLength(1);
  expect(files[0]?.patch).toContain('+  tag: "1.1"\n (hidden: it holds a value of a Secret)\n');
  expect(files[0]?.patch).not.toContain('hunter2');
});

test('a value that changes more than the image is refused, with what else it would change', async () => {
  expect(await refusal('coupled')).toMatch(
    /no edit makes it run registry\.example\/web:1\.1: tried: coupled\/prod\/values\.yaml \(image\.tag\): Deployment web: spec\.template\.spec\.containers\[1\]\.stdin would change/,
  );
});

test('what only a shared file says is refused, with who shares it and what to do', async () => {
  expect(await refusal('bare')).toMatchInlineSnapshot(
    `"invalid: argocd/bare-prod: container web of Deployment web runs registry.example/web:1.0 and no edit makes it run registry.example/web:1.1: tried: bare/values.yaml is shared with argocd/bare-staging. Give prod a value of its own (an overlay, a values file), or change the shared file by hand for all of them"`,
  );
});

test('an image that no value says is refused, with what was looked at', async () => {
  expect(await refusal('fixed')).toMatchInlineSnapshot(
    `"invalid: argocd/fixed-prod: container web of Deployment web runs registry.example/web:1.0 and no edit makes it run registry.example/web:1.1: no field that says so was found in fixed/prod/Chart.yaml, fixed/prod/values.yaml. Change it by hand, so that the container runs registry.example/web:1.1"`,
  );
});

test('asking twice gives the same branch', async () => {
  const first = await rig.promote('plain');
  const second = await rig.promote('plain-p1');
  expect(second).toMatchObject({ state: 'exists', branch: first.branch, commit: first.commit });
});

test('unknown names are told with those that exist', async () => {
  expect(await refusal('shops')).toMatch(
    /^not-found: shops: there is no such application. There are .*plain.*shop/,
  );
  expect(await refusal('shop', { to: 'production' })).toBe(
    'not-found: production: there is no such environment. The Fleet document names staging, prod',
  );
  expect(await refusal('shop', { to: 'staging' })).toBe(
    'invalid: staging: source and target are the same environment. Name two of staging, prod',
  );
  expect(await refusal('plain', { fromCluster: 's3' })).toBe(
    "not-found: plain: plain doesn't run on cluster s3. It runs on s1, s2",
  );
});

test('a source that is not known to run well is refused, unless that is allowed', async () => {
  await rig.report('shop-staging', { health: { status: 'Degraded', message: 'web crashes' } });
  expect(await refusal('shop')).toMatch(
    /^conflict: argocd\/shop-staging: it is not known to run well, so it is not promoted: it is Degraded: web crashes. Mend it first/,
  );
  expect(await rig.promote('shop', { allowUnhealthy: true, dryRun: true })).toMatchObject({
    state: 'preview',
  });
  await rig.report('shop-staging', { drifts: [{ ...drift, application: 'argocd/shop-staging' }] });
  expect(await refusal('shop')).toContain('it has 1 open drift, of Deployment payments/web');
  await rig.report('shop-staging', { sync: 'OutOfSync', cause: 'failed' });
  expect(await refusal('shop')).toContain('it is OutOfSync');
  await rig.report('shop-staging', { appliedDigest: 'sha256:older' });
  expect(await refusal('shop')).toContain('cluster s1 has not applied its newest commit yet');
  await rig.report('shop-staging');
});

test('clusters that run different images are told apart', async () => {
  const documents = await rig.read('apps/plain.yaml');
  await rig.hub.commit({
    'apps/plain.yaml': `${documents.replace('path: plain/staging', 'path: plain/canary')}\n`,
    'plain/canary/web.yaml': deployment('web', 'registry.example/web:1.2'),
  });
  await rig.reportAll();
  expect(await refusal('plain')).toMatchInlineSnapshot(
    `"conflict: argocd/plain-s1, argocd/plain-s2: its clusters run different images: Deployment web, container web is registry.example/web:1.2 on s1 and registry.example/web:1.1 on s2. Say which one counts: --from-cluster s1, or --from-cluster s2"`,
  );
  expect((await rig.promote('plain', { fromCluster: 's1', dryRun: true })).changes[0]?.after).toBe(
    'registry.example/web:1.2',
  );
  await rig.hub.commit({ 'apps/plain.yaml': `${documents}\n` });
  await rig.reportAll();
});

test('a base that moves in the middle costs a second try, and the new base counts', async () => {
  const repo = rig.hub.repo('fleet.git');
  let moves = 0;
  const git = {
    ...rig.hub.git,
    async writeBranch(...args: Parameters<typeof rig.hub.git.writeBranch>) {
      moves += 1;
      if (moves === 1) await repo.commit({ 'README.md': 'moved' }, { message: 'somebody else' });
      return rig.hub.git.writeBranch(...args);
    },
  };
  const proposal = await rig.promote('option', { git });
  expect(moves).toBe(2);
  expect(await repo.git('log', '-1', '--format=%s', `${proposal.branch}~1`)).toBe('somebody else');
});

test('an Application document that the hub has not read yet, or can not read, holds its promotion back', async () => {
  const repo = rig.hub.repo('fleet.git');
  const document = await rig.read('apps/option-prod.yaml');
  await repo.commit({ 'apps/option-prod.yaml': `${document.replace('path: option', 'path: elsewhere')}\n` });
  expect(await refusal('option')).toMatch(
    /^conflict: argocd\/option-prod: its Application document is another one in commit [0-9a-f]{7}, which the hub has not read yet/,
  );
  await repo.commit({ 'apps/option-prod.yaml': `${document}---\nkind: [\n` });
  await rig.hub.pass();
  expect(await refusal('option')).toMatch(
    /^conflict: argocd\/option-prod: its Application document can't be read in apps\/option-prod\.yaml of commit [0-9a-f]{7}\. Mend the file/,
  );
  await repo.commit({ 'apps/option-prod.yaml': `${document}\n` });
  await rig.hub.pass();
});

test('a push that the server refuses leaves nothing, and says what to do', async () => {
  const hooks = join(rig.hub.repo('fleet.git').dir, 'hooks');
  mkdirSync(hooks, { recursive: true });
  const hook = join(hooks, 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho "no branches on Fridays" >&2\nexit 1\n');
  chmodSync(hook, 0o755);
  await rig.hub
    .repo('fleet.git')
    .commit({ 'label/b/web.yaml': deployment('web', 'mirror.prod.example/web:1') });
  try {
    expect(await refusal('omega')).toMatch(
      /^denied: .*no branches on Fridays.*Let the hub's account push branches/,
    );
  } finally {
    rmSync(hook);
  }
});
