import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imagesOf } from '../../../hub/resolve/images-of.ts';
import { corpusFiles, hasCorpus } from '../../support/example-fleet.ts';
import { promotionFleet } from '../../support/promotion-fleet.ts';
import { openPromotionRig, type PromotionRig } from '../../support/promotion-rig.ts';

const overlay = (name: string) => `corpus/podinfo/deploy/overlays/${name}/kustomization.yaml`;

function application(name: string, cluster: string, url: string, environment: string): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ${name} }
spec:
  project: corpus
  source: { repoURL: ${url}, targetRevision: main, path: corpus/podinfo/deploy/overlays/${environment} }
  destination: { name: ${cluster}, namespace: podinfo }
`;
}

const project = `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: { name: corpus }
spec:
  sourceRepos: ['*']
  destinations: [{ name: '*', namespace: '*' }]
  clusterResourceWhitelist: [{ group: '*', kind: '*' }]
`;

describe.skipIf(!hasCorpus)('podinfo, whose overlays share their bases', () => {
  let rig: PromotionRig;

  beforeAll(async () => {
    rig = await openPromotionRig();
    const url = rig.hub.url('fleet.git');
    const corpus = await corpusFiles();
    const staging = Buffer.from(corpus[overlay('staging')] as Uint8Array).toString();
    const images =
      'images:\n  - name: redis\n    newTag: "7.9"\n  - name: ghcr.io/stefanprodan/podinfo\n    newTag: 6.99.0\n';
    await rig.hub.commit({
      ...promotionFleet(url),
      ...corpus,
      'fleet/corpus.yaml': project,
      [overlay('staging')]: `${staging.trimEnd()}\n${images}`,
      'apps/podinfo.yaml': [
        application('podinfo-staging', 's1', url, 'staging'),
        application('podinfo-prod', 'p1', url, 'production'),
      ].join('---\n'),
    });
    await rig.reportAll();
  }, 600_000);

  afterAll(() => rig.close());

  test('prod renders what staging runs, by entries of its own overlay alone', async () => {
    const before = await rig.read(overlay('production'));
    const proposal = await rig.promote('podinfo');
    expect(proposal.files.map(({ path }) => path)).toEqual([overlay('production')]);
    const after = await rig.read(overlay('production'), proposal.branch);
    for (const line of before.split('\n')) expect(after).toContain(line);
    await rig.hub.commit({ [overlay('production')]: `${after}\n` });
    const [staging, prod] = [
      await rig.hub.desired('s1', 'podinfo-staging'),
      await rig.hub.desired('p1', 'podinfo-prod'),
    ];
    const images = (manifests = staging?.manifests ?? []) =>
      new Set(imagesOf(manifests).map(({ image }) => image));
    expect(images(prod?.manifests)).toEqual(images(staging?.manifests));
    expect(images().has('ghcr.io/stefanprodan/podinfo:6.99.0')).toBe(true);
  });
});
