import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleFleet } from '../../support/example-fleet.ts';
import { openPromotionRig, type PromotionRig } from '../../support/promotion-rig.ts';

let rig: PromotionRig;

beforeAll(async () => {
  rig = await openPromotionRig();
  await rig.hub.commit(await exampleFleet(rig.hub.url('fleet.git'), () => true));
  await rig.reportAll();
}, 600_000);

afterAll(() => rig.close());

test('a Kustomize application gets one line in its own overlay', async () => {
  const proposal = await rig.promote('payments');
  expect(proposal).toMatchObject({ state: 'written', applications: ['argocd/payments-prod'], base: 'main' });
  expect(proposal.files.map(({ path }) => path)).toEqual(['apps/payments/overlays/prod/kustomization.yaml']);
  const file = 'apps/payments/overlays/prod/kustomization.yaml';
  const before = await rig.read(file);
  expect(await rig.read(file, proposal.branch)).toBe(before.replace('newTag: 6.7.1', 'newTag: 6.8.0'));
  const log = await rig.hub.repo('fleet.git').git('log', '-1', '--format=%B', proposal.branch);
  const ids = /\b[0-9a-f]{40}\b|\b[0-9a-f]{12}\b/gu;
  expect(log.replaceAll(ids, 'ID').replaceAll(/\d{4}-\d\d-\d\d/gu, 'DATE')).toMatchInlineSnapshot(`
    "Promote payments to prod: podinfo 6.8.0

    What runs in staging goes to prod.

    **Deployment payments on prod**
    - container \`payments\`
      - before \`ghcr.io/stefanprodan/podinfo:6.7.1\`
      - after \`ghcr.io/stefanprodan/podinfo:6.8.0\`

    Not pinned by a digest, so that a registry can still move this tag: \`ghcr.io/stefanprodan/podinfo:6.8.0\`.

    Runs in staging by:
    - \`ID\` \`change\` by Ada Author, DATE

    Fairlead-Application: argocd/payments-prod
    Fairlead-Promoted-From: staging
    Fairlead-Source-Commit: ID"
  `);
});

test('a chart gets its tag in the values file of the environment', async () => {
  const proposal = await rig.promote('storefront', { dryRun: true });
  expect(proposal.state).toBe('preview');
  expect(proposal.files).toMatchInlineSnapshot(`
    [
      {
        "patch": "--- charts/storefront/values-prod.yaml
    +++ charts/storefront/values-prod.yaml
    @@ -1,5 +1,5 @@
     image:
    -  tag: 6.7.1
    +  tag: 6.8.0
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
