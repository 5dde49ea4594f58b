import { type ClusterName, clusterNames } from '../clusters.ts';
import { getApplication, isLive, readPaymentsImage, shortId } from '../fleet-view.ts';
import { hasTag, setImage } from '../pinned-image.ts';
import { proposeAndMerge } from '../propose.ts';
import type { Evidence, Story } from '../step.ts';
import { StepFailure, seconds, waitFor } from '../wait-for.ts';

const promoted = {
  tag: '6.9.2',
  digest: 'sha256:cab90e04829cdae73199a8402882a4e3ccaf251b8a0d50bdefede0ab3f6371e7',
};
export const promotedTag = promoted.tag;
const overlayOf = (name: ClusterName): string => `apps/payments/overlays/${name}/kustomization.yaml`;

/** A new version goes to dev by a commit, and from there to staging by a promotion that somebody merges. */
export async function promoteToStaging(story: Story): Promise<Evidence> {
  const { repository } = story.world;
  const path = overlayOf('dev');
  const text = setImage(repository.read(path), promoted);
  const { commit, at } = await repository.push({ [path]: text }, `payments: ${promotedTag} in dev`);
  await untilLive(story, 'dev', promotedTag, at);
  const { seen, lines } = await promote(story, 'dev', 'staging');
  return { seen, lines: [`commit ${shortId(commit)} brings :${promotedTag} to dev`, ...lines] };
}

/** The same version goes on to prod, with the digest that ran in staging and nothing else. */
export async function promoteToProd(story: Story): Promise<Evidence> {
  return promote(story, 'staging', 'prod');
}

async function promote(story: Story, from: ClusterName, to: ClusterName): Promise<Evidence> {
  const others = clusterNames.filter((name) => name !== to);
  const before = await Promise.all(others.map((name) => readPaymentsImage(story.world, name)));
  const merged = await proposeAndMerge(story, 'promote', 'payments', '--from', from, '--to', to);
  const paths = merged.proposal.files.map(({ path }) => path);
  if (paths.join() !== overlayOf(to)) throw new StepFailure(`only ${overlayOf(to)} changed`, paths.join());
  const ms = await untilLive(story, to, promotedTag, merged.push.at);
  const after = await Promise.all(others.map((name) => readPaymentsImage(story.world, name)));
  if (after.join() !== before.join()) throw new StepFailure('the others as before', after.join());
  return { seen: `merge to live in ${to} ${seconds(ms)}`, lines: merged.lines };
}

/** Resolves with the time since `at` once a tag is live on a cluster, and its application is well. */
export async function untilLive(story: Story, name: ClusterName, tag: string, at: number): Promise<number> {
  const ms = await waitFor(story, `:${tag} live on ${name}`, async () => {
    const image = await readPaymentsImage(story.world, name);
    return hasTag(image, tag) ? { done: performance.now() - at } : { seen: `${name} has ${image}` };
  });
  await waitFor(story, `payments-${name} Synced and Healthy`, async () => {
    const application = await getApplication(story.world, `payments-${name}`);
    return isLive(application) ? { done: true } : { seen: application.sentence };
  });
  return ms;
}
