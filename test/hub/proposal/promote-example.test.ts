import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleFleet } from '../../support/example-fleet.ts';
import { openPromotionRig, type PromotionRig } from '../../support/promotion-rig.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const stagingOverlay = 'apps/payments/overlays/staging/kustomization.yaml';
let rig: PromotionRig;

/** The example as a team has it whose staging names digests too. */
async function files(url: string): Promise<Readonly<Record<string, string>>> {
  const example = (await exampleFleet(url, () => true)) as Readonly<Record<string, string>>;
  const pinned = (path: string, tag: string, end: string) => ({
    [path]: (example[path] ?? '').replace(tag, `${tag}${end}`),
  });
  return {
    ...example,
    ...pinned(stagingOverlay, 'newTag: 6.8.0', `\n    digest: ${digest}`),
    ...pinned('charts/storefront/values-staging.yaml', 'tag: 6.8.0', `\n  digest: ${digest}`),
  };
}

beforeAll(async () => {
  rig = await openPromotionRig();
  await rig.hub.commit(await files(rig.hub.url('fleet.git')));
  await rig.reportAll();
}, 600_000);

afterAll(() => rig.close());

test('a Kustomize application gets tag and digest in its own overlay', async () => {
  const proposal = await rig.promote('payments');
  expect(proposal).toMatchObject({ state: 'written', applications: ['argocd/payments-prod'], base: 'main' });
  expect(proposal.files.map(({ path }) => path)).toEqual(['apps/payments/overlays/prod/kustomization.yaml']);
  const file = 'apps/payments/overlays/prod/kustomization.yaml';
  const before = await rig.read(file);
  expect(await rig.read(file, proposal.branch)).toBe(
    before.replace('newTag: 6.7.1', 'newTag: 6.8.0').replace(/digest: .*/, `digest: ${digest}`),
  );
  const log = await rig.hub.repo('fleet.git').git('log', '-1', '--format=%B', proposal.branch);
  const ids = /\b[0-9a-f]{40}\b|\b[0-9a-f]{12}\b/gu;
  expect(log.replaceAll(ids, 'ID').replaceAll(/\d{4}-\d\d-\d\d/gu, 'DATE')).toMatchInlineSnapshot(`
    "Promote payments to prod: podinfo 6.8.0

    What runs in staging goes to prod.

    **Deployment payments on prod**
    - container \`payments\`
      - before \`ghcr.io/stefanprodan/podinfo:6.7.1@sha256:862ca45e61b32392f7941a1bdfdbe5ff8b6899070135f1bdca1c287d0057fc94\`
      - after \`ghcr.io/stefanprodan/podinfo:6.8.0@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\`

    Runs in staging by:
    - \`ID\` \`change\` by Ada Author, DATE

    Fairlead-Application: argocd/payments-prod
    Fairlead-Promoted-From: staging
    Fairlead-Source-Commit: ID"
  `);
});

test('a chart gets its tag and digest in the values file of the environment', async () => {
  const proposal = await rig.promote('storefront', { dryRun: true });
  expect(proposal.state).toBe('preview');
  expect(proposal.files).toMatchInlineSnapshot(`
    [
      {
        "patch": "--- charts/storefront/values-prod.yaml
    +++ charts/storefront/values-prod.yaml
    @@ -1,6 +1,6 @@
     image:
    -  tag: 6.7.1
    -  digest: sha256:862ca45e61b32392f7941a1bdfdbe5ff8b6899070135f1bdca1c287d0057fc94
    +  tag: 6.8.0
    +  digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
     config:
       locales: [en, de, fr]
       extra:
    ",
        "path": "charts/storefront/values-prod.yaml",
      },
    ]
  `);
});

test('what is equal already is said so, and nothing is written', async () => {
  const branches = await rig.branches();
  const proposal = await rig.promote('guestbook-prod');
  expect(proposal).toMatchObject({ state: 'unchanged', files: [], changes: [] });
  expect(await rig.branches()).toEqual(branches);
});

test('a tag without a digest is not proposed for a protected environment', async () => {
  const text = (await rig.read(stagingOverlay)).replace(/\n {4}digest: .*/, '').replace('6.8.0', '6.8.1');
  await rig.hub.commit({ [stagingOverlay]: text });
  await rig.reportAll();
  const branches = await rig.branches();
  await expect(rig.promote('payments')).rejects.toMatchObject({
    code: 'conflict',
    subject: 'argocd/payments-prod',
    message:
      'ghcr.io/stefanprodan/podinfo:6.8.1 names a tag, which can move, and environment prod wants a digest',
  });
  expect(await rig.branches()).toEqual(branches);
});
