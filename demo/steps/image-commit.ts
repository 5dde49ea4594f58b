import { clusterNames } from '../clusters.ts';
import { getApplication, isLive, readPaymentsImage, shortId } from '../fleet-view.ts';
import { hasTag, setImage } from '../pinned-image.ts';
import type { Evidence, Story } from '../step.ts';
import { seconds, waitFor } from '../wait-for.ts';

export const firstImage = {
  tag: '6.9.1',
  digest: 'sha256:262578cde928d5c9eba3bce079976444f624c13ed0afb741d90d5423877496cb',
};
const newTag = firstImage.tag;

/** One commit sets a new version in all three overlays; the Git server calls the hub's webhook. */
export async function imageCommit(story: Story): Promise<Evidence> {
  const { world } = story;
  const before = new Map(
    await Promise.all(
      clusterNames.map(async (name) => [name, await readPaymentsImage(world, name)] as const),
    ),
  );
  const files: Record<string, string> = {};
  for (const name of clusterNames) {
    const path = `apps/payments/overlays/${name}/kustomization.yaml`;
    files[path] = setImage(world.repository.read(path), firstImage);
  }
  const { commit, at } = await world.repository.push(files, `payments: ${newTag}`);
  story.commits.set('image', commit);
  const arrivals = await Promise.all(
    clusterNames.map(async (name) => {
      const ms = await waitFor(story, `the image of ${shortId(commit)} live on ${name}`, async () => {
        const image = await readPaymentsImage(world, name);
        return hasTag(image, newTag) ? { done: performance.now() - at } : { seen: `${name} has ${image}` };
      });
      return { name, ms };
    }),
  );
  await waitFor(story, 'payments Synced and Healthy at the new commit', async () => {
    const all = await Promise.all(clusterNames.map((name) => getApplication(world, `payments-${name}`)));
    const waiting = all.filter((each) => !isLive(each) || each.commit?.id !== commit);
    return waiting.length === 0 ? { done: true } : { seen: waiting.map((each) => each.sentence).join('; ') };
  });
  const staging = arrivals.find((each) => each.name === 'staging');
  return {
    seen: `push to live in staging ${seconds(staging?.ms ?? 0)}`,
    lines: [
      `commit ${shortId(commit)} "payments: ${newTag}", announced by the Git server's webhook`,
      ...arrivals.map(
        ({ name, ms }) => `${name.padEnd(8)} ${before.get(name)} → :${newTag}, ${seconds(ms)} after the push`,
      ),
    ],
  };
}
